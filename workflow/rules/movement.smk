rule track_nuclei:
    input:
        czi=czi_file,
        labels=per_chunk("<results>/labels/{image}/{chunk}"),
    output:
        tracks="<results>/tracks/{image}.csv",
        movement=directory("<results>/movement/{image}"),
    log:
        "<results>/logs/track_nuclei/{image}.log",
    benchmark:
        "<results>/benchmarks/track_nuclei/{image}.tsv"
    priority: 3
    group:
        together("small_files")
    conda:
        "../envs/analysis.yaml"
    threads: lambda wildcards: min(4, len(CHUNKS[wildcards.image]))
    resources:
        mem_mb=memory(800, 6),
        runtime=minutes,
    params:
        file=czi_identity,
        z_projection=config["z_projection"],
        tracking=config["tracking"],
        code=source_hash("movement/track_nuclei"),
    message:
        "Tracking the nuclei of {wildcards.image}"
    script:
        "../scripts/movement/track_nuclei.py"


# Which images are timelapses is known only when they have been read, so what there is to see of
# their tracks is gathered here and no still has empty files.
rule collect_movement:
    input:
        movement=all_images("<results>/movement/{image}"),
        sample_sheet=SAMPLE_SHEET,
    output:
        folder=report(
            directory("<results>/analysis_data/movement_tracking"),
            patterns=shown_of_movement(),
            caption="../report/movement.rst",
            category="Movement",
            labels={"file": "{file}"},
        ),
    log:
        "<results>/logs/collect_movement.log",
    benchmark:
        "<results>/benchmarks/collect_movement.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        images=list(IMAGES),
        condition=lambda wildcards: RUN.design.condition,  # names may hold braces
        code=source_hash("movement/collect_movement"),
    message:
        "Gathering tables and pictures of movement"
    script:
        "../scripts/movement/collect_movement.py"
