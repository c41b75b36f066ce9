from functools import cache, partial

from immunostain.training import inputs as training_inputs

training_sets = cache(
    partial(or_stop, training_inputs.training_sets, config["training"])
)
training_start = partial(
    or_stop, training_inputs.training_start, config["training"]["start_from"]
)
training_pairs = lambda: [pair for one in training_sets() for pair in one.pairs]
SCHEDULE = ["steps", "crops", "crop_size", "validate_every", "patience", "seed"]


# Every picture is an input, so that a new or a changed one trains anew.
rule train_unet:
    input:
        images=lambda wildcards: [pair.picture for pair in training_pairs()],
        labels=lambda wildcards: [pair.labels for pair in training_pairs()],
        ignored=lambda wildcards: [
            pair.ignore for pair in training_pairs() if pair.ignore
        ],
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
        gpu=cards(a_training),
    params:
        sets=lambda wildcards: {
            one.name: [one.weight, *(pair.name for pair in one.pairs)]
            for one in training_sets()
        },
        start=lambda wildcards: training_start(),
        validation_share=config["training"]["validation_share"],
        schedule={key: config["training"][key] for key in SCHEDULE},
        code=source_hash("training/train_unet"),
    message:
        "Training a UNet"
    script:
        "../scripts/training/train_unet.py"
