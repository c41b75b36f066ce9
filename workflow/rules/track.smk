rule track_nuclei:
    input:
        czi=czi_file,
        nuclei=per_chunk("<results>/measurements/{image}/{chunk}.csv"),
        about=per_chunk("<results>/measurements/{image}/{chunk}.json"),
    output:
        tracks="<results>/tracks/{image}.csv",
        movement=directory("<results>/movement/{image}"),
    log:
        "<results>/logs/track_nuclei/{image}.log",
    benchmark:
        "<results>/benchmarks/track_nuclei/{image}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory(600, 4),
    params:
        z_projection=config["z_projection"],
        search_range=config["tracking"]["search_range"],
        memory=config["tracking"]["memory"],
        code=source_hash("track_nuclei"),
    message:
        "Tracking the nuclei of {wildcards.image}"
    script:
        "../scripts/track_nuclei.py"


# Which images are timelapses is known only when they have been read, so what there is to see of
# their tracks is gathered here and no still has empty files.
rule collect_movement:
    input:
        all_images("<results>/movement/{image}"),
    output:
        directory("<results>/analysis_data/movement_tracking"),
    log:
        "<results>/logs/collect_movement.log",
    benchmark:
        "<results>/benchmarks/collect_movement.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        code=source_hash("collect_movement"),
    message:
        "Gathering tables and pictures of movement"
    script:
        "../scripts/collect_movement.py"
