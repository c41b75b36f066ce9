"""Choose when the network is out of its depth: notes on annotated pictures, and on others."""

import argparse
import csv
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from immunostain.czi.image import open_czi  # noqa: E402
from immunostain.czi.planes import read_frame  # noqa: E402
from immunostain.evaluation.annotated_pictures import read_picture  # noqa: E402
from immunostain.network.diameter import estimate  # noqa: E402
from immunostain.network.loading import load_on_processor  # noqa: E402
from immunostain.network.predict import as_shown, maps_of  # noqa: E402
from immunostain.network.predictor import Predictor  # noqa: E402
from immunostain.nuclei.from_maps import nuclei_of_maps  # noqa: E402
from immunostain.nuclei.likeness import LIMITS, Limits, Seen, likeness, seen_in  # noqa: E402
from immunostain.results.doubts import FEW_LIKE_NUCLEI_PERCENT  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
PROBABILITY = 0.5
# Files that show nuclei, by channel; in all others, and all other channels, there are none.
WITH_NUCLEI = {
    ("czitools__CellDivision_T3_Z5_CH2_X240_Y170", 0),
    ("czitools__CellDivision_T3_Z5_CH2_X240_Y170_comp2", 0),
    ("czitools__CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD", 0),
    ("czitools__DAPI_GFP", 0),
    ("czitools__FOV7_HV110_P0500510000", 0),
    ("czitools__Fluorescence_RGB", 0),
    ("czitools__LLS7_small", 0),
    ("czitools__nuc_small", 0),
}
SKIMAGE = (
    *("coins", "brick", "grass", "gravel", "page", "text", "camera", "coffee", "astronaut"),
    *("chelsea", "rocket", "horse", "hubble_deep_field", "retina", "ihc", "motorcycle_left"),
    *("phantom", "logo", "color", "microaneurysms"),
)
HELD_MICE = ("E2F3A_EdU_mouse3", "E2F4_EdU_mouse2", "E2F8_EdU_mouse3")


@dataclass(frozen=True)
class Shown:
    """A picture: the group it is of, its name, whether it was held back, and its pixels."""

    group: str
    name: str
    held_back: bool
    picture: np.ndarray


@dataclass(frozen=True)
class Judged:
    """What the network saw in a picture."""

    group: str
    name: str
    held_back: bool
    nuclei: int
    disagree: bool
    seen: Seen


def annotated(folder: Path, every: int) -> Iterator[Shown]:
    """Give the annotated pictures; of the Data Science Bowl's only some, but all held back."""
    bowl = (
        (ROOT / "resources" / "models" / "held_back" / "dsb2018.txt")
        .read_text(encoding="utf-8")
        .split("\n")
    )
    held_bowl = {Path(name).stem for name in bowl if name and name[0] != "#"}
    table = folder / "kromp2020" / "image_description.csv"
    with table.open(newline="", encoding="latin-1") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    kromp = {row["Image_Name"] for row in rows if row["Train-/Testset split"] == "test"}
    held = {
        "dsb2018_stage1_train_fluo": lambda name: name in held_bowl,
        "bitdepth_nucseg": lambda name: name.startswith("muscle"),
        "pecot_mouse_intestine": lambda name: name.startswith(HELD_MICE),
        "kromp2020": lambda name: name in kromp,
    }
    for group in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        is_held = held.get(group, lambda name: False)
        for number, path in enumerate(sorted((folder / group / "images").iterdir())):
            back = is_held(path.stem)
            if back or not group.startswith("dsb2018") or number % every == 0:
                yield Shown(group, path.stem, back, read_picture(str(path)))


def without_nuclei(folder: Path) -> Iterator[Shown]:
    """Give pictures that show no nuclei: channels of real files, things, and drawn ones."""
    for path in sorted(folder.glob("*.czi")):
        image = open_czi(str(path))
        first = {frame.scene: frame for frame in reversed(image.frames)}
        for number, channel in enumerate(image.channels):
            group = "with nuclei" if (path.stem, number) in WITH_NUCLEI else "real files"
            for scene, frame in sorted(first.items()):
                picture = as_shown(read_frame(image, frame, channel, "max"))
                yield Shown(group, f"{path.stem} {channel.name} scene {scene}", False, picture)
    import skimage

    for name in SKIMAGE:
        (path,) = (Path(skimage.__file__).parent / "data").glob(f"{name}.*")
        with Image.open(path) as image:
            grey = np.asarray(image.convert("L")).astype(np.uint16)
        yield Shown("things", name, False, grey)
        yield Shown("things", f"{name}, inverted", False, 255 - grey)
    yield from drawn()


def drawn() -> Iterator[Shown]:
    """Draw rings, lines and noise, of which none is a nucleus."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:512, :512]

    def shown(name: str, picture: np.ndarray) -> Shown:
        noisy = picture + random.normal(100, 15, picture.shape)
        return Shown("drawn", name, False, np.clip(noisy, 0, 65535).astype(np.uint16))

    for radius, width in ((12, 3), (20, 4), (30, 5), (60, 8), (100, 10)):
        picture = np.zeros((512, 512))
        for middle in random.integers(0, 512, (int(60000 / radius**2) + 4, 2)):
            picture += 1000 * (abs(np.hypot(y - middle[0], x - middle[1]) - radius) < width / 2)
        yield shown(f"rings of radius {radius}", picture)
    for sigma in (0, 1, 2, 5, 10, 20):
        noise = ndimage.gaussian_filter(random.normal(0, 1, (512, 512)), sigma)
        yield shown(f"noise, sigma {sigma}", 1000 * (noise - noise.min()) / np.ptp(noise))
    for period in (6, 16, 40):
        yield shown(f"stripes, period {period}", 500 + 400 * np.sin(2 * np.pi * x / period))


def judge(network: Predictor, shown: Shown) -> Judged:
    """Ask the network about a picture, as the workflow does with default settings."""
    found = estimate(network, [shown.picture])
    maps = maps_of(network, shown.picture, found.diameter_px)
    nuclei = nuclei_of_maps(maps, shown.picture.shape, PROBABILITY, None, True, True)
    seen = seen_in(maps, nuclei.labels, nuclei.dropped, PROBABILITY)
    count = int(nuclei.labels.max(initial=0))
    unsure = found.coarse_px is not None
    return Judged(shown.group, shown.name, shown.held_back, count, unsure, seen)


def percent(judged: Judged, limits: Limits) -> float:
    """Give how much of what the network saw looks like nuclei; 100 where nothing was found."""
    seen, like = likeness(judged.seen, limits)
    return round(100 * like / seen, 1) if judged.nuclei else 100.0


def main() -> None:
    """Judge all pictures once, and print what several thresholds would say of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="with the folders nuclei and czi")
    parser.add_argument("--model", default=ROOT / "resources" / "models" / "nuclei.safetensors")
    parser.add_argument("--every", type=int, default=4, help="of the Data Science Bowl's pictures")
    arguments = parser.parse_args()
    network = load_on_processor(arguments.model)
    pictures = itertools.chain(
        without_nuclei(arguments.data / "czi"),
        annotated(arguments.data / "nuclei", arguments.every),
    )
    # What has no nucleus says so already.
    judged = [found for shown in pictures if (found := judge(network, shown)).nuclei]
    nuclear = [each for each in judged if each.group not in ("real files", "things", "drawn")]
    others = [each for each in judged if each.group in ("real files", "things", "drawn")]
    # A dividing cell gets its note by right: real files with nuclei are only listed.
    annotated_ones = [each for each in nuclear if each.group != "with nuclei"]
    chosen_by = [each for each in annotated_ones if not each.held_back]
    print("certainty roundness  below %   false notes   held back   notes without nuclei")
    for certainty, roundness, least in itertools.product(
        (0.80, 0.84, 0.88), (0.90, 0.93, 0.95), (30.0, 35.0, 40.0, 45.0, 50.0)
    ):
        limits = Limits(certainty, roundness)
        counts = [
            _noted(group, limits, least)
            for group in (chosen_by, [e for e in annotated_ones if e.held_back], others)
        ]
        mark = " *" if (limits, least) == (LIMITS, FEW_LIKE_NUCLEI_PERCENT) else ""
        print(f"{certainty:9.2f} {roundness:9.2f} {least:8.0f}   {'   '.join(counts)}{mark}")
    print("\nwith the shipped thresholds (*)")
    for group in dict.fromkeys(each.group for each in judged):
        for back in (False, True):
            of_group = [e for e in judged if (e.group, e.held_back) == (group, back)]
            if of_group:
                told = _noted(of_group, LIMITS, FEW_LIKE_NUCLEI_PERCENT)
                name = f"{group}, held back" if back else group
                sizes = sum(each.disagree for each in of_group)
                print(f"{name:40} {told}, sizes disagree: {sizes}")
    print("\nwithout nuclei and without a note")
    for each in others:
        share = percent(each, LIMITS)
        if share >= FEW_LIKE_NUCLEI_PERCENT and not each.disagree:
            print(f"{each.name:60} {each.nuclei:5d} objects {share:6.1f} %")
    print("\nwith nuclei and with a note")
    for each in nuclear:
        share = percent(each, LIMITS)
        if share < FEW_LIKE_NUCLEI_PERCENT or each.disagree:
            print(f"{each.name:60} {each.nuclei:5d} objects {share:6.1f} %")


def _noted(pictures: list[Judged], limits: Limits, least: float) -> str:
    """Say how many pictures get a note as hardly anything in them looks like a nucleus."""
    told = sum(percent(each, limits) < least for each in pictures)
    return f"{told:3d} of {len(pictures):3d} ({100 * told / max(1, len(pictures)):4.1f} %)"


if __name__ == "__main__":
    main()
