rule tabulate_nuclei:
    input:
        nuclei=all_chunks("<results>/measurements/{image}/{chunk}.csv"),
        about=all_chunks("<results>/measurements/{image}/{chunk}.json"),
        tracks=if_asked_for("tracking", all_images("<results>/tracks/{image}.csv")),
        sample_sheet=SAMPLE_SHEET,
    output:
        csv="<results>/analysis_data/general_stats/nuclei.csv",
        parquet="<results>/analysis_data/general_stats/nuclei.parquet",
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
        code=source_hash("tabulate_nuclei"),
    message:
        "Gathering the nuclei of all images"
    script:
        "../scripts/tabulate_nuclei.py"


rule tabulate_signal:
    input:
        nuclei="<results>/analysis_data/general_stats/nuclei.parquet",
        about=all_chunks("<results>/measurements/{image}/{chunk}.json"),
        sample_sheet=SAMPLE_SHEET,
    output:
        quant=report(
            "<results>/analysis_data/general_stats/signal_quant_stat.csv",
            caption="../report/signal_quant_stat.rst",
            category="Stains",
        ),
        quant_xlsx="<results>/analysis_data/general_stats/signal_quant_stat.xlsx",
        avg="<results>/analysis_data/general_stats/signal_avg_stat.csv",
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
        code=source_hash("tabulate_signal"),
    message:
        "Writing the tables of stains"
    script:
        "../scripts/tabulate_signal.py"


rule count_nuclei:
    input:
        about=all_chunks("<results>/measurements/{image}/{chunk}.json"),
        sample_sheet=SAMPLE_SHEET,
    output:
        csv="<results>/analysis_data/general_stats/population_stat.csv",
        xlsx="<results>/analysis_data/general_stats/population_stat.xlsx",
        plot=report(
            "<results>/analysis_data/general_stats/population_stat.png",
            caption="../report/population_stat.rst",
            category="Population",
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
        code=source_hash("count_nuclei"),
    message:
        "Counting the nuclei of all images"
    script:
        "../scripts/count_nuclei.py"
