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
        lambda wildcards: (
            "../envs/unet.yaml"
            if needs_torch(chunk_megabytes(wildcards))
            else "../envs/network.yaml"
        )
    threads: lambda wildcards: network_threads(chunk_megabytes(wildcards))
    resources:
        mem_mb=network_memory,
        runtime=minutes,
        gpu=cards(chunk_megabytes),
    params:
        model=model_fingerprints,
        nucleus_diameter=config["segmentation"]["unet"]["nucleus_diameter"],
        code=source_hash("network/predict_nuclei"),
    message:
        "Asking the neural network about {wildcards.image}, part {wildcards.chunk}"
    script:
        "../scripts/network/predict_nuclei.py"
