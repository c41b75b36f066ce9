"""How much of a computer a job needs.

Standard library only: the Snakefile imports this.
"""

SMALL_FILE = 32_000_000  # bytes
# Of the process that scripts are forked from: 290 when it has imported what all of them need. They
# share it, but SLURM counts it once more in each of them.
BEFORE_FORKS_MB = 300
# From so many MB in a part on, a card's start is repaid: PyTorch and CUDA take about 5 seconds, in
# which a core does a dozen frames of 1024 x 1024 pixels (25 MB), and all jobs share the card.
CARD_PAYS_MB = 64


def memory_mb(base: float, times: float, megabytes: float, attempt: int, threads: int = 1) -> int:
    """Give a job's memory in MB: what it always needs and a multiple of its file, more each try.

    Parameters
    ----------
    base
        What it always needs, MB.
    times
        The multiple of what it reads, for each thread.
    megabytes
        What it reads. A frame can't be cut, so it is the file that counts, up to the size of a
        chunk if it has many.
    attempt
        Which try it is, from 1.
    threads
        How many parts it works on at a time.

    Examples
    --------
    >>> memory_mb(500, 3, 100.0, attempt=2)
    1600
    """
    return int(attempt * (base + threads * times * megabytes))


def runtime_min(megabytes: float, attempt: int) -> int:
    """Give a job's time limit in minutes, which a cluster wants: by its file's size, more each try.

    Examples
    --------
    >>> runtime_min(100.0, attempt=2)
    54
    """
    return attempt * (2 + int(megabytes / 4))


def network_threads(megabytes: float) -> int:
    """Give more cores to larger files; a still takes longer to start Python than to predict.

    Examples
    --------
    >>> network_threads(3.0), network_threads(40.0), network_threads(500.0)
    (1, 2, 4)
    """
    return min(4, 1 + int(megabytes / 32))


def counting_threads(images: int) -> int:
    """Give more cores to more images, of each of which a plot is drawn."""
    return min(4, 1 + images // 50)


def shared_submission(group: str, size: int) -> str | None:
    """Give the group that a cluster's jobs on small files share: many of them are one submission.

    Large files have none: their parts and images are to be shared by cores and nodes.

    Parameters
    ----------
    group
        Its name.
    size
        The file's, bytes.
    """
    return group if size <= SMALL_FILE else None


def card_pays(device: str, megabytes: float) -> bool:
    """Tell whether a part of a file may be better off on a graphics card than on a processor.

    Parameters
    ----------
    device
        `segmentation.unet.device` of the settings.
    megabytes
        How large the part is.

    Examples
    --------
    >>> card_pays("auto", 25), card_pays("auto", 250), card_pays("cuda", 25)
    (False, True, True)
    """
    return device == "cuda" or (device == "auto" and megabytes >= CARD_PAYS_MB)


def graphics_cards(device: str, megabytes: float, none_here: bool) -> int:
    """Ask for a card where it pays and there may be one.

    Parameters
    ----------
    device, megabytes
        See `card_pays`.
    none_here
        Whether the job runs on this computer and this computer has no card.
    """
    return int(card_pays(device, megabytes) and (device == "cuda" or not none_here))
