"""Label images and sets of ROIs, opened in the real ImageJ."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from immunostain.exports.rois import Stack, rois_of_frame, write_rois
from immunostain.shared.tiff import write_tiff

JAR = "/usr/share/java/ij.jar"  # of Debian's package imagej
TOOLS = ["java", "xvfb-run"]

# Opens all, and paints into an empty picture, for each ROI, its name + 1 on what it encloses.
MACRO = """\
folder = getArgument();
told = File.open(folder + "told.txt");
sizes = newArray("known", "large", "unknown");
for (i = 0; i < sizes.length; i++) {
    open(folder + sizes[i] + ".tif");
    getPixelSize(unit, width, height);
    print(told, unit + " " + d2s(width, 9) + " " + d2s(height, 9));
    if (i == 0) saveAs("Tiff", folder + "values.tif");
    close();
}
kinds = newArray("still", "far");
widths = newArray(WIDTH, 70010);
for (k = 0; k < kinds.length; k++) {
    roiManager("reset");
    roiManager("Open", folder + kinds[k] + ".zip");
    print(told, roiManager("count"));
    newImage("painted", "32-bit black", widths[k], HEIGHT, 1);
    for (i = 0; i < roiManager("count"); i++) {
        roiManager("select", i);
        run("Add...", "value=" + (parseInt(Roi.getName) + 1));
    }
    run("Select None");
    saveAs("Tiff", folder + kinds[k] + "_painted.tif");
    close();
}
kinds = newArray("hyperstack", "stack");
channels = newArray(2, 1);
for (k = 0; k < kinds.length; k++) {
    roiManager("reset");
    roiManager("Open", folder + kinds[k] + ".zip");
    newImage("frames", "8-bit black", WIDTH, HEIGHT, channels[k], 1, 3);
    for (i = 0; i < roiManager("count"); i++) {
        roiManager("select", i);
        Stack.getPosition(channel, slice, frame);
        print(told, Roi.getName + " " + frame + " " + Roi.getGroup);
    }
    close();
}
File.close(told);
"""


def labels_of_all_kinds() -> np.ndarray:
    """Draw nuclei in pieces, with holes, that meet at corners, of a pixel, at the edge."""
    labels = np.zeros((30, 40), np.uint32)
    labels[:, :20] = np.random.default_rng(1).integers(0, 6, (30, 20))
    labels[2:9, 22:30] = 9
    labels[4:6, 24:26] = labels[4, 27] = labels[5, 28] = 0
    labels[[12, 13, 14], [22, 23, 22]] = 12
    labels[20, 25] = 15
    labels[22:, 30:] = 70_000
    return labels


@pytest.fixture(scope="module")
def imagej(tmp_path_factory):
    """Give a folder of files, opened in ImageJ, and what it told of them."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or not Path(JAR).exists():
        pytest.skip(f"{' and '.join(missing) or 'ImageJ (imagej)'} is not installed")
    folder = tmp_path_factory.mktemp("imagej")
    labels = labels_of_all_kinds()
    sizes = {"known": (0.325, 0.65), "large": (25.5, 25.5), "unknown": None}
    for name, size in sizes.items():
        write_tiff(folder / f"{name}.tif", labels, size)
    far = np.zeros((labels.shape[0], 70_010), np.uint8)
    far[2, [32_766, 32_767]] = far[3:6, 40_000:40_003] = far[7:9, 70_000:70_002] = 1
    far[10, 40_000], far[12, 20] = 2, 3
    still = Stack(1, 1, True)
    write_rois(folder / "still.zip", rois_of_frame(labels, 0, 0, still))
    write_rois(folder / "far.zip", rois_of_frame(far, 0, 0, still))
    np.save(folder / "far.npy", far)
    for name, is_hyperstack in {"hyperstack": True, "stack": False}.items():
        stack = Stack(2, 3, is_hyperstack)
        rois = [roi for t in (0, 2) for roi in rois_of_frame(labels == 9, 1, t, stack)]
        write_rois(folder / f"{name}.zip", rois)
    macro = folder / "macro.ijm"
    height, width = labels.shape
    macro.write_text(MACRO.replace("WIDTH", str(width)).replace("HEIGHT", str(height)))
    command = ["xvfb-run", "-a", "java", "-cp", JAR, "ij.ImageJ", "-batch", macro, f"{folder}/"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder, (folder / "told.txt").read_text(encoding="utf-8").splitlines()


def painted(path):
    return np.asarray(Image.open(path))


def test_label_images_have_the_size_of_a_pixel_and_their_values(imagej):
    folder, told = imagej
    assert told[0] in {"µm 0.325000000 0.650000000", "microns 0.325000000 0.650000000"}
    assert told[1] == "cm 0.002550000 0.002550000"
    assert told[2].split()[-2:] == ["1.000000000", "1.000000000"]
    assert np.array_equal(painted(folder / "values.tif"), labels_of_all_kinds())


def test_each_roi_encloses_exactly_its_nucleus(imagej):
    folder, told = imagej
    labels = labels_of_all_kinds()
    assert told[3] == str(np.unique(labels).size - 1)
    assert np.array_equal(painted(folder / "still_painted.tif"), labels)


def test_far_out_in_a_large_picture_too(imagej):
    folder, told = imagej
    assert told[4] == "3"
    assert np.array_equal(painted(folder / "far_painted.tif"), np.load(folder / "far.npy"))


def test_selecting_a_roi_shows_its_frame_and_its_group_is_its_scene(imagej):
    _, told = imagej
    assert told[5:] == ["s001_t0000_0 1 2", "s001_t0002_0 3 2"] * 2
