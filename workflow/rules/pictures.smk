rule draw_nuclei:
    input:
        czi=czi_file,
        labels=per_chunk("<results>/labels/{image}/{chunk}"),
        tracks=if_asked_for("tracking", ["<results>/tracks/{image}.csv"]),
    output:
        pictures=directory("<results>/analysis_data/nuclei_area_verification/{image}"),
        thumbnails=directory("<results>/thumbnails/{image}"),
        rois="<results>/rois/{image}.zip",
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


rule crop_nuclei:
    input:
        nuclei="<results>/analysis_data/general_stats/nuclei.parquet",
        levels="<results>/analysis_data/general_stats/positive_levels.csv",
        facts=all_chunks("<results>/measurements/{image}/{chunk}.json"),
        labels=all_chunks("<results>/labels/{image}/{chunk}"),
        czi=list(IMAGES.values()),
    output:
        folder=directory("<results>/crops"),
    log:
        "<results>/logs/crop_nuclei.log",
    benchmark:
        "<results>/benchmarks/crop_nuclei.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=cropping_memory,
    params:
        images=list(IMAGES),
        chunks=CHUNKS,
        z_projection=config["z_projection"],
        code=source_hash("pictures/crop_nuclei"),
    message:
        "Cutting out the dimmest and the brightest nuclei"
    script:
        "../scripts/pictures/crop_nuclei.py"
