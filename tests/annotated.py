"""Annotated pictures for the tests of training and evaluation."""

from pathlib import Path

import numpy as np
import tifffile
from scipy import ndimage


def discs_with_labels(seed, radius=7, shape=(80, 88), spacing=20):
    """Draw discs on a loose grid: a picture, (Y, X) uint16, and its labels, (Y, X) uint8."""
    random = np.random.default_rng(seed)
    y, x = np.indices(shape)
    labels = np.zeros(shape, np.uint8)
    for top in range(spacing // 2, shape[0] - spacing // 4, spacing):
        for left in range(spacing // 2, shape[1] - spacing // 4, spacing):
            cy, cx = top + random.uniform(-2, 2), left + random.uniform(-2, 2)
            inside = (y - cy) ** 2 + (x - cx) ** 2 <= radius**2
            labels[inside & (labels == 0)] = labels.max() + 1
    bright = ndimage.gaussian_filter((labels > 0).astype(float), 1)
    picture = 200 + 3000 * bright + random.normal(0, 40, shape)
    return picture.clip(0).astype(np.uint16), labels


def write_annotated(folder: Path, names, **options):
    """Write pictures and label images into two folders and give their paths."""
    for part in ("pictures", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(names):
        picture, labels = discs_with_labels(seed, **options)
        tifffile.imwrite(folder / "pictures" / f"{name}.tif", picture)
        tifffile.imwrite(folder / "labels" / f"{name}.tif", labels)
    return str(folder / "pictures"), str(folder / "labels")


def write_names(folder: Path):
    """Write empty pictures and label images a to d; give the folders. ``names.txt`` has b and d."""
    for part in ("pictures", "labels"):
        (folder / part).mkdir()
        for name in "abcd":
            (folder / part / f"{name}.tif").touch()
    (folder / "names.txt").write_text("b\nd\n")
    return [str(folder / part) for part in ("pictures", "labels")]
