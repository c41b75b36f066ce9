"""The example data, whose truth is known: what comes out is right, whole, and in its place."""

import csv
import json
import re
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from urllib.parse import unquote

import described
import numpy as np
import openpyxl
import pandas as pd
import pytest
import tifffile
import yaml
from browser import opened
from czi_files import EXAMPLE, ROOT
from example_truth import CHANNELS, STILLS, matched, nuclei_of
from PIL import Image
from pylibCZIrw import czi as pyczi

from immunostain.excel.meanings import FROM_THE_SHEET


@pytest.mark.parametrize("image", STILLS)
def test_stills_agree_with_the_truth(finished, image):
    truth = pd.read_csv(EXAMPLE / "truth" / f"{image}_nuclei.csv")
    truth = truth[~truth["touches_border"]].reset_index(drop=True)
    found = nuclei_of(finished, image)
    assert len(found) == len(truth)
    found = matched(truth, found)
    np.testing.assert_allclose(found["area_px"], truth["area_px"], rtol=0.05)
    for channel in CHANNELS:
        np.testing.assert_allclose(found[f"{channel}_sum"], truth[f"{channel}_sum"], rtol=0.02)


@pytest.mark.parametrize("image", STILLS)
def test_sums_equal_brute_force_over_the_label_image(finished, image):
    labels = tifffile.imread(finished.results / "labels" / image / "1of1" / "s000_t0000.tif")
    assert labels.dtype == np.uint32
    found = nuclei_of(finished, image)
    assert sorted(set(labels.ravel().tolist()) - {0}) == [n + 1 for n in found["nucleus_id"]]
    with pyczi.open_czi(str(EXAMPLE / f"{image}.czi")) as file:  # another reader than the library's
        for number, channel in enumerate(CHANNELS):
            pixels = file.read(plane={"C": number, "T": 0, "Z": 0})[..., 0].astype(object)
            for row in found.itertuples():
                assert getattr(row, f"{channel}_sum") == pixels[labels == row.nucleus_id + 1].sum()
                assert row.area_px == (labels == row.nucleus_id + 1).sum()


def test_crops_are_of_the_nuclei_that_they_name(finished):
    folder = finished.results / "crops"
    told = json.loads((folder / "crops.json").read_text(encoding="utf-8"))
    shown = pd.DataFrame(told["crops"])
    assert list(told["channels"]) == list(CHANNELS)
    assert {path.name for path in folder.glob("*.webp")} == set(shown["file"])
    table = pd.read_parquet(finished.results / "analysis_data" / "general_stats" / "nuclei.parquet")
    keys = ["image", "scene", "frame", "nucleus_id"]
    for channel, mine in shown.groupby("channel"):
        means = mine.merge(table, on=keys, validate="m:1")[f"{channel}_mean"]
        assert means.tolist() == mine["mean"].tolist()
        assert mine["mean"].min() == table[f"{channel}_mean"].min()
        assert mine["mean"].max() == table[f"{channel}_mean"].max()
        assert mine["kind"].value_counts().to_dict() == dict.fromkeys(
            ("dimmest", "median", "brightest"), 6
        )
    assert shown.loc[shown["channel"] == "DAPI", "image"].nunique() == 4


def test_every_nucleus_keeps_one_track(finished):
    truth = pd.read_csv(EXAMPLE / "truth" / "timelapse_1_nuclei.csv")
    found = nuclei_of(finished, "timelapse_1")
    tracks: dict[int, set[int]] = {}
    for frame, rows in truth.groupby("frame"):
        now = found[found["frame"] == frame]
        assert len(now) == len(rows)
        pairs = zip(rows["nucleus"], matched(rows, now)["track_id"], strict=True)
        for nucleus, track in pairs:
            tracks.setdefault(nucleus, set()).add(track)
    assert all(len(ids) == 1 for ids in tracks.values()), tracks
    daughters = set(truth.loc[truth["parent"].notna(), "nucleus"])
    apart = [ids for nucleus, ids in tracks.items() if nucleus not in daughters]
    assert len(set.union(*apart)) == len(apart)
    assert nuclei_of(finished, "still_1")["track_id"].isna().all()


def test_the_division_is_found(finished):
    truth = pd.read_csv(EXAMPLE / "truth" / "timelapse_1_nuclei.csv")
    folder = finished.results / "analysis_data" / "movement_tracking"
    tracks = pd.read_csv(folder / "timelapse_1_tracks.csv")
    (mother,) = truth["parent"].dropna().unique()
    begin = truth.loc[truth["parent"].notna(), "frame"].min()
    before = truth[(truth["nucleus"] == mother) & (truth["frame"] == begin - 1)]
    found = nuclei_of(finished, "timelapse_1")
    expected = matched(before, found[found["frame"] == begin - 1])["track_id"].tolist()
    assert tracks["parent_track_id"].dropna().unique().tolist() == expected
    daughters = tracks[tracks["parent_track_id"].notna()]
    assert daughters["track_id"].nunique() == 2 and daughters["frame"].min() == begin
    assert tracks.loc[tracks["track_id"] == expected[0], "frame"].max() == begin - 1


def test_a_track_has_the_same_number_everywhere(finished):
    folder = finished.results / "analysis_data" / "movement_tracking"
    tracks = pd.read_csv(folder / "timelapse_1_tracks.csv")
    found = nuclei_of(finished, "timelapse_1").set_index(["frame", "nucleus_id"])["track_id"]
    masks = tifffile.imread(folder / "exports" / "timelapse_1_tracks.ome.tif")
    assert masks.shape == (20, 320, 320) and masks.dtype == np.uint32
    stat = pd.read_excel(folder / "timelapse_1_movement_stat.xlsx")
    assert stat["Track id, #"].tolist() == tracks["track_id"].tolist()
    for row in tracks.itertuples():
        assert found[row.frame, row.nucleus_id] == row.track_id
        assert masks[row.frame, round(row.y_px), round(row.x_px)] == row.track_id
    assert set(np.unique(masks)) == {0, *tracks["track_id"]}
    motility = pd.read_csv(folder / "timelapse_1_motility.csv")
    assert set(motility["track_id"]) == set(tracks["track_id"])


def test_time_comes_from_the_file(finished):
    found = nuclei_of(finished, "timelapse_1")
    assert (found["time_s"] == 600 * found["frame"]).all()
    counts = finished.results / "analysis_data" / "nuclei_count" / "timelapse_1_time_point_stat.csv"
    table = pd.read_csv(counts)
    assert table["Minutes"].tolist() == [10 * frame for frame in range(20)]
    assert table["Number of nuclei"].tolist() == [11] * 8 + [12] * 12


def test_the_inventory_tells_how_good_the_pictures_are(finished):
    table = pd.read_csv(finished.results / "inventory.tsv", sep="\t").set_index("image")
    assert set(table.index) == {*STILLS, "timelapse_1"}
    for image, row in table.iterrows():
        nuclei = nuclei_of(finished, image)
        covered = row["frames"] * int(row["width_px"]) * int(row["height_px"])
        assert row["coverage_percent"] == round(100 * nuclei["area_px"].sum() / covered, 2)
        share = row["at_edge"] / (row["at_edge"] + row["nuclei"])
        assert row["at_edge_percent"] == round(100 * share, 2)
        least = [float(area) for area in str(row["minimum_area_px"]).split(" to ")]
        assert least[0] >= 50 and least[-1] <= nuclei["area_px"].min()
        assert 0.03 < row["focus"] < 0.06
        assert (nuclei.filter(like="_saturated_px").fillna(0) == 0).all(axis=None)
        assert "saturated" not in str(row["notes"])


def test_everything_is_there(finished):
    general, movement = "analysis_data/general_stats", "analysis_data/movement_tracking"
    expected = [
        "inventory.tsv",
        "provenance.yaml",
        "analysis_data/report.html",
        *(f"{general}/signal_quant_stat.{suffix}" for suffix in ("csv", "xlsx")),
        *(f"{general}/signal_avg_stat.{suffix}" for suffix in ("csv", "xlsx")),
        *(f"{general}/population_stat.{suffix}" for suffix in ("csv", "xlsx", "png")),
        *(f"{general}/nuclei.{suffix}" for suffix in ("csv", "parquet")),
        f"{movement}/timelapse_1_movement_stat.xlsx",
        f"{movement}/timelapse_1_tracks.csv",
        f"{movement}/timelapse_1_overall_movement.png",
    ]
    for image in [*STILLS, "timelapse_1"]:
        expected += [
            f"analysis_data/nuclei_count/{image}_time_point_stat.{suffix}"
            for suffix in ("csv", "xlsx", "png")
        ]
        frames = range(20 if image == "timelapse_1" else 1)
        channels = ["color", "DAPI"] if image == "timelapse_1" else ["color", *CHANNELS]
        expected += [
            f"analysis_data/nuclei_area_verification/{image}/{image}_{channel}_t-{frame}.png"
            for frame in frames
            for channel in channels
        ]
        expected += [f"labels/{image}/1of1/s000_t{frame:04d}.tif" for frame in frames]
    missing = [name for name in expected if not (finished.results / name).stat().st_size]
    assert not missing
    assert not (finished.results / "frames").exists()
    assert not list((finished.results / movement).glob("still*"))


def test_signal_quant_stat_has_the_columns_that_users_know(finished):
    stats = finished.results / "analysis_data" / "general_stats"
    with open(stats / "signal_quant_stat.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][:9] == [
        "Frame",
        "Image name",
        "Cell id, #",
        "Cell center coordinates, (x, y)",
        "Nucleus area, pixels",
        "DAPI, intensity",
        "AF488, intensity",
        "mCher, intensity",
        "Scene",
    ]
    blank = [number for number, row in enumerate(rows) if not any(row)]
    assert blank == [9, 20, 30]  # after 8, 10 and 9 nuclei
    for row in rows[1:]:
        if any(row):
            assert re.fullmatch(r"\(\d+, \d+\)", row[3]) and row[5].isdigit()
            assert (row[6] == "") == (row[1] == "timelapse_1")
    sheet = openpyxl.load_workbook(stats / "signal_quant_stat.xlsx").active
    assert [cell.value for cell in sheet[1]] == rows[0]
    assert sheet["F2"].value == int(rows[1][5])
    assert sheet.max_row == len(rows)


def test_movement_stat_lists_the_position_of_each_nucleus_per_frame(finished):
    path = (
        finished.results / "analysis_data" / "movement_tracking" / "timelapse_1_movement_stat.xlsx"
    )
    table = pd.read_excel(path)
    tracks = pd.read_csv(path.with_name("timelapse_1_tracks.csv"))
    assert len(table) == len(tracks) == len(nuclei_of(finished, "timelapse_1"))
    np.testing.assert_allclose(table["Cell center x, pixels"], tracks["x_px"], atol=0.005)
    np.testing.assert_allclose(tracks["x_um"], tracks["x_px"] * 0.5)


def test_provenance_tells_what_was_used(finished):
    provenance = yaml.safe_load((finished.results / "provenance.yaml").read_text())
    assert provenance["config"]["segmentation"]["threshold"]["level"] == 50
    assert "email" not in provenance["config"]
    assert provenance["packages"]["aicspylibczi"]
    assert provenance["immunostain"]["version"]


def test_logs_say_what_was_done(finished):
    log = (finished.results / "logs" / "label_nuclei" / "still_1" / "1of1.log").read_text()
    assert "nuclear channel: DAPI" in log and "0.13" in log
    log = (finished.results / "logs" / "label_nuclei" / "timelapse_1" / "1of1.log").read_text()
    assert "frame 19: 12 nuclei" in log and "stretched" in log


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[str] = []
        self.places: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for key, value in attrs if key in ("href", "src", "data-beside")]
        self.places += [value for key, value in attrs if key == "id"]


def test_links_of_the_report_lead_somewhere(finished):
    page = finished.results / "analysis_data" / "report.html"
    links = _Links()
    links.feed(page.read_text(encoding="utf-8"))
    within = {link[1:] for link in links.found if link.startswith("#")}
    assert within <= set(links.places)
    files = {
        (page.parent / unquote(link)).resolve()
        for link in links.found
        if not link.startswith(("data:", "#"))
    }
    assert all(file.is_file() for file in files)
    data = page.parent.resolve()
    pictures = [f"nuclei_area_verification/{i}/{i}_color_t-0.png" for i in [*STILLS, "timelapse_1"]]
    assert {data / picture for picture in pictures} <= files
    for kind in ("movement_tracking/*.png", "movement_tracking/*.mp4", "general_stats/plots/*.png"):
        assert {*data.glob(kind)} <= files


def test_the_report_in_a_browser(finished, chromium):
    page_file = finished.results / "analysis_data" / "report.html"
    with open(page_file.parent / "general_stats" / "nuclei.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    with opened(chromium, page_file, viewport={"width": 400, "height": 800}) as page:
        page.locator("#explore").scroll_into_view_if_needed()
        page.locator("#explore[data-ready]").wait_for()
        page.locator("#one-image").select_option("timelapse_1")
        page.locator("#one-nucleus").select_option(label="frame 3, nucleus 5")
        values = page.locator("#nucleus-values > div").evaluate_all(
            "all => all.map(e => [e.dataset.column, e.querySelector('dd').textContent])"
        )
        (row,) = (
            row
            for row in rows
            if (row["image"], row["frame"], row["nucleus_id"]) == ("timelapse_1", "3", "5")
        )
        assert dict(values).items() <= row.items() and dict(values)["DAPI_sum"] == row["DAPI_sum"]
        page.locator("#nucleus-crop img").wait_for()
        # Pictures and the movie beside the page take the place of their links.
        page.locator("#time .movement").scroll_into_view_if_needed()
        page.locator("#time .movement img").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


# When a file of docs/results.md is there, of all that is told there: in these cases it is here.
HERE = {"always", "quantification", "tracking", "timelapses", "a division", "nuclei at the edge"}
HERE |= {"timelapses, with movie", "timelapses, with exports"}
IMAGE = r"still_\d|timelapse_1"


def test_every_file_is_described_and_what_is_described_is_there(finished):
    told = described.files()
    paths = [path for path in finished.results.rglob("*") if path.is_file()]
    names = [str(path.relative_to(finished.results)) for path in paths]
    describing = {name: [f for f in told if f.fits(name, IMAGE)] for name in names}
    assert not [name for name, files in describing.items() if not files]
    found = {file.pattern for files in describing.values() for file in files}
    assert found == {file.pattern for file in told if file.when in HERE}


def test_every_column_is_described(finished):
    told = described.files()
    tables = [
        path
        for kind in ("csv", "tsv", "xlsx")
        for path in finished.results.glob(f"**/*.{kind}")
        if path.relative_to(finished.results).parts[0] in ("analysis_data", "inventory.tsv")
    ]
    assert len(tables) > 20
    for path in tables:
        name = str(path.relative_to(finished.results))
        (section,) = {file.section for file in told if file.fits(name, IMAGE)}
        if path.suffix == ".xlsx":
            workbook = openpyxl.load_workbook(path)
            columns = [cell.value for cell in workbook.active[1]]
            _, *told_here = workbook["columns"].iter_rows(values_only=True)
            assert [row[0] for row in told_here] == columns
            assert not [row for row in told_here if row[2] in (None, FROM_THE_SHEET)], name
        else:
            with open(path, newline="", encoding="utf-8") as file:
                columns = next(csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
        known = described.columns(section)
        unknown = [c for c in columns if not any(re.fullmatch(k, c) for k in known)]
        assert not unknown, name


def test_the_pictures_of_the_readme_can_be_made_again(finished, tmp_path):
    script = ROOT / "docs" / "pictures" / "make_pictures.py"
    subprocess.run([sys.executable, script, finished.results, tmp_path], check=True)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"docs/pictures/([^)]+\.png)", readme))
    assert {path.name for path in tmp_path.iterdir()} == shown
    for name in shown:
        with Image.open(tmp_path / name) as picture:
            assert picture.size == (400, 400) and len(picture.convert("RGB").getcolors()) > 200
        assert (tmp_path / name).stat().st_size < 150_000


def test_a_second_run_has_nothing_to_do(finished, tmp_path):
    assert "Nothing to be done" in finished.copy(tmp_path / "copy").finish()


def test_snakemake_s_own_report(finished, tmp_path):
    """With captions, categories and labels, and small enough for a mail."""
    path = tmp_path / "report.zip"
    finished.copy(tmp_path / "copy").finish("--report", str(path))
    assert path.stat().st_size < 20_000_000
    with zipfile.ZipFile(path) as report:
        files = [name.rpartition("/")[2] for name in report.namelist()]
        page = report.read("report/report.html").decode()
    (told,) = re.findall(r"var results = (\{.*\});?$", page, re.MULTILINE)
    results = json.loads(told).values()
    movement = {f"motility_{name}" for name in ("by_image.csv", "by_track.csv", "msd.csv")}
    movement |= {"motility_msd.png", "motility_speeds.png", "timelapse_1_movie.mp4"}
    plots = ("rose", "speeds", "msd", "lineages", "overall_movement")
    movement |= {f"timelapse_1_{plot}.png" for plot in plots}
    others = {"report.html", "inventory.tsv", "population_stat.png"}
    others |= {"positive_levels.csv", "signal_avg_stat.csv", "summary_by_image.csv"}
    general = finished.results / "analysis_data" / "general_stats"
    others |= {path.name for path in general.glob("plots/*.png")}
    assert sorted(result["name"] for result in results) == sorted(movement | others)
    assert sorted(files) == sorted([*movement, *others, "report.html"])
    assert {
        result["labels"]["file"] for result in results if "file" in result["labels"]
    } == movement
    assert all(result["caption"] and result["labels"] for result in results)
    (told,) = re.findall(r"var categories = (\{.*\});?$", page, re.MULTILINE)
    assert {*json.loads(told)} == {"Images", "Stains", "Population", "Movement", "Report"}
