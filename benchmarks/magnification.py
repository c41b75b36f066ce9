"""Score the UNet on annotated pictures that are enlarged, with the diameter of nuclei estimated."""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

WORKFLOW = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(WORKFLOW / "workflow"))

from immunostain.evaluation.agreement import NONE, agreement, overlaps  # noqa: E402
from immunostain.evaluation.annotated_folders import find_pairs, only_named, read_names  # noqa: E402
from immunostain.evaluation.annotated_pictures import read_pair  # noqa: E402
from immunostain.evaluation.of_nuclei import nuclei_by_unet  # noqa: E402
from immunostain.network.loading import load_on_processor  # noqa: E402


def main() -> None:
    """Print the average precision for each enlargement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images")
    parser.add_argument("labels")
    parser.add_argument("--only", help="a list such as resources/models/held_back/dsb2018.txt")
    parser.add_argument("--model", default=WORKFLOW / "resources" / "models" / "nuclei.safetensors")
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 2, 4, 8])
    arguments = parser.parse_args()
    network = load_on_processor(arguments.model)
    pairs = find_pairs("magnification", arguments.images, arguments.labels)
    if arguments.only:
        pairs = only_named("--only", pairs, read_names("--only", arguments.only))
    print(f"{len(pairs)} images\n\nenlarged   AP at IoU 0.5   AP at IoU 0.75")
    for factor in arguments.factors:
        totals = [NONE, NONE]
        for pair in pairs:
            picture, labels = read_pair(pair.picture, pair.labels)
            large = Image.fromarray(picture.astype(np.float32)).resize(
                (picture.shape[1] * factor, picture.shape[0] * factor), Image.Resampling.BICUBIC
            )
            found = nuclei_by_unet(network, np.asarray(large), None, 0.5, None, True)
            ious = overlaps(np.kron(labels, np.ones((factor, factor), labels.dtype)), found)
            totals = [t + agreement(ious, at) for t, at in zip(totals, (0.5, 0.75), strict=True)]
        ap50, ap75 = (total.average_precision for total in totals)
        print(f"{factor:>7}x   {ap50:13.3f}   {ap75:14.3f}", flush=True)


if __name__ == "__main__":
    main()
