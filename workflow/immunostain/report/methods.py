"""A paragraph on methods, ready to paste, of what was really run."""

from collections.abc import Mapping, Sequence
from typing import Any

from immunostain.report.tables import number
from immunostain.results.inventory import analysed

_LEVELS = {
    "otsu": "Otsu's level (Otsu, IEEE Trans. Syst. Man Cybern. 9, 62, 1979)",
    "li": "the level of Li and Tam (Pattern Recognit. Lett. 19, 771, 1998)",
    "triangle": "the triangle level (Zack et al., J. Histochem. Cytochem. 25, 741, 1977)",
    "local": "Otsu's level (Otsu, IEEE Trans. Syst. Man Cybern. 9, 62, 1979) once the uneven "
    "background was taken off",
}
_PROJECTIONS = {
    "max": "maximum projection",
    "mean": "mean projection",
    "middle": "their middle plane",
}


def methods(
    provenance: Mapping[str, Any],
    inventory: Sequence[Mapping[str, str]],
    compared: str,
    tracked: bool,
) -> list[str]:
    """Say in sentences what was done.

    Parameters
    ----------
    provenance
        The content of provenance.yaml.
    inventory
        The rows of inventory.tsv.
    compared
        What was compared: the means of what, such as ``images``; blank if nothing was.
    tracked
        Nuclei of a timelapse were tracked.

    Returns
    -------
    list of str
        Sentences; none of them is about what was not done.
    """
    config, versions = provenance["config"], provenance["packages"]
    rows = analysed(inventory)
    if not rows:
        return ["No image was analysed."]
    return [
        *_program(provenance, rows),
        *_images(config, versions, rows),
        *_nuclei(config, versions, provenance["segmentation_model"], rows),
        *_stains(config, provenance.get("positive_levels") or ()),
        *(_tracking(config["tracking"], versions) if tracked else []),
        *(_statistics(config, versions, compared) if compared else []),
    ]


def _program(provenance: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> list[str]:
    program, versions = provenance["immunostain"], provenance["packages"]
    commit = f", commit {program['git_commit'][:12]}" if program["git_commit"] else ""
    count = f"{len(rows)} Zeiss .czi images were"
    if len(rows) == 1:
        count = "One Zeiss .czi image was"
    return [
        f"{count} analysed with immunostain {program['version']}{commit} (Python "
        f"{provenance['python']}), a workflow for Snakemake {versions['snakemake']} (Mölder et "
        "al., F1000Research 10, 33, 2021)."
    ]


def _images(
    config: Mapping[str, Any], versions: Mapping[str, Any], rows: Sequence[Mapping[str, str]]
) -> list[str]:
    said = [f"Files were read with aicspylibczi {versions['aicspylibczi']}."]
    sizes = sorted({size for row in rows if (size := number(row["pixel_size_um"]))})
    if sizes:
        span = f"{sizes[0]:g}" if len(sizes) == 1 else f"{sizes[0]:g} to {sizes[-1]:g}"
        said.append(f"Pixels were {span} µm wide.")
    if any((number(row["z_planes"]) or 1) > 1 for row in rows):
        how = config["z_projection"]
        said.append(f"Stacks were made flat by {_PROJECTIONS.get(how, f'taking plane {how}')}.")
    return said


def _runtime(device: str, versions: Mapping[str, Any]) -> str:
    """Name what ran the network: on cards it is another program than on processors."""
    on_processors, on_cards = (
        f"{name} {versions[package]}" if versions[package] else name
        for name, package in (("OpenVINO", "openvino"), ("PyTorch", "torch"))
    )
    if device == "cuda":
        return on_cards
    return on_processors if device == "cpu" else f"{on_processors}, on graphics cards {on_cards}"


def _nuclei(
    config: Mapping[str, Any],
    versions: Mapping[str, Any],
    model: Mapping[str, Any] | None,
    rows: Sequence[Mapping[str, str]],
) -> list[str]:
    group = config["segmentation"]
    channels = " or ".join(sorted({row["nuclear_channel"] for row in rows}))
    found = f"Nuclei were found in the channel {channels}" if channels else "Nuclei were found"
    if model is None:
        level = group["threshold"]["level"]
        said = [
            f"{found} by brightness: intensities were clipped at the 99.99th percentile of the "
            "non-zero pixels, stretched to 0 to 255 and smoothed (Gaussian, 5 x 5 pixels, sigma "
            f"1.1), and pixels above {_LEVELS.get(level, f'a level of {level}')} were taken for "
            "nuclei."
        ]
    else:
        unet = group["unet"]
        sums = model["sha256"]
        names = sums if isinstance(sums, str) else ", ".join(sorted(set(sums.values())))
        diameter = unet["nucleus_diameter"]
        size = "estimated for each image" if diameter == "auto" else f"given as {_unit(diameter)}"
        said = [
            f"{found} by a U-Net (Ronneberger et al., Lect. Notes Comput. Sci. 9351, 234, 2015; "
            f"{_runtime(unet['device'], versions)}; model with SHA-256 {names}). Images were "
            f"resampled to the diameter of nuclei on which it was trained; theirs was {size}. "
            f"Pixels with a probability of {unet['probability']:g} or more were taken for nuclei."
        ]
    by_library = []
    if model is None and group["threshold"]["level"] in _LEVELS:
        by_library.append("the level")
    if group["separate_touching"]:
        said.append("Touching nuclei were separated by a watershed.")
        by_library.append("the watershed")
    if by_library:
        said.append(
            f"{' and '.join(by_library).capitalize()} "
            f"{'is that' if len(by_library) == 1 else 'are those'} of scikit-image "
            f"{versions['scikit-image']} (van der Walt et al., PeerJ 2, e453, 2014)."
        )
    said += _minimum_area(group["minimum_area"], rows)
    if group["exclude_border"]:
        said.append("Nuclei that touch the edge of the picture were left out.")
    return said


def _minimum_area(setting: Any, rows: Sequence[Mapping[str, str]]) -> list[str]:
    if setting == 0:
        return []
    if setting != "auto":
        return [f"Objects smaller than {_unit(setting)} were left out."]
    used = sorted(
        value
        for row in rows
        for part in row.get("minimum_area_px", "").split()
        if (value := number(part)) is not None
    )
    ends = dict.fromkeys(f"{area:g}" for area in (*used[:1], *used[-1:]))
    span = f" ({' to '.join(ends)} pixels)" if used else ""
    return [f"Objects too small for nuclei of their image{span} were left out."]


def _unit(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("um2", "µm²").replace("um", "µm")
    return f"{value:g} pixels"


def _stains(config: Mapping[str, Any], levels: Sequence[Mapping[str, Any]]) -> list[str]:
    group = config["quantification"]
    said = [
        "The stain of a nucleus is the sum of its pixels' grey values in each channel, camera "
        "offset included, and its mean is the sum divided by its area."
    ]
    if group["background"] == "median":
        said.append(
            "For background-corrected sums the median of the frame's non-nuclear pixels was taken "
            "off each pixel."
        )
    if group["perinuclear_width"]:
        width = _unit(group["perinuclear_width"])
        said.append(f"Perinuclear stain was measured in rings up to {width} wide.")
    said += [
        f"Nuclei were called positive for {level['channel']} above a mean intensity of "
        f"{level['level']:.4g} ({level['how']})."
        for level in levels
        if level["level"] is not None
    ]
    return said


def _tracking(group: Mapping[str, Any], versions: Mapping[str, Any]) -> list[str]:
    reach = group["search_range"]
    within = "estimated from the images" if reach == "auto" else f"of {_unit(reach)}"
    frames = group["memory"]
    gap = f"; a nucleus could be missing for {frames} frame{'s' * (frames != 1)}" * bool(frames)
    said = [
        f"Nuclei were linked from frame to frame by trackpy {versions['trackpy']} (Crocker and "
        f"Grier, J. Colloid Interface Sci. 179, 298, 1996) within a search range {within}{gap}."
    ]
    if group["drift_correction"]:
        said.append(
            "The shift of the whole picture (cross-correlation of successive frames) was taken off "
            "before."
        )
    if group["divisions"]:
        said.append(
            "A track that began beside a nucleus that jumped aside and shrank in the same frame "
            "was taken for its daughter."
        )
    return said


def _statistics(config: Mapping[str, Any], versions: Mapping[str, Any], compared: str) -> list[str]:
    reference = config["comparison"]["reference"]
    return [
        f"Conditions were compared with {reference} on the means of {compared}, not on "
        "nuclei (Lord et al., J. Cell Biol. 219, e202001064, 2020), by Welch's t-test (Welch, "
        "Biometrika 34, 28, 1947) with Holm's correction (Holm, Scand. J. Stat. 6, 65, 1979), in "
        f"SciPy {versions['scipy']} (Virtanen et al., Nat. Methods 17, 261, 2020)."
    ]
