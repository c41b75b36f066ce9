"""The scenes of a .czi file: where they lie, their planes, and the gaps between their tiles."""

from dataclasses import dataclass, field

from immunostain.czi.coverage import Rectangle, covered_area
from immunostain.czi.zisraw import SubBlock
from immunostain.shared.errors import ImageError

# A picture of more pixels, of which tiles cover less than this share, is one that damage has made.
_LARGE, _LEAST_COVERED = 100_000_000, 0.01


@dataclass(frozen=True)
class Scene:
    """A scene of a file.

    Attributes
    ----------
    number
        Its S in the file.
    x, y, width, height
        Its rectangle in pixels.
    planes
        The Z of its planes, by channel.
    tiles
        Of how many tiles a plane is put together.
    gaps
        Where the tiles of a plane lie that don't cover the rectangle, by T, C and Z.
    """

    number: int
    x: int
    y: int
    width: int
    height: int
    planes: dict[int, tuple[int, ...]]
    tiles: int
    gaps: dict[tuple[int, int, int], frozenset[Rectangle]] = field(default_factory=dict)


def scenes_and_times(tiles: list[SubBlock]) -> tuple[tuple[Scene, ...], list[list[int]]]:
    """Give the scenes and, for each, the T of the frames of which every plane is there."""
    scenes, times = [], []
    channels = {tile.at("C") for tile in tiles}
    for number in sorted({tile.at("S") for tile in tiles}):
        mine = [tile for tile in tiles if tile.at("S") == number]
        x, y = min(tile.x_px for tile in mine), min(tile.y_px for tile in mine)
        found: dict[int, set[tuple[int, int]]] = {}
        for tile in mine:
            found.setdefault(tile.at("T"), set()).add((tile.at("C"), tile.at("Z")))
        all_planes = set.union(*found.values())
        planes = {
            c: tuple(sorted(z for channel, z in all_planes if channel == c))
            for c in sorted({c for c, _ in all_planes})
        }
        whole = [t for t in sorted(found) if found[t] == all_planes and planes.keys() == channels]
        width = max(tile.x_px + tile.width_px for tile in mine) - x
        height = max(tile.y_px + tile.height_px for tile in mine) - y
        count = 1 + max(tile.at("M") for tile in mine)
        gaps = _planes_with_gaps(mine, Rectangle(x, y, width, height), number)
        scenes.append(Scene(number, x, y, width, height, planes, count, gaps))
        times.append(whole)
    return tuple(scenes), times


def _planes_with_gaps(
    tiles: list[SubBlock], scene: Rectangle, number: int
) -> dict[tuple[int, int, int], frozenset[Rectangle]]:
    """Give where tiles lie in those planes of a scene that they don't cover, by T, C and Z."""
    planes: dict[tuple[int, int, int], list[Rectangle]] = {}
    for tile in tiles:
        x, y = tile.x_px - scene.x, tile.y_px - scene.y
        place = Rectangle(x, y, tile.width_px, tile.height_px)
        planes.setdefault((tile.at("T"), tile.at("C"), tile.at("Z")), []).append(place)
    together = {plane: frozenset(places) for plane, places in planes.items()}
    whole = scene.width * scene.height
    covered = {places: covered_area(places) for places in set(together.values())}
    share = max(covered.values()) / whole
    if whole > _LARGE and share < _LEAST_COVERED:
        raise ImageError(
            f"scene {number} would be a picture of {scene.width} x {scene.height} pixels of which "
            f"its tiles cover {share:.2g}: the place of a tile is damaged, or they lie too far "
            "apart; check the file in ZEN"
        )
    return {plane: places for plane, places in together.items() if covered[places] < whole}


def notes_on_gaps(scenes: tuple[Scene, ...]) -> list[str]:
    """Say how much of the picture no tile covers, if any."""
    shares = []
    for scene in scenes:
        least = min(map(covered_area, set(scene.gaps.values())), default=None)
        if least is not None:
            name = f" of scene {scene.number}" if len(scenes) > 1 else ""
            share = 1 - least / (scene.width * scene.height)
            shares.append(f"no tile covers {share:.1%} of the picture{name}, which is left out")
    return shares
