"""What users set about tracking."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from immunostain.shared.units import length_in_pixels


@dataclass(frozen=True)
class LinkingSettings:
    """How nuclei are linked from frame to frame.

    Attributes
    ----------
    search_range_px
        How far a nucleus may move from one frame to the next; None: estimated for each scene.
    memory_frames
        For how many frames a nucleus may be missing.
    divisions
        Look for divisions.
    """

    search_range_px: float | None
    memory_frames: int
    divisions: bool = True


@dataclass(frozen=True)
class TrackingSettings:
    """The group ``tracking`` of config.yaml.

    Attributes
    ----------
    search_range
        ``auto``, pixels, or a text such as ``20 um``.
    memory_frames, divisions
        As in `LinkingSettings`.
    drift_correction
        Link nuclei, and measure how they move, as if the stage had stood still.
    movie
        Make a movie of each scene.
    exports
        Of ``labels, ctc, geff, trackmate``.
    """

    search_range: float | str
    memory_frames: int
    divisions: bool
    drift_correction: bool
    movie: bool
    exports: tuple[str, ...]

    def linking(self, pixel_size_um: tuple[float, float] | None) -> LinkingSettings:
        """Give what linking needs of an image whose pixels have this width and height.

        Raises
        ------
        ImageError
            The search range is in micrometres, and the pixel size isn't known.
        """
        return LinkingSettings(
            search_range_in_pixels(self.search_range, pixel_size_um),
            self.memory_frames,
            self.divisions,
        )


def tracking_settings(group: Mapping[str, Any]) -> TrackingSettings:
    """Read the group ``tracking`` of config.yaml, which has been checked against its schema."""
    return TrackingSettings(
        search_range=group["search_range"],
        memory_frames=group["memory"],
        divisions=group["divisions"],
        drift_correction=group["drift_correction"],
        movie=group["movie"],
        exports=tuple(group["exports"]),
    )


def search_range_in_pixels(
    search_range: float | str, pixel_size_um: tuple[float, float] | None
) -> float | None:
    """Turn the search range of config.yaml into pixels; None: it is to be estimated.

    Raises
    ------
    ImageError
        It is in micrometres, and the pixel size isn't known.
    """
    return None if search_range == "auto" else length_in_pixels(search_range, pixel_size_um)
