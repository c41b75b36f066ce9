def numbers_of_previewed():
    """Number the images that are shown; which they are isn't known before they are opened."""
    wanted = config["preview"]["images"]
    return range(min(wanted if isinstance(wanted, int) else len(wanted), len(IMAGES)))


def how_images_are_read():
    """Give what decides whether a file can be analysed: of lengths only those in micrometres."""
    segmentation, network = config["segmentation"], config["segmentation"]["unet"]
    by_network = segmentation["method"] == "unet"
    lengths = [
        segmentation["minimum_area"],
        config["quantification"]["perinuclear_width"],
    ]
    lengths += [network["nucleus_diameter"]] if by_network else []
    each_its_own = by_network and isinstance(network["model"], dict)
    return {
        "nuclear_channel": config["nuclear_channel"],
        "z_projection": config["z_projection"],
        "in_micrometres": [v for v in lengths if isinstance(v, str) and v != "auto"],
        "magnifications": list(network["model"]) if each_its_own else None,
    }


def tried_out():
    """Give the settings in use that are among those that are tried out."""
    segmentation = config["segmentation"]
    network = ("probability", "nucleus_diameter")
    return {
        "threshold": {"level": segmentation["threshold"]["level"]},
        "unet": {key: segmentation["unet"][key] for key in network},
        "minimum_area": segmentation["minimum_area"],
    }


def parts_of_the_preview(wildcards):
    """Give the template, style and scripts of the page, so that it is new when they are."""
    files = sorted((WORKFLOW / "preview").iterdir())
    return {file.name: file.read_text(encoding="utf-8") for file in files}


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
        how=how_images_are_read(),
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
        "../envs/unet.yaml"
    threads: 4
    resources:
        mem_mb=largest_memory(1500, 6),
        gpu=cards,
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
        in_use=tried_out(),
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
            "<results>/preview/nuclei/{number}.json", number=numbers_of_previewed()
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
        page=parts_of_the_preview,
        code=source_hash("preview/preview"),
    message:
        "Writing the preview"
    script:
        "../scripts/preview/preview.py"
