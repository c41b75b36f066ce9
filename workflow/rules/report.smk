rule inspect_images:
    input:
        czi=list(FOUND.images.values()),
        about=all_chunks("<results>/measurements/{image}/{chunk}.json"),
    output:
        inventory=report(
            "<results>/inventory.tsv",
            caption="../report/inventory.rst",
            category="Images",
        ),
    params:
        images=FOUND.images,
        chunks=CHUNKS,
        refused=FOUND.refused,
        code=source_hash("czi", "errors", "files", "inventory", "logs"),
    log:
        "<results>/logs/inspect_images.log",
    benchmark:
        "<results>/benchmarks/inspect_images.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
    message:
        "Writing the inventory of the images"
    script:
        "../scripts/inspect_images.py"


rule check_images:
    input:
        inventory="<results>/inventory.tsv",
    output:
        touch("<results>/all_images_readable"),
    params:
        code=source_hash("errors", "logs", "plan"),
    log:
        "<results>/logs/check_images.log",
    benchmark:
        "<results>/benchmarks/check_images.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=200,
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
    params:
        config={key: value for key, value in config.items() if key != "email"},
        code=source_hash("errors", "files", "logs", "provenance"),
    log:
        "<results>/logs/record_provenance.log",
    benchmark:
        "<results>/benchmarks/record_provenance.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=200,
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
        movement=movement_folder(),
        template=workflow.source_path("../report/report.html.j2"),
    output:
        html="<results>/analysis_data/report.html",
    params:
        images=list(FOUND.images),
        code=source_hash("errors", "files", "logs", "web_report"),
    log:
        "<results>/logs/write_report.log",
    benchmark:
        "<results>/benchmarks/write_report.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=500,
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"
