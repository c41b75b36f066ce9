def training_pairs():
    asked = config["training"]
    folders = asked["images"], asked["labels"], asked["held_back"]
    return or_stop(training_inputs.training_pairs, *folders)


def evaluation_pairs():
    asked = config["evaluation"]
    folders = asked["images"], asked["labels"], asked["only"]
    diameter = config["segmentation"]["unet"]["nucleus_diameter"]
    return or_stop(training_inputs.evaluation_pairs, *folders, diameter)


def evaluated_model(wildcards):
    model = config["segmentation"]["unet"]["model"]
    return or_stop(training_inputs.evaluated_model, model)


def tracked_image():
    asked = (
        config["evaluation"]["tracking_truth"],
        config["evaluation"]["tracked_image"],
    )
    return or_stop(training_inputs.tracked_image, *asked, list(IMAGES))


SCHEDULE = ["steps", "crops", "crop_size", "validate_every", "patience", "seed"]


# Every picture is an input, so that a new or a changed one trains anew.
rule train_unet:
    input:
        images=lambda wildcards: [pair.picture for pair in training_pairs()],
        labels=lambda wildcards: [pair.labels for pair in training_pairs()],
    output:
        model="<results>/training/nuclei.safetensors",
        card="<results>/training/nuclei.md",
        curves="<results>/training/curves.png",
        history="<results>/training/history.csv",
    log:
        "<results>/logs/train_unet.log",
    benchmark:
        "<results>/benchmarks/train_unet.tsv"
    conda:
        "../envs/unet.yaml"
    threads: 16
    resources:
        mem_mb=gathering_memory(60, base=2000),
        gpu=cards,
    params:
        names=lambda wildcards: [pair.name for pair in training_pairs()],
        validation_share=config["training"]["validation_share"],
        schedule={key: config["training"][key] for key in SCHEDULE},
        code=source_hash("train_unet"),
    message:
        "Training a UNet"
    script:
        "../scripts/train_unet.py"


# Without an output it runs whenever it is asked for; a benchmark would be one. The model is no
# input: it may be what train_unet made from images that have changed since, and judging it must not
# train another one.
rule evaluate_unet:
    input:
        images=lambda wildcards: [pair.picture for pair in evaluation_pairs()],
        labels=lambda wildcards: [pair.labels for pair in evaluation_pairs()],
    log:
        "<results>/logs/evaluate_unet.log",
    conda:
        "../envs/unet.yaml"
    threads: 16
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        gpu=cards,
    params:
        names=lambda wildcards: [pair.name for pair in evaluation_pairs()],
        model=evaluated_model,
        probability=config["segmentation"]["unet"]["probability"],
        nucleus_diameter=config["segmentation"]["unet"]["nucleus_diameter"],
        device=config["segmentation"]["unet"]["device"],
        separate_touching=config["segmentation"]["separate_touching"],
        minimum_area=config["evaluation"]["minimum_area"],
        code=source_hash("evaluate_unet"),
    message:
        "Judging the UNet and the threshold method by annotated images"
    script:
        "../scripts/evaluate_unet.py"


rule evaluate_tracking:
    input:
        tracks=lambda wildcards: f"<results>/tracks/{tracked_image()}.csv",
        nuclei=lambda wildcards: chunks_of(
            tracked_image(), "<results>/measurements/{image}/{chunk}.csv"
        ),
        about=lambda wildcards: chunks_of(
            tracked_image(), "<results>/measurements/{image}/{chunk}.json"
        ),
        labels=lambda wildcards: chunks_of(
            tracked_image(), "<results>/labels/{image}/{chunk}"
        ),
    log:
        "<results>/logs/evaluate_tracking.log",
    conda:
        "../envs/evaluation.yaml"
    threads: 1
    resources:
        mem_mb=gathering_memory(20, base=2000),
    params:
        truth=config["evaluation"]["tracking_truth"],
        search_range=config["tracking"]["search_range"],
        memory=config["tracking"]["memory"],
        code=source_hash("evaluate_tracking"),
    message:
        "Judging tracks by a ground truth"
    script:
        "../scripts/evaluate_tracking.py"
