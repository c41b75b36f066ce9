rule measure_nuclei:
    input:
        czi=czi_file,
        labels="<results>/labels/{image}/{chunk}",
    output:
        nuclei="<results>/measurements/{image}/{chunk}.csv",
        facts="<results>/measurements/{image}/{chunk}.json",
    log:
        "<results>/logs/measure_nuclei/{image}/{chunk}.log",
    benchmark:
        "<results>/benchmarks/measure_nuclei/{image}/{chunk}.tsv"
    priority: 3
    group:
        together("small_files")
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory(500, 18),
        runtime=minutes,
    params:
        file=czi_identity,
        how={
            "z_projection": config["z_projection"],
            "perinuclear_width": config["quantification"]["perinuclear_width"],
            "background": config["quantification"]["background"],
        },
        code=source_hash("measuring/measure_nuclei"),
    message:
        "Measuring nuclei in {wildcards.image}, part {wildcards.chunk}"
    script:
        "../scripts/measuring/measure_nuclei.py"
