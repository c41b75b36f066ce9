rule tabulate_nuclei:
    input:
        nuclei=all_chunks("<results>/measurements/{image}/{chunk}.csv"),
        facts=all_chunks("<results>/measurements/{image}/{chunk}.json"),
        tracks=if_asked_for("tracking", all_images("<results>/tracks/{image}.csv")),
        sample_sheet=SAMPLE_SHEET,
    output:
        csv="<results>/analysis_data/general_stats/nuclei.csv",
        parquet="<results>/analysis_data/general_stats/nuclei.parquet",
        levels=report(
            "<results>/analysis_data/general_stats/positive_levels.csv",
            caption="../report/positive_levels.rst",
            category="Stains",
            labels={"table": "positive levels"},
        ),
    log:
        "<results>/logs/tabulate_nuclei.log",
    benchmark:
        "<results>/benchmarks/tabulate_nuclei.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=gathering_memory(5),
    params:
        chunks=CHUNKS,
        positive=lambda wildcards: preparation.positive_settings(config),  # may hold braces
        code=source_hash("results/tabulate_nuclei"),
    message:
        "Gathering the nuclei of all images"
    script:
        "../scripts/results/tabulate_nuclei.py"


rule tabulate_signal:
    input:
        nuclei="<results>/analysis_data/general_stats/nuclei.parquet",
        facts=all_chunks("<results>/measurements/{image}/{chunk}.json"),
        sample_sheet=SAMPLE_SHEET,
    output:
        quant="<results>/analysis_data/general_stats/signal_quant_stat.csv",
        quant_xlsx="<results>/analysis_data/general_stats/signal_quant_stat.xlsx",
        avg=report(
            "<results>/analysis_data/general_stats/signal_avg_stat.csv",
            caption="../report/signal_avg_stat.rst",
            category="Stains",
            labels={"table": "frames"},
        ),
        avg_xlsx="<results>/analysis_data/general_stats/signal_avg_stat.xlsx",
    log:
        "<results>/logs/tabulate_signal.log",
    benchmark:
        "<results>/benchmarks/tabulate_signal.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=gathering_memory(10),
    params:
        chunks=CHUNKS,
        code=source_hash("results/tabulate_signal"),
    message:
        "Writing the tables of stains"
    script:
        "../scripts/results/tabulate_signal.py"


rule count_nuclei:
    input:
        facts=all_chunks("<results>/measurements/{image}/{chunk}.json"),
        sample_sheet=SAMPLE_SHEET,
    output:
        csv="<results>/analysis_data/general_stats/population_stat.csv",
        xlsx="<results>/analysis_data/general_stats/population_stat.xlsx",
        plot=report(
            "<results>/analysis_data/general_stats/population_stat.png",
            caption="../report/population_stat.rst",
            category="Population",
            labels={"plot": "nuclei per image"},
        ),
        images=directory("<results>/analysis_data/nuclei_count"),
    log:
        "<results>/logs/count_nuclei.log",
    benchmark:
        "<results>/benchmarks/count_nuclei.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: counting_threads(len(IMAGES))
    resources:
        mem_mb=gathering_memory(5),
    params:
        chunks=CHUNKS,
        code=source_hash("results/count_nuclei"),
    message:
        "Counting the nuclei of all images"
    script:
        "../scripts/results/count_nuclei.py"


rule inspect_images:
    input:
        czi=list(IMAGES.values()),
        facts=all_chunks("<results>/measurements/{image}/{chunk}.json"),
    output:
        inventory=report(
            "<results>/inventory.tsv",
            caption="../report/inventory.rst",
            category="Images",
            labels={"table": "inventory"},
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
        code=source_hash("results/inspect_images"),
    message:
        "Writing the inventory of the images"
    script:
        "../scripts/results/inspect_images.py"


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
        code=source_hash("results/check_images"),
    message:
        "Checking that every image was analysed"
    script:
        "../scripts/results/check_images.py"


rule record_provenance:
    input:
        inventory="<results>/inventory.tsv",
        nuclei="<results>/analysis_data/general_stats/nuclei.csv",
        levels="<results>/analysis_data/general_stats/positive_levels.csv",
    output:
        provenance="<results>/provenance.yaml",
    log:
        "<results>/logs/record_provenance.log",
    benchmark:
        "<results>/benchmarks/record_provenance.tsv"
    conda:  # the one in which nuclei are found, as it tells its versions
        (
            "../envs/network.yaml"
            if config["segmentation"]["method"] == "unet"
            else "../envs/analysis.yaml"
        )
    threads: 1
    resources:
        mem_mb=500,
    params:
        config=lambda wildcards: settings.of_the_results(config),
        model=model_used,
        code=source_hash("results/record_provenance"),
    message:
        "Recording versions and settings"
    script:
        "../scripts/results/record_provenance.py"
