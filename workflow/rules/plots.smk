rule plot_stains:
    input:
        nuclei="<results>/analysis_data/general_stats/nuclei.parquet",
        facts=all_chunks("<results>/measurements/{image}/{chunk}.json"),
        sample_sheet=SAMPLE_SHEET,
    output:
        plots=report(
            directory("<results>/analysis_data/general_stats/plots"),
            patterns=["{plot,[^/]+}.png"],
            caption="../report/plots.rst",
            category="Stains",
            labels={"plot": "{plot}"},
        ),
    log:
        "<results>/logs/plot_stains.log",
    benchmark:
        "<results>/benchmarks/plot_stains.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: counting_threads(len(IMAGES))
    resources:
        mem_mb=gathering_memory(15),
    params:
        chunks=CHUNKS,
        design=lambda wildcards: vars(RUN.design),  # names may hold braces
        reference=lambda wildcards: config["comparison"]["reference"],
        code=source_hash("plots/plot_stains"),
    message:
        "Plotting the stains"
    script:
        "../scripts/plots/plot_stains.py"
