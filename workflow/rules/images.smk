rule split_frames:
    input:
        czi=czi_file,
    output:
        frames=temp(directory("<results>/frames/{image}/{chunk}")),
    log:
        "<results>/logs/split_frames/{image}/{chunk}.log",
    benchmark:
        "<results>/benchmarks/split_frames/{image}/{chunk}.tsv"
    group:
        together("frames_of_small_files")
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=memory(500, 3),
        runtime=minutes,
    params:
        file=czi_identity,
        how=NUCLEAR_CHANNEL,
        code=source_hash("images/split_frames"),
    message:
        "Reading the nuclear channel of {wildcards.image}, part {wildcards.chunk}"
    script:
        "../scripts/images/split_frames.py"
