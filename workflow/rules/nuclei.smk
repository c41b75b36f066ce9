rule label_nuclei:
    input:
        czi_file if BY_THRESHOLD else "<results>/probabilities/{image}/{chunk}",
    output:
        labels=directory("<results>/labels/{image}/{chunk}"),
    log:
        "<results>/logs/label_nuclei/{image}/{chunk}.log",
    benchmark:
        "<results>/benchmarks/label_nuclei/{image}/{chunk}.tsv"
    priority: 2
    group:
        together("small_files")
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory(500, 12),
        runtime=minutes,
    params:
        file=lambda wildcards: czi_identity(wildcards) if BY_THRESHOLD else None,
        how=NUCLEAR_CHANNEL if BY_THRESHOLD else None,
        nucleus=what_is_nucleus(),
        kept={
            key: config["segmentation"][key]
            for key in ("minimum_area", "separate_touching", "exclude_border")
        },
        repair_over_time=config["segmentation"]["repair_over_time"],
        code=source_hash("nuclei/label_nuclei"),
    message:
        "Finding nuclei in {wildcards.image}, part {wildcards.chunk}"
    script:
        "../scripts/nuclei/label_nuclei.py"
