"""The frames of a scene of a timelapse, to be read one at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np

from immunostain.czi.channels import Channel, find_channel
from immunostain.czi.image import CziImage, Frame
from immunostain.czi.planes import read_frame
from immunostain.images.facts import FileFacts
from immunostain.images.frames import label_reader


@dataclass(frozen=True)
class TrackedScene:
    """A scene whose nuclei are tracked.

    Attributes
    ----------
    number
        Of the scene.
    shape
        (Y, X) of its frames.
    frames, times_s
        The numbers of the frames that were analysed, in order, and their times where known.
    pixel_size_um
        Width and height of a pixel, None where the file doesn't say.
    image, refs, channel, z_projection
        What `planes.read_frame` reads; each frame by its number.
    labels
        Gives the label image of a frame, see `frames.label_reader`.
    reading
        Held while the .czi file is read, which one thread at a time may do.
    """

    number: int
    shape: tuple[int, int]
    frames: list[int]
    times_s: list[float | None]
    pixel_size_um: tuple[float, float] | None
    image: CziImage
    refs: dict[int, Frame]
    channel: Channel
    z_projection: str | int
    labels: Callable[[int], np.ndarray | None]
    reading: Lock = field(default_factory=Lock)

    def label_image(self, frame: int) -> np.ndarray:
        """Read the label image of one of `frames`, (Y, X) uint32."""
        labels = self.labels(frame)
        if labels is None:
            raise ValueError(f"frame {frame} was not analysed")
        return labels

    def picture(self, frame: int) -> np.ndarray:
        """Read the nuclear channel of a frame, (Y, X), see `planes.read_frame`."""
        with self.reading:
            return read_frame(self.image, self.refs[frame], self.channel, self.z_projection)


def tracked_scenes(
    image: CziImage,
    facts: FileFacts,
    label_folders: Sequence[str | Path],
    z_projection: str | int,
) -> list[TrackedScene]:
    """Give the scenes of an image.

    Parameters
    ----------
    image
        The open file.
    facts
        What is known of all its chunks together.
    label_folders
        Those of all chunks.
    z_projection
        As in config.yaml.
    """
    channel = image.channels[find_channel(image.channels, facts.nuclear_channel)]
    found, reading = [], Lock()
    for number, scene in enumerate(facts.scenes):
        frames = sorted(
            (frame for frame in facts.frames if frame.scene == number),
            key=lambda frame: frame.frame,
        )
        found.append(
            TrackedScene(
                number,
                (scene.height_px, scene.width_px),
                [frame.frame for frame in frames],
                [frame.time_s for frame in frames],
                facts.pixel_size_um,
                image,
                {ref.frame: ref for ref in image.frames if ref.scene == number},
                channel,
                z_projection,
                label_reader(label_folders, number),
                reading,
            )
        )
    return found
