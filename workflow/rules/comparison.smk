rule summarise_images:
    input:
        nuclei="<results>/analysis_data/general_stats/nuclei.parquet",
        inventory="<results>/inventory.tsv",
        sample_sheet=SAMPLE_SHEET,
    output:
        csv=report(
            "<results>/analysis_data/general_stats/summary_by_image.csv",
            caption="../report/summary_by_image.rst",
            category="Stains",
            labels={"table": "images"},
        ),
        xlsx="<results>/analysis_data/general_stats/summary_by_image.xlsx",
    log:
        "<results>/logs/summarise_images.log",
    benchmark:
        "<results>/benchmarks/summarise_images.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=gathering_memory(10),
    params:
        code=source_hash("comparison/summarise_images"),
    message:
        "Summarising the nuclei of each image"
    script:
        "../scripts/comparison/summarise_images.py"


rule summarise_conditions:
    input:
        nuclei="<results>/analysis_data/general_stats/nuclei.parquet",
        inventory="<results>/inventory.tsv",
        sample_sheet=SAMPLE_SHEET,
    output:
        replicates=report(
            "<results>/analysis_data/general_stats/summary_by_replicate.csv",
            caption="../report/summary_by_replicate.rst",
            category="Conditions",
            labels={"table": "replicates"},
        ),
        replicates_xlsx="<results>/analysis_data/general_stats/summary_by_replicate.xlsx",
        conditions=report(
            "<results>/analysis_data/general_stats/summary_by_condition.csv",
            caption="../report/summary_by_condition.rst",
            category="Conditions",
            labels={"table": "conditions"},
        ),
        conditions_xlsx="<results>/analysis_data/general_stats/summary_by_condition.xlsx",
        over_time=report(
            "<results>/analysis_data/general_stats/stain_over_time.csv",
            caption="../report/stain_over_time.rst",
            category="Conditions",
            labels={"table": "stain over time"},
        ),
        over_time_xlsx="<results>/analysis_data/general_stats/stain_over_time.xlsx",
    log:
        "<results>/logs/summarise_conditions.log",
    benchmark:
        "<results>/benchmarks/summarise_conditions.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=gathering_memory(10),
    params:
        design=lambda wildcards: vars(RUN.design),  # names may hold braces
        code=source_hash("comparison/summarise_conditions"),
    message:
        "Summarising replicates and conditions"
    script:
        "../scripts/comparison/summarise_conditions.py"


rule compare_conditions:
    input:
        replicates="<results>/analysis_data/general_stats/summary_by_replicate.xlsx",
    output:
        csv=report(
            "<results>/analysis_data/general_stats/comparison.csv",
            caption="../report/comparison.rst",
            category="Conditions",
            labels={"table": "comparison"},
        ),
        xlsx="<results>/analysis_data/general_stats/comparison.xlsx",
    log:
        "<results>/logs/compare_conditions.log",
    benchmark:
        "<results>/benchmarks/compare_conditions.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=gathering_memory(5),
    params:
        reference=lambda wildcards: config["comparison"]["reference"],  # may hold braces
        code=source_hash("comparison/compare_conditions"),
    message:
        "Comparing the conditions"
    script:
        "../scripts/comparison/compare_conditions.py"
