rule measure_nuclei:
    input:
        czi=czi_file,
        labels="<results>/labels/{image}/{chunk}",
    output:
        nuclei="<results>/measurements/{image}/{chunk}.csv",
        about="<results>/measurements/{image}/{chunk}.json",
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
        z_projection=config["z_projection"],
        perinuclear_width=config["quantification"]["perinuclear_width"],
        background=config["quantification"]["background"],
        code=source_hash("measure_nuclei"),
    message:
        "Measuring nuclei in {wildcards.image}, part {wildcards.chunk}"
    script:
        "../scripts/measure_nuclei.py"


rule draw_nuclei:
    input:
        czi=czi_file,
        labels=per_chunk("<results>/labels/{image}/{chunk}"),
        tracks=if_asked_for("tracking", ["<results>/tracks/{image}.csv"]),
    output:
        pictures=directory("<results>/analysis_data/nuclei_area_verification/{image}"),
    log:
        "<results>/logs/draw_nuclei/{image}.log",
    benchmark:
        "<results>/benchmarks/draw_nuclei/{image}.tsv"
    priority: 3
    group:
        together("small_files")
    conda:
        "../envs/analysis.yaml"
    threads: lambda wildcards: len(CHUNKS[wildcards.image])
    resources:
        mem_mb=memory(500, 12),
        runtime=minutes,
    params:
        file=czi_identity,
        z_projection=config["z_projection"],
        code=source_hash("draw_nuclei"),
    message:
        "Drawing the nuclei of {wildcards.image}"
    script:
        "../scripts/draw_nuclei.py"
