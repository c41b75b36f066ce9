rule draw_nuclei:
    input:
        czi=czi_file,
        labels=per_chunk("<results>/labels/{image}/{chunk}"),
        tracks=if_asked_for("tracking", ["<results>/tracks/{image}.csv"]),
    output:
        pictures=directory("<results>/analysis_data/nuclei_area_verification/{image}"),
        thumbnails=directory("<results>/thumbnails/{image}"),
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
        code=source_hash("pictures/draw_nuclei"),
    message:
        "Drawing the nuclei of {wildcards.image}"
    script:
        "../scripts/pictures/draw_nuclei.py"
