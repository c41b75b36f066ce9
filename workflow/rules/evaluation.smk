from functools import partial

from immunostain.evaluation import inputs as evaluation_inputs

evaluation_pairs = partial(
    or_stop,
    evaluation_inputs.evaluation_pairs,
    config["evaluation"]["images"],
    config["evaluation"]["labels"],
    config["evaluation"]["only"],
    config["segmentation"]["unet"]["nucleus_diameter"],
)
evaluated_model = partial(
    or_stop,
    evaluation_inputs.evaluated_model,
    config["segmentation"]["unet"]["model"],
)
tracked_image = partial(
    or_stop,
    evaluation_inputs.tracked_image,
    config["evaluation"]["tracking_truth"],
    config["evaluation"]["tracked_image"],
    list(IMAGES),
)


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
        "../envs/unet.yaml" if needs_torch() else "../envs/network.yaml"
    threads: 16
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        gpu=cards(a_few_pictures),
    params:
        names=lambda wildcards: [pair.name for pair in evaluation_pairs()],
        model=lambda wildcards: evaluated_model(),
        probability=config["segmentation"]["unet"]["probability"],
        nucleus_diameter=config["segmentation"]["unet"]["nucleus_diameter"],
        device=config["segmentation"]["unet"]["device"],
        separate_touching=config["segmentation"]["separate_touching"],
        minimum_area=config["evaluation"]["minimum_area"],
        code=source_hash("evaluation/evaluate_unet"),
    message:
        "Judging the UNet and the threshold method by annotated images"
    script:
        "../scripts/evaluation/evaluate_unet.py"


rule evaluate_tracking:
    input:
        tracks=lambda wildcards: f"<results>/tracks/{tracked_image()}.csv",
        nuclei=lambda wildcards: chunks_of(
            tracked_image(), "<results>/measurements/{image}/{chunk}.csv"
        ),
        facts=lambda wildcards: chunks_of(
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
        code=source_hash("evaluation/evaluate_tracking"),
    message:
        "Judging tracks by a ground truth"
    script:
        "../scripts/evaluation/evaluate_tracking.py"
