rule label_nuclei:
    input:
        frames="<results>/frames/{image}/{chunk}",
    output:
        labels=directory("<results>/labels/{image}/{chunk}"),
    log:
        "<results>/logs/label_nuclei/{image}/{chunk}.log",
    benchmark:
        "<results>/benchmarks/label_nuclei/{image}/{chunk}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory(300, 12),
    params:
        level=config["segmentation"]["threshold"]["level"],
        minimum_area=config["segmentation"]["minimum_area"],
        separate_touching=config["segmentation"]["separate_touching"],
        exclude_border=config["segmentation"]["exclude_border"],
        code=source_hash("label_nuclei"),
    message:
        "Finding nuclei in {wildcards.image}, part {wildcards.chunk}"
    script:
        "../scripts/label_nuclei.py"
