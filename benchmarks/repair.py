"""Score nuclei and tracks of sequences of the Cell Tracking Challenge with and without repair.

Nuclei are found by the network with the default settings, those at the edge too.
"""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow"))

from immunostain.evaluation.of_tracks import score_folder
from immunostain.exports.ctc import write_ctc
from immunostain.images.frames import a_few
from immunostain.images.runs import runs_of
from immunostain.measuring.shapes import centres
from immunostain.measuring.stains import sum_per_label
from immunostain.network.diameter import estimate_diameter
from immunostain.network.loading import load_on_processor
from immunostain.network.predict import predict
from immunostain.nuclei.evidence import Evidence
from immunostain.nuclei.from_maps import nuclei_of_maps
from immunostain.repair.over_time import repair_scene
from immunostain.shared.resampling import resample
from immunostain.tracking.link import link_nuclei
from immunostain.tracking.settings import LinkingSettings

PROBABILITY = 0.5
LINKING = LinkingSettings(search_range_px=100, memory_frames=5)


def maps_of(model: str, pictures: list[np.ndarray], threads: int) -> list[np.ndarray]:
    """Ask the network as `predict_nuclei` does."""
    network = load_on_processor(model, threads)
    some = (pictures[index] for index in a_few(len(pictures)))
    return list(predict(network, pictures, estimate_diameter(network, some)))


def score(labels: list[np.ndarray], pictures: list[np.ndarray], truth: Path) -> dict[str, float]:
    """Link nuclei as `track_nuclei` does and score them."""
    parts = []
    for frame, (found, picture) in enumerate(zip(labels, pictures, strict=True)):
        runs = runs_of(found)
        area, x, y = centres(runs)
        part = {"x_px": x, "y_px": y, "area_px": area}
        part["stain"] = sum_per_label(runs, picture)[1:] / area
        ids = np.arange(len(area))
        parts.append(pd.DataFrame(part).assign(scene=0, frame=frame, nucleus_id=ids))
    linked = link_nuclei(pd.concat(parts, ignore_index=True), LINKING, "stain")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "01_RES"
        write_ctc(folder, linked, len(labels), labels[0].shape, labels.__getitem__)
        return score_folder(folder, truth)


def show(name: str, scores: dict[str, float]) -> None:
    """Print the scores of one line."""
    print(f"{name:16}" + "".join(f"{k:>7} {v:.4f}" for k, v in scores.items()), flush=True)


def main() -> None:
    """Print the scores of each sequence before and after repair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sequence", nargs="+", type=Path, help="such as Fluo-N2DH-SIM+/01")
    parser.add_argument("--model", default="resources/models/nuclei.safetensors")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    logging.getLogger("immunostain").setLevel(logging.WARNING)
    for sequence in asked.sequence:
        pictures = [tifffile.imread(path) for path in sorted(sequence.glob("t*.tif"))]
        shape, maps = pictures[0].shape, maps_of(asked.model, pictures, asked.threads)
        labels = [
            nuclei_of_maps(each, shape, PROBABILITY, None, True, False).labels for each in maps
        ]
        truth = sequence.with_name(f"{sequence.name}_GT")
        print(f"{sequence}: {len(pictures)} frames")
        show("without repair", score(labels, pictures, truth))

        def evidence(frame: int, maps: list = maps, shape: tuple = shape) -> Evidence:
            foreground = maps[frame][0]
            return Evidence(lambda part: resample(foreground, shape, part), 255 * PROBABILITY)

        started = time.process_time()
        repaired = list(repair_scene(0, range(len(labels)), labels, evidence))
        seconds = time.process_time() - started
        show("with repair", score([frame.labels for frame in repaired], pictures, truth))
        counts = {
            name: sum(getattr(frame, name) for frame in repaired)
            for name in ("joined", "found_again", "cut_apart")
        }
        print(f"{counts}, {seconds:.1f} CPU seconds\n", flush=True)


if __name__ == "__main__":
    main()
