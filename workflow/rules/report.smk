rule write_report:
    input:
        tables=[
            "<results>/inventory.tsv",
            "<results>/analysis_data/general_stats/summary_by_image.csv",
            "<results>/analysis_data/general_stats/positive_levels.csv",
            *(path for path in if_compared() if path.endswith(".csv")),
        ],
        provenance="<results>/provenance.yaml",
        nuclei="<results>/analysis_data/general_stats/nuclei.csv",
        pictures=all_images("<results>/analysis_data/nuclei_area_verification/{image}"),
        thumbnails=all_images("<results>/thumbnails/{image}"),
        population="<results>/analysis_data/general_stats/population_stat.png",
        plots=if_asked_for(
            "quantification", ["<results>/analysis_data/general_stats/plots"]
        ),
        crops="<results>/crops",
        movement=if_asked_for("tracking", ["<results>/analysis_data/movement_tracking"]),
    output:
        html=report(
            "<results>/analysis_data/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"page": "report"},
        ),
    log:
        "<results>/logs/write_report.log",
    benchmark:
        "<results>/benchmarks/write_report.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=gathering_memory(2),
    params:
        images=list(IMAGES),
        sample_columns=lambda wildcards: RUN.samples.columns,  # names may hold braces
        design=lambda wildcards: vars(RUN.design),
        page=parts_of_the_page("report"),
        code=source_hash("report/write_report"),
    message:
        "Writing the report"
    script:
        "../scripts/report/write_report.py"
