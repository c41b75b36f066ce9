rule predict_nuclei:
    input:
        frames="<results>/frames/{image}/{chunk}",
    output:
        probabilities=directory("<results>/probabilities/{image}/{chunk}"),
    log:
        "<results>/logs/predict_nuclei/{image}/{chunk}.log",
    benchmark:
        "<results>/benchmarks/predict_nuclei/{image}/{chunk}.tsv"
    priority: 1
    group:
        together("network_on_small_files")
    conda:
        "../envs/unet.yaml"
    threads: lambda wildcards: network_threads(chunk_megabytes(wildcards))
    resources:
        mem_mb=memory(1500, 12),
        runtime=minutes,
        gpu=cards,
    params:
        # What the model is counts, not where it lies or when it was written.
        model=model_fingerprints,
        nucleus_diameter=config["segmentation"]["unet"]["nucleus_diameter"],
        code=source_hash("predict_nuclei"),
    message:
        "Asking the neural network about {wildcards.image}, part {wildcards.chunk}"
    script:
        "../scripts/predict_nuclei.py"


rule label_nuclei:
    input:
        "<results>/probabilities/{image}/{chunk}"
        if config["segmentation"]["method"] == "unet"
        else "<results>/frames/{image}/{chunk}",
    output:
        labels=directory("<results>/labels/{image}/{chunk}"),
    log:
        "<results>/logs/label_nuclei/{image}/{chunk}.log",
    benchmark:
        "<results>/benchmarks/label_nuclei/{image}/{chunk}.tsv"
    priority: 2
    group:
        together("small_files")
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory(500, 12),
        runtime=minutes,
    params:
        nucleus=what_is_nucleus(),
        minimum_area=config["segmentation"]["minimum_area"],
        separate_touching=config["segmentation"]["separate_touching"],
        exclude_border=config["segmentation"]["exclude_border"],
        code=source_hash("label_nuclei"),
    message:
        "Finding nuclei in {wildcards.image}, part {wildcards.chunk}"
    script:
        "../scripts/label_nuclei.py"
