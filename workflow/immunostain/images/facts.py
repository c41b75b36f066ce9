"""What is known of a file and of its frames, in a JSON file beside frames, maps and label images.

So the later steps need not ask the .czi file again. Standard library only: the Snakefile imports
this, and a step that finds nothing to do is over before numpy would be there.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import printable

FACTS_FILE = "frames.json"
DROPPED = "dropped"  # a folder beside it: what was dropped at the edge, see frames.write_labels


@dataclass(frozen=True)
class SceneFacts:
    """A scene: the size of its pictures, and of how many planes its largest stack is."""

    width_px: int
    height_px: int
    z_planes: int


@dataclass(frozen=True)
class FrameFacts:
    """A frame: which scene and time point, counted from 0, and when, where the file says so."""

    scene: int
    frame: int
    time_s: float | None


@dataclass(frozen=True)
class Signal:
    """One channel of a frame.

    Attributes
    ----------
    total, nuclear
        The sum of all pixels' intensities, and of those in nuclei.
    background
        The median intensity of a pixel in no nucleus; None where it was not asked for.
    saturated_px, nuclear_saturated_px
        How many pixels are saturated, and how many of those in nuclei.
    saturation_level
        The intensity from which a pixel is; None where none is.
    """

    total: float
    nuclear: float
    background: float | None = None
    saturated_px: int = 0
    nuclear_saturated_px: int = 0
    saturation_level: float | None = None


@dataclass(frozen=True)
class MeasuredFrame(FrameFacts):
    """A frame and what was measured.

    Attributes
    ----------
    nuclei, nuclear_area_px
        How many nuclei, and their area together.
    signal
        By channel.
    no_number_px
        How many pixels are infinite or no number, by channel; those that have none are not in it.
    covered_px
        How many pixels of the nuclear channel count: tiles cover them, and they are numbers.
    focus
        How sharp the nuclear channel is, see `measuring.focus`; None where nothing can be said.
    """

    nuclei: int
    nuclear_area_px: int
    signal: dict[str, Signal]
    no_number_px: dict[str, int] = field(default_factory=dict)
    covered_px: int = 0
    focus: float | None = None


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file, and of those of its frames that a chunk has.

    Attributes
    ----------
    unreadable
        Why the file can't be analysed, None if it can. Where it is given, nothing else is.
    channels, pixel_types
        The name and Zeiss's pixel type of each channel.
    nuclear_channel
        The name of the channel in which nuclei are found.
    pixel_size_um
        Width and height of a pixel, None where the file doesn't say.
    magnification
        Of the objective, None where the file doesn't say.
    scenes
        All of the file.
    notes
        What a user should know about how the file was read.
    frames
        Those of the chunk.
    nucleus_diameter_px
        At which the neural network looked for nuclei; None before that, or where none were seen.
    too_small
        How many objects were left out because they are smaller than the minimum area.
    at_edge
        How many nuclei were left out because they touch the edge of the picture.
    minimum_area_px
        The least and the most minimum area that was used in a frame; None where there is no frame,
        and before nuclei are found.
    coarse_diameter_px
        What a coarse look of the neural network says, where that is far larger than
        `nucleus_diameter_px`; None where its looks agree, or a diameter was given.
    seen_px, like_nuclei_px
        How many pixels of the network's maps are rather nucleus than not, and how many of those lie
        in nuclei that look like nuclei to it, see `nuclei.likeness`; those dropped at the edge are
        in neither. Both None where the network was not asked.
    joined, found_again, cut_apart
        How many nuclei were repaired by what is seen before and after: made one of pieces, found
        although missed at first, cut from another.
    """

    unreadable: str | None = None
    channels: tuple[str, ...] = ()
    nuclear_channel: str = ""
    pixel_types: tuple[str, ...] = ()
    pixel_size_um: tuple[float, float] | None = None
    magnification: float | None = None
    scenes: tuple[SceneFacts, ...] = ()
    notes: tuple[str, ...] = ()
    frames: tuple[FrameFacts, ...] = ()
    nucleus_diameter_px: float | None = None
    too_small: int = 0
    at_edge: int = 0
    minimum_area_px: tuple[float, float] | None = None
    coarse_diameter_px: float | None = None
    seen_px: int | None = None
    like_nuclei_px: int | None = None
    joined: int = 0
    found_again: int = 0
    cut_apart: int = 0


@dataclass(frozen=True)
class MeasuredFile(FileFacts):
    """What is known of a file when its frames are measured."""

    frames: tuple[MeasuredFrame, ...] = ()


_Facts = TypeVar("_Facts", bound=FileFacts)


def unreadable(reason: str) -> FileFacts:
    """Give what is known of a file that can't be analysed; names from it may be in the reason."""
    return FileFacts(unreadable=printable(reason))


def write_facts(path: Path, facts: FileFacts) -> None:
    """Write what is known of a file as JSON; for people to read where it stands beside pictures."""
    indent = 1 if path.name == FACTS_FILE else None
    text = json.dumps(asdict(facts), indent=indent, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def read_facts(folder: str | Path) -> FileFacts:
    """Read what `write_facts` wrote into a folder of frames, maps or label images.

    Raises
    ------
    SettingsError
        Another version of the workflow wrote it.
    """
    return _read(Path(folder) / FACTS_FILE, FileFacts, lambda frame: FrameFacts(**frame))


def read_measured(path: str | Path) -> MeasuredFile:
    """Read what `write_facts` wrote of measured frames.

    Raises
    ------
    SettingsError
        Another version of the workflow wrote it.
    """
    return _read(Path(path), MeasuredFile, _measured_frame)


def of_all_chunks(parts: Sequence[_Facts]) -> _Facts:
    """Put together what is known of an image's chunks.

    Parameters
    ----------
    parts
        Of all chunks, in order.

    Returns
    -------
    FileFacts
        As of one chunk, with the frames of all, what was left out of all, and the least and the
        most minimum area of all. Looks of the network disagree where they do in at least half of
        the chunks that have frames. If a chunk can't be analysed, the image can't.
    """
    for part in parts:
        if part.unreadable:
            return replace(part, frames=())
    areas = [area for part in parts for area in part.minimum_area_px or ()]
    with_frames = [part for part in parts if part.frames]
    doubtful = [part for part in with_frames if part.coarse_diameter_px is not None]
    unsure = doubtful and 2 * len(doubtful) >= len(with_frames)
    return replace(
        parts[0],
        nucleus_diameter_px=(doubtful if unsure else parts)[0].nucleus_diameter_px,
        coarse_diameter_px=doubtful[0].coarse_diameter_px if unsure else None,
        seen_px=_sum_of_known(part.seen_px for part in parts),
        like_nuclei_px=_sum_of_known(part.like_nuclei_px for part in parts),
        frames=tuple(frame for part in parts for frame in part.frames),
        too_small=sum(part.too_small for part in parts),
        at_edge=sum(part.at_edge for part in parts),
        joined=sum(part.joined for part in parts),
        found_again=sum(part.found_again for part in parts),
        cut_apart=sum(part.cut_apart for part in parts),
        minimum_area_px=(min(areas), max(areas)) if areas else None,
    )


def _sum_of_known(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def read_image(paths: Sequence[str | Path]) -> MeasuredFile:
    """Read what is known of an image from the measurements of all its chunks, in order.

    Raises
    ------
    SettingsError
        Another version of the workflow wrote one of them.
    """
    return of_all_chunks([read_measured(path) for path in paths])


def _read(
    path: Path, kind: Callable[..., _Facts], frame: Callable[[dict[str, Any]], FrameFacts]
) -> _Facts:
    read = json.loads(path.read_text(encoding="utf-8"))
    try:
        return _from(read, kind, frame)
    except (KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} was written by another version of immunostain; delete the folders frames, "
            "probabilities, labels and measurements in the output folder and run the same command "
            "again"
        ) from error


def facts_from(read: dict[str, Any]) -> FileFacts:
    """Give the facts of which `dataclasses.asdict` and JSON made this."""
    return _from(read, FileFacts, lambda frame: FrameFacts(**frame))


def _from(
    read: dict[str, Any], kind: Callable[..., _Facts], frame: Callable[[dict[str, Any]], FrameFacts]
) -> _Facts:
    pairs = {
        name: read[name] and tuple(read[name]) for name in ("pixel_size_um", "minimum_area_px")
    }
    lists = {name: tuple(read[name]) for name in ("channels", "pixel_types", "notes")}
    scenes = tuple(SceneFacts(**scene) for scene in read["scenes"])
    frames = tuple(map(frame, read["frames"]))
    return kind(**read | lists | pairs | {"scenes": scenes, "frames": frames})


def _measured_frame(frame: dict[str, Any]) -> MeasuredFrame:
    signal = {channel: Signal(**sums) for channel, sums in frame["signal"].items()}
    return MeasuredFrame(**frame | {"signal": signal})
