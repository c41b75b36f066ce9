"""Make the pictures of docs/choosing-settings.md from the preview of the example images.

python docs/pictures/make_preview_pictures.py [PREVIEW_PAGE] [WHERE_THEY_GO]

It needs Debian's chromium and what requirements-test.lock installs.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
WIDTH, HEIGHT = 1200, 800  # pixels of the window
COLOURS = 128
# Each picture, and what is chosen on it.
SHOWN = {
    "preview.png": {"segmentation.method": "unet"},
    "preview-threshold.png": {
        "segmentation.method": "threshold",
        "segmentation.threshold.level": 100,
    },
}


def part_shown(page: Page) -> dict[str, float]:
    """Give the part of the page with the picture and its controls, all of them."""
    boxes = [page.locator(name).bounding_box() for name in (".tools", "#controls .actions")]
    bottom = max(box["y"] + box["height"] for box in boxes if box)
    return {"x": 0, "y": 0, "width": WIDTH, "height": bottom + 12}


def write_small(shot: bytes, path: Path) -> None:
    """Write a screenshot as PNG in few colours, without dots that look like noise."""
    with Image.open(io.BytesIO(shot)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def make_pictures(page_file: Path, folder: Path) -> None:
    """Write ``preview.png`` and ``preview-threshold.png``.

    Parameters
    ----------
    page_file
        The page that `snakemake preview` has written of the example images.
    folder
        Where the pictures go.
    """
    size = {"width": WIDTH, "height": HEIGHT}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport=size)
        page.goto(page_file.absolute().as_uri())
        page.locator("body[data-ready]").wait_for()
        for name, chosen in SHOWN.items():
            for key, value in chosen.items():
                page.evaluate("pair => window.preview.settings.set(...pair)", [key, value])
            shot = page.screenshot(clip=part_shown(page), full_page=True)
            write_small(shot, folder / name)
        browser.close()


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:3]]
    make_pictures(*given, *[Path("results/preview.html"), HERE][len(given) :])
