from functools import partial

from immunostain.training import inputs as training_inputs

training_pairs = partial(
    or_stop,
    training_inputs.training_pairs,
    config["training"]["images"],
    config["training"]["labels"],
    config["training"]["held_back"],
)
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
        code=source_hash("training/train_unet"),
    message:
        "Training a UNet"
    script:
        "../scripts/training/train_unet.py"
