rule inspect_images:
    input:
        czi=list(IMAGES.values()),
        about=all_chunks("<results>/measurements/{image}/{chunk}.json"),
    output:
        inventory=report(
            "<results>/inventory.tsv",
            caption="../report/inventory.rst",
            category="Images",
        ),
    log:
        "<results>/logs/inspect_images.log",
    benchmark:
        "<results>/benchmarks/inspect_images.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
    params:
        images=IMAGES,
        chunks=CHUNKS,
        refused=lambda wildcards: RUN.found.refused,  # names may hold braces
        code=source_hash("inspect_images"),
    message:
        "Writing the inventory of the images"
    script:
        "../scripts/inspect_images.py"


rule check_images:
    input:
        inventory="<results>/inventory.tsv",
    output:
        touch("<results>/all_images_readable"),
    log:
        "<results>/logs/check_images.log",
    benchmark:
        "<results>/benchmarks/check_images.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        code=source_hash("check_images"),
    message:
        "Checking that every image was analysed"
    script:
        "../scripts/check_images.py"


rule record_provenance:
    input:
        inventory="<results>/inventory.tsv",
        nuclei="<results>/analysis_data/general_stats/nuclei.csv",
    output:
        provenance="<results>/provenance.yaml",
    log:
        "<results>/logs/record_provenance.log",
    benchmark:
        "<results>/benchmarks/record_provenance.tsv"
    conda:  # the one in which nuclei are found, as it tells its versions
        (
            "../envs/unet.yaml"
            if config["segmentation"]["method"] == "unet"
            else "../envs/analysis.yaml"
        )
    threads: 1
    resources:
        mem_mb=500,
    params:
        config=lambda wildcards: settings.of_the_results(config),
        model=model_used,
        code=source_hash("record_provenance"),
    message:
        "Recording versions and settings"
    script:
        "../scripts/record_provenance.py"


rule write_report:
    input:
        inventory="<results>/inventory.tsv",
        provenance="<results>/provenance.yaml",
        population="<results>/analysis_data/general_stats/population_stat.csv",
        plot="<results>/analysis_data/general_stats/population_stat.png",
        pictures=all_images("<results>/analysis_data/nuclei_area_verification/{image}"),
        movement=if_asked_for("tracking", ["<results>/analysis_data/movement_tracking"]),
    output:
        html="<results>/analysis_data/report.html",
    log:
        "<results>/logs/write_report.log",
    benchmark:
        "<results>/benchmarks/write_report.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        images=list(IMAGES),
        template=report_template,
        code=source_hash("write_report"),
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"
