rule choose_preview:
    input:
        czi=list(IMAGES.values()),
    output:
        frames=directory("<results>/preview/frames"),
    log:
        "<results>/logs/choose_preview.log",
    benchmark:
        "<results>/benchmarks/choose_preview.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=largest_memory(500, 3),
    params:
        images=IMAGES,
        files=lambda wildcards: [
            identity.czi_identity(path) for path in IMAGES.values()
        ],
        chunks=CHUNKS,
        wanted=config["preview"]["images"],
        how=previewed.reading(config),
        code=source_hash("preview/choose_preview"),
    message:
        "Choosing what the preview shows"
    script:
        "../scripts/preview/choose_preview.py"


rule predict_preview:
    input:
        frames="<results>/preview/frames",
    output:
        maps=directory("<results>/preview/maps"),
    log:
        "<results>/logs/predict_preview.log",
    benchmark:
        "<results>/benchmarks/predict_preview.tsv"
    conda:
        "../envs/unet.yaml" if needs_torch() else "../envs/network.yaml"
    threads: 4
    resources:
        mem_mb=largest_memory(1500, 6),
        gpu=cards(a_few_pictures),
    params:
        model=model_fingerprints,
        nucleus_diameter=config["segmentation"]["unet"]["nucleus_diameter"],
        code=source_hash("preview/predict_preview"),
    message:
        "Asking the neural network about what the preview shows"
    script:
        "../scripts/preview/predict_preview.py"


rule segment_preview:
    input:
        frames="<results>/preview/frames",
        maps="<results>/preview/maps",
    output:
        "<results>/preview/nuclei/{number}.json",
    log:
        "<results>/logs/segment_preview/{number}.log",
    benchmark:
        "<results>/benchmarks/segment_preview/{number}.tsv"
    wildcard_constraints:
        number=r"\d+",
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=largest_memory(500, 6),
    params:
        in_use=previewed.tried_out(config),
        code=source_hash("preview/segment_preview"),
    message:
        "Finding nuclei with many settings, image {wildcards.number} of the preview"
    script:
        "../scripts/preview/segment_preview.py"


rule preview:
    input:
        frames="<results>/preview/frames",
        maps="<results>/preview/maps",
        nuclei=expand(
            "<results>/preview/nuclei/{number}.json",
            number=previewed.numbers(config, len(IMAGES)),
        ),
    output:
        "<results>/preview.html",
    log:
        "<results>/logs/preview.log",
    benchmark:
        "<results>/benchmarks/preview.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=800,
    params:
        settings=lambda wildcards: dict(config),  # texts may hold braces
        schema=lambda wildcards: preparation.read_schema(SCHEMA),
        files=lambda wildcards: {
            "refused": RUN.found.refused,
            "left_alone": RUN.found.left_alone,
        },
        page=parts_of_the_page("preview"),
        code=source_hash("preview/preview"),
    message:
        "Writing the preview"
    script:
        "../scripts/preview/preview.py"
