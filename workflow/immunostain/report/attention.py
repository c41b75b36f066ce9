"""What needs attention: images that were skipped, are bad, or are far from the others."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from immunostain.report.outliers import Measured, outliers
from immunostain.report.tables import number, shown
from immunostain.results.doubts import doubts
from immunostain.results.inventory import analysed

# Rows of a table, by the names of its columns.
Rows = Sequence[Mapping[str, str]]

# In the order in which the page shows them.
KINDS = {
    "skipped": "Skipped",
    "no nuclei": "No nuclei",
    "doubtful": "Doubtful nuclei",
    "saturated": "Saturated",
    "out of focus": "Out of focus",
    "count": "Many or few nuclei",
    "size": "Large or small nuclei",
    "edge": "Many at the edge",
    "too small": "Many objects too small",
    "not tracked": "Not tracked",
    "tracks": "Tracks that break",
}
# More than so many percent of the nuclear pixels: the sums are too low to be compared.
SATURATED_PERCENT = 1.0
# Fewer objects at the edge, or fewer that are too small, are nothing to look at.
FEWEST_OBJECTS = 5
AT_EDGE_PERCENT = 50.0
# So many nuclei of a hundred have no link to the next frame, or none to the one before.
BREAKS_PERCENT = 2.0


@dataclass(frozen=True)
class Finding:
    """Something to look at: of `KINDS`, the image (or the file that is none), and what it is."""

    kind: str
    image: str
    text: str


def findings(
    inventory: Rows,
    summaries: Rows,
    tracks: Rows,
    not_tracked: Mapping[str, str],
    condition: str | None,
) -> list[Finding]:
    """List what needs attention.

    Parameters
    ----------
    inventory
        The rows of inventory.tsv.
    summaries
        Those of summary_by_image.csv; none where there is no such table.
    tracks
        Those of motility_by_track.csv; none where there are no tracks.
    not_tracked
        Why an image could not be tracked, by image.
    condition
        The column of `summaries` by which images are compared, None where there is none.

    Returns
    -------
    list of Finding
        By kind in the order of `KINDS`, and then as the images are in the inventory.
    """
    known = analysed(inventory)
    summary = {row["image"]: row for row in summaries}
    groups = {
        row["image"]: (
            *(row.get(name, "") for name in ("pixel_size_um", "magnification")),
            summary.get(row["image"], {}).get(condition or "", ""),
        )
        for row in known
    }
    found = [
        *(
            Finding("skipped", row["image"] or row["file"], row["reason"])
            for row in inventory
            if row["status"] != "ok"
        ),
        *(
            Finding("no nuclei", row["image"], _nothing_found(row))
            for row in known
            if row["nuclei"] == "0"
        ),
        *_doubtful(known),
        *_saturated(summaries),
        *_far_from_the_others(known, summary, groups),
        *_objects_lost(known),
        *(Finding("not tracked", image, reason) for image, reason in not_tracked.items()),
        *_broken_tracks(known, tracks),
    ]
    order = list(KINDS)
    return sorted(found, key=lambda finding: order.index(finding.kind))


def _nothing_found(row: Mapping[str, str]) -> str:
    lost = {"at_edge": "at the edge", "too_small": "below segmentation.minimum_area"}
    told = [f"{what}: {row[name]}" for name, what in lost.items() if row.get(name) not in ("", "0")]
    return "; ".join(["no nucleus was found in it", *told])


def _doubtful(analysed: Rows) -> Iterable[Finding]:
    names = ("like_nuclei_percent", "nucleus_diameter_px", "coarse_diameter_px")
    for row in analysed:
        percent, diameter, coarse = (number(row.get(name, "")) for name in names)
        for text in doubts(int(row["nuclei"]), percent, diameter, coarse):
            yield Finding("doubtful", row["image"], text)


def _saturated(summaries: Rows) -> Iterable[Finding]:
    end = "_saturated_percent"
    for row in summaries:
        shares = {
            name.removesuffix(end): percent
            for name in row
            if name.endswith(end) and (percent := number(row[name])) is not None
        }
        told = [
            f"{percent:.3g} % of the nuclear pixels of {channel} are saturated"
            for channel, percent in shares.items()
            if percent > SATURATED_PERCENT
        ]
        if told:
            text = ", ".join(told)
            yield Finding("saturated", row["image"], f"{text}: its sums are lower bounds")


def _far_from_the_others(
    analysed: Rows, summary: Mapping[str, Mapping[str, str]], groups: Mapping[str, tuple[str, ...]]
) -> Iterable[Finding]:
    """Compare the focus, the counts and the sizes of the images that have nuclei."""
    focus, counts, sizes = {}, {}, {}
    for row in analysed:
        image = row["image"]
        nuclei = number(row["nuclei"]) or 0
        if nuclei == 0:
            continue
        sharp = number(row.get("focus", ""))
        if sharp is not None and sharp > 0:
            focus[image] = Measured(sharp, groups[image])
        pictures = (number(row["frames"]) or 1) * (number(row["scenes"]) or 1)
        counts[image] = Measured(nuclei / pictures, groups[image], pictures=pictures)
        median, low, high = (
            number(summary.get(image, {}).get(f"area_px_{name}", "")) or 0
            for name in ("median", "q1", "q3")
        )
        if median > 0 and low > 0:
            # Of a median of n nuclei: 1.25 standard deviations / sqrt(n), told by the quartiles.
            chance = 1.25 * math.log(high / low) / 1.35 / math.sqrt(nuclei)
            sizes[image] = Measured(median, groups[image], chance)
    for image, (value, others) in outliers(focus, factor=2, usual=0.1).items():
        if value < others:
            text = f"its focus measure is {value:.3g}, that of images like it {others:.3g}"
            yield Finding("out of focus", image, text)
    for image, (value, others) in outliers(counts, factor=2, usual=0.1).items():
        several = " in a frame" if counts[image].pictures > 1 else ""
        text = f"{_short(value)} nuclei{several}, {_short(others)} in images like it"
        yield Finding("count", image, text)
    for image, (value, others) in outliers(sizes, factor=1.5, usual=0.05).items():
        text = f"the median nucleus has {value:.0f} pixels, {others:.0f} in images like it"
        yield Finding("size", image, text)


def _short(value: float) -> str:
    """Write a number as the page's tables do."""
    return shown(str(value))


def _objects_lost(analysed: Rows) -> Iterable[Finding]:
    for row in analysed:
        nuclei, edge, small, percent = (
            number(row.get(name, "")) or 0
            for name in ("nuclei", "at_edge", "too_small", "at_edge_percent")
        )
        if edge >= FEWEST_OBJECTS and percent > AT_EDGE_PERCENT:
            text = f"{edge:.0f} nuclei ({percent:.0f} %) touch the edge and are not counted"
            yield Finding("edge", row["image"], text)
        if small >= FEWEST_OBJECTS and small > nuclei > 0:
            text = f"{small:.0f} objects are below segmentation.minimum_area, {nuclei:.0f} are not"
            yield Finding("too small", row["image"], text)


def _broken_tracks(analysed: Rows, tracks: Rows) -> Iterable[Finding]:
    """Find images in which many tracks begin or end in between.

    A nucleus that leaves the picture ends its track, and one that comes in begins one. A link that
    was missed does both: so as many are counted as there are of the rarer kind.
    """
    of_image: dict[str, list[Mapping[str, str]]] = {}
    for row in tracks:
        of_image.setdefault(row["image"], []).append(row)
    for row in analysed:
        image, nuclei = row["image"], number(row["nuclei"]) or 0
        begun = ended = 0
        scenes: dict[str, list[Mapping[str, str]]] = {}
        for track in of_image.get(image, []):
            scenes.setdefault(track["scene"], []).append(track)
        for there in scenes.values():
            mothers = {track["parent_track_id"] for track in there}
            first = min(int(track["first_frame"]) for track in there)
            last = max(int(track["last_frame"]) for track in there)
            begun += sum(
                int(track["first_frame"]) > first and not track["parent_track_id"]
                for track in there
            )
            ended += sum(
                int(track["last_frame"]) < last and track["track_id"] not in mothers
                for track in there
            )
        broken = min(begun, ended)
        if broken >= FEWEST_OBJECTS and 100 * broken > BREAKS_PERCENT * nuclei:
            text = (
                f"of {len(of_image[image])} tracks {begun} begin and {ended} end in between, "
                "without a division"
            )
            yield Finding("tracks", image, text)
