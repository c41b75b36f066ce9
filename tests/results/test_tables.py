"""The tables that users open."""

import csv
import itertools

import numpy as np
import openpyxl
import pandas as pd
import pytest
from skimage.filters import threshold_otsu

from immunostain.images.facts import (
    MeasuredFile,
    MeasuredFrame,
    Signal,
    unreadable,
    write_facts,
)
from immunostain.measuring.columns import CHANNEL_COLUMNS, nucleus_columns
from immunostain.measuring.measure_chunk import write_chunk
from immunostain.results import images_analysed, nuclei_table, stat_tables, writers
from immunostain.samples.columns import add_sample_columns
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.shared.errors import SettingsError

NO_SHEET = SampleSheet()


def nucleus(number, channels, **changes):
    """Give a row as a chunk's measurements have it; each channel's sum is given."""
    row = {
        "scene": 0,
        "frame": 0,
        "time_s": 0.0,
        "nucleus_id": number,
        "x_px": 10.4 + number,
        "y_px": 20.6,
        "area_px": 300 + number,
        "perimeter_px": 61.23456,
        "eccentricity": 0.5,
        "touches_border": False,
    }
    for name, value in channels.items():
        row |= {f"{name}_sum": value, f"{name}_mean": value / (300 + number)}
    return row | changes


class Results:
    """Chunks of measurements, written as the workflow does."""

    def __init__(self, folder):
        self.folder = folder
        self.chunks, self.facts, self.tracks = {}, {}, {}

    def add(self, image, channels, *chunks, times=None):
        """Write chunks, each with a list of rows per frame; frames of all chunks count on."""
        files, number = [], itertools.count()
        for index, chunk in enumerate(chunks, 1):
            frames, rows = [], []
            for mine in chunk:
                frame = next(number)
                seconds = times[frame] if times else None
                signal = {
                    name: Signal(10**6, sum(row[f"{name}_sum"] for row in mine))
                    for name in channels
                }
                area = sum(row["area_px"] for row in mine)
                frames.append(MeasuredFrame(0, frame, seconds, len(mine), area, signal))
                rows += [{**row, "frame": frame, "time_s": seconds} for row in mine]
            facts = MeasuredFile(channels=tuple(channels), frames=tuple(frames))
            table = self.folder / f"{image}_{index}.csv"
            write_chunk(str(table), str(table.with_suffix(".json")), rows, facts)
            files.append(str(table))
        self.chunks[image] = files
        self.facts, self.renamed = images_analysed.read_analysed(
            {i: [f"{f[:-4]}.json" for f in files] for i, files in self.chunks.items()}
        )

    @property
    def channels(self):
        return images_analysed.all_channels(self.facts)

    def levels(self, positive, sheet=NO_SHEET):
        return nuclei_table.positive_levels(positive, self.chunks, self.facts, sheet)

    def parts(self, sheet=NO_SHEET, positive=None):
        levels = self.levels(positive or {}, sheet)
        return list(nuclei_table.nuclei_tables(self.chunks, self.tracks, self.facts, sheet, levels))

    def nuclei(self, sheet=NO_SHEET, positive=None):
        return pd.concat(self.parts(sheet, positive), ignore_index=True)

    def quant(self, sheet=NO_SHEET, positive=None):
        path = str(self.folder / "nuclei.parquet")
        with writers.parquet_file(path) as append:
            for part in self.parts(sheet, positive):
                append(part)
        measured, read = writers.read_parquet(path)
        signal = stat_tables.signal_by_parts(read, self.channels, sheet.columns, measured)
        return pd.concat([quant for quant, _ in signal], ignore_index=True)

    def average(self, sheet=NO_SHEET):
        frames = stat_tables.frames_table(self.facts)
        densities = pd.concat(stat_tables.mean_densities(p, self.channels) for p in self.parts())
        return stat_tables.signal_avg_stat(frames, densities, self.channels, sheet)


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path)


def test_columns_of_the_table_of_stains_in_this_order_and_wording(results):
    results.add("a", ["DAPI", "GFP"], [[nucleus(0, {"DAPI": 5, "GFP": 6})]])
    assert list(results.quant().columns) == [
        "Frame",
        "Image name",
        "Cell id, #",
        "Cell center coordinates, (x, y)",
        "Nucleus area, pixels",
        "DAPI, intensity",
        "GFP, intensity",
        "Scene",
        "Track id, #",
        "Nucleus perimeter, pixels",
        "DAPI, density",
        "GFP, density",
    ]


def written(results, table):
    path = results.folder / "table.csv"
    writers.write_csv(str(path), table)
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_row_of_the_table_of_stains(results):
    results.add("plate 1__ü", ["DAPI"], [[nucleus(0, {"DAPI": 65535 * 300})]])
    _, row = written(results, results.quant())
    assert row[:6] == ["0", "plate 1__ü", "0", "(10, 21)", "300", "19660500"]
    assert row[6:] == ["0", "", "61.23", "65535"]


def test_a_blank_row_between_images_and_nowhere_else(results):
    results.add("a", ["DAPI"], [[nucleus(n, {"DAPI": n}) for n in range(2)]] * 2)
    results.add("none", ["DAPI"], [[]])
    results.add("b", ["DAPI"], [[nucleus(0, {"DAPI": 9})]])
    results.add("c", ["DAPI"], [[nucleus(0, {"DAPI": 9})]])
    _, *rows = written(results, results.quant())
    assert [row[1] for row in rows] == ["a"] * 4 + ["", "b", "", "c"]
    assert all(not any(row) for row in rows if not row[1])


def test_channels_go_by_name_and_an_image_that_lacks_one_has_blanks(results):
    results.add("a", ["DAPI", "GFP"], [[nucleus(0, {"DAPI": 1, "GFP": 2})]])
    results.add("b", ["mCher", "DAPI"], [[nucleus(0, {"mCher": 3, "DAPI": 4})]])
    header, *rows = written(results, results.quant())
    place = [header.index(f"{name}, intensity") for name in ("DAPI", "GFP", "mCher")]
    assert place == [5, 6, 7]
    assert [[row[p] for p in place] for row in rows if row[1]] == [["1", "2", ""], ["4", "", "3"]]


@pytest.mark.parametrize("value", [2**31, 2**32 + 1, 2**40 + 1, 2**53 - 1])
def test_large_sums_stay_exact_whole_numbers_beside_blanks(results, value):
    results.add("a", ["DAPI", "GFP"], [[nucleus(0, {"DAPI": value, "GFP": 1})]])
    results.add("b", ["GFP"], [[nucleus(0, {"GFP": 2})]])
    nuclei = results.nuclei()
    assert str(nuclei["DAPI_sum"].dtype) == "Int64"
    assert nuclei["DAPI_sum"].tolist() == [value, pd.NA]
    _, row, _, other = written(results, results.quant())
    assert row[5] == str(value)
    assert other[5] == ""


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), float("nan")])
@pytest.mark.parametrize("sums", [[7, 2**40 + 1], [7.5, 2**40 + 1]])
def test_a_sum_that_is_no_number_is_blank_and_costs_no_other(results, value, sums):
    """As of a nucleus with an infinite pixel; the picture's total is none either."""
    results.add("a", ["DAPI"], [[nucleus(0, {"DAPI": value}), nucleus(1, {"DAPI": sums[0]})]])
    results.add("b", ["DAPI"], [[nucleus(0, {"DAPI": sums[1]})]])
    expected = ["", str(sums[0]), str(2**40 + 1)]
    header, *rows = written(results, results.nuclei())
    assert [row[header.index("DAPI_sum")] for row in rows] == expected
    assert rows[0][header.index("DAPI_mean")] == ""
    _, *rows = written(results, results.quant())
    assert [row[5] for row in rows if row[1]] == expected
    average = results.average()
    header, *rows = written(results, average)
    assert [row[header.index("DAPI, total signal")] for row in rows] == ["1000000"] * 2
    assert [row[header.index("DAPI, nuclear signal")] for row in rows] == ["", str(2**40 + 1)]
    assert float(rows[0][header.index("DAPI, mean density")]) == round(sums[0] / 301, 3)
    for table in (results.nuclei(), results.quant(), average):
        writers.write_xlsx(str(results.folder / "t.xlsx"), table, "t")


def test_sums_beyond_all_integers(results):
    """They cost the exact ones of other images no digit."""
    results.add("a", ["DAPI"], [[nucleus(0, {"DAPI": 1e30})]])
    results.add("b", ["DAPI"], [[nucleus(0, {"DAPI": 2**53 - 1})]])
    _, first, _, second = written(results, results.quant())
    assert (first[5], second[5]) == ("1e+30", str(2**53 - 1))
    header, *rows = written(results, results.average())
    sums = [row[header.index("DAPI, nuclear signal")] for row in rows]
    assert sums == ["1e+30", str(2**53 - 1)]


def test_channels_of_two_images_that_would_share_a_column(results):
    ring = {"GFP_perinuclear_sum": 5, "perinuclear_area_px": 9}
    results.add("a", ["GFP"], [[nucleus(0, {"GFP": 300}, **ring)]])
    results.add("b", ["GFP_perinuclear"], [[nucleus(0, {"GFP_perinuclear": 600})]])
    assert results.renamed == {"GFP_perinuclear": "GFP_perinuclear (2)"}
    nuclei = results.nuclei()
    columns = ["GFP_sum", "GFP_perinuclear_sum", "GFP_perinuclear (2)_sum"]
    assert nuclei[columns].fillna(0).to_numpy().tolist() == [[300, 5, 0], [0, 0, 600]]
    quant = results.quant()
    columns = ["GFP, intensity", "GFP, perinuclear intensity", "GFP_perinuclear (2), intensity"]
    assert quant[columns].fillna(0).to_numpy().tolist() == [[300, 5, 0], [0, 0, 0], [0, 0, 600]]
    average = results.average()
    assert average["GFP_perinuclear (2), mean density"].tolist()[1] == 2
    assert average["GFP_perinuclear (2), nuclear signal"].tolist() == [pd.NA, 600]


def test_chunks_are_put_together_in_order(results):
    chunks = [[[nucleus(n, {"DAPI": n}) for n in range(3)]], [[]], [[nucleus(0, {"DAPI": 7})]]]
    results.add("a", ["DAPI"], *chunks)
    nuclei = results.nuclei()
    assert nuclei["frame"].tolist() == [0, 0, 0, 2]
    assert nuclei["nucleus_id"].tolist() == [0, 1, 2, 0]


def test_columns_of_the_tidy_table(results):
    results.add("a", ["DAPI"], [[nucleus(0, {"DAPI": 5})]])
    assert list(results.nuclei().columns) == [
        "image",
        "scene",
        "frame",
        "time_s",
        "nucleus_id",
        "track_id",
        "x_px",
        "y_px",
        "area_px",
        "area_um2",
        "perimeter_px",
        "eccentricity",
        "touches_border",
        "perinuclear_area_px",
        "DAPI_sum",
        "DAPI_mean",
        "DAPI_background_corrected_sum",
        "DAPI_perinuclear_sum",
        "DAPI_saturated_px",
    ]
    assert nucleus_columns(["DAPI"])[-5:] == list(results.nuclei().columns)[-5:]


@pytest.fixture
def many(results):
    """Give images of which no two are alike, with chunks that have no nuclei among them."""
    results.add("a", ["DAPI", "GFP"], [[nucleus(n, {"DAPI": n, "GFP": n}) for n in range(3)]])
    results.add("b", ["DAPI"], [[nucleus(0, {"DAPI": 2**40 + 1})]], [[]], [[]])
    results.add("none", ["GFP"], [[]], [[]])
    late = nucleus(1, {"mCher": 2.5}, perinuclear_area_px=7, mCher_perinuclear_sum=3)
    results.add("c", ["mCher"], [[]], [[nucleus(0, {"mCher": 1}), late]], [[late]])
    path = results.folder / "c.tracks"
    path.write_text("scene,track_id,frame,nucleus_id\n0,1,1,0\n0,2,1,1\n0,2,2,1\n")
    results.tracks = {"c": str(path)}
    return results


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_few_rows_at_a_time_make_the_same_tables(many, monkeypatch, rows):
    sheet = SampleSheet(("dose", "drug"), {"a": ("5", "x"), "c": ("0.5", ""), "none": ("7", "y")})
    (whole,), quant, average = many.parts(sheet), many.quant(sheet), many.average(sheet)
    monkeypatch.setattr(nuclei_table, "ROWS_AT_A_TIME", rows)
    parts = many.parts(sheet)
    assert len(parts) > 1
    assert all(part.dtypes.equals(whole.dtypes) for part in parts)
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    for table, same in ((quant, many.quant(sheet)), (average, many.average(sheet))):
        assert written(many, same) == written(many, table)


def test_tables_that_are_appended_make_the_files_of_one_table(many, monkeypatch):
    whole = many.nuclei()
    monkeypatch.setattr(nuclei_table, "ROWS_AT_A_TIME", 1)
    monkeypatch.setattr(writers, "EXCEL_ROWS", 4)
    paths = [(many.folder / f"{name}.csv", many.folder / f"{name}.xlsx") for name in "ab"]
    with (
        writers.csv_file(str(paths[0][0])) as to_csv,
        writers.xlsx_file(str(paths[0][1]), "t") as to_xlsx,
    ):
        for part in many.parts():
            to_csv(part)
            to_xlsx(part)
    writers.write_csv(str(paths[1][0]), whole)
    writers.write_xlsx(str(paths[1][1]), whole, "t")
    assert paths[0][0].read_bytes() == paths[1][0].read_bytes()
    assert cells(paths[0][1]) == cells(paths[1][1])
    assert [len(sheet) for sheet in cells(paths[0][1]).values()] == [4, 4, 2]


def test_track_ids_go_to_their_nuclei(results):
    results.add("a", ["DAPI"], [[nucleus(n, {"DAPI": n}) for n in range(2)] for _ in range(2)])
    results.add("still", ["DAPI"], [[nucleus(0, {"DAPI": 5})]])
    track_files = {"a": results.folder / "a.tracks", "still": results.folder / "still.tracks"}
    track_files["a"].write_text(
        "scene,track_id,frame,nucleus_id\n0,0,0,1\n0,0,1,0\n0,1,0,0\n0,1,1,1\n"
    )
    track_files["still"].write_text("scene,frame,nucleus_id,track_id,parent_track_id\n")
    results.tracks = {image: str(path) for image, path in track_files.items()}
    assert results.nuclei()["track_id"].tolist() == [1, 0, 0, 1, pd.NA]
    _, *rows = written(results, results.quant())
    assert [row[7] for row in rows] == ["1", "0", "0", "1", "", ""]


@pytest.mark.parametrize("images", [0, 1, 2])
def test_no_nuclei_at_all_gives_full_headers(results, images):
    for number in range(images):
        results.add(f"image {number}", ["DAPI", "GFP"], [[]])
    channels = ["DAPI", "GFP"] if images else []
    nuclei = results.nuclei()
    assert len(nuclei) == 0
    names = nucleus_columns(channels)
    assert list(nuclei.columns) == ["image", *names[:4], "track_id", *names[4:]]
    assert len(results.quant()) == 0
    average = results.average()
    assert average["Number of nuclei"].tolist() == [0] * images
    assert (
        len(stat_tables.population_stat(stat_tables.frames_table(results.facts), NO_SHEET))
        == images
    )
    for table in (nuclei, results.quant(), average):
        assert written(results, table)[0] == list(table.columns)
        writers.write_xlsx(str(results.folder / "t.xlsx"), table, "table")


def test_averages_per_frame(results):
    results.add(
        "a",
        ["DAPI"],
        [[nucleus(0, {"DAPI": 600}), nucleus(100, {"DAPI": 1200})], []],
        times=[0, 90],
    )
    results.add("b", ["GFP"], [[nucleus(0, {"GFP": 900})]])
    average = results.average()
    assert average["Frame"].tolist() == [0, 1, 0]
    assert average["Image name"].tolist() == ["a", "a", "b"]
    assert average["Minutes"].tolist()[:2] == [0, 1.5]
    assert np.isnan(average["Minutes"].tolist()[2])
    assert average["Number of nuclei"].tolist() == [2, 0, 1]
    assert average["Total nuclear area, pixels"].tolist() == [700, 0, 300]
    density = average["DAPI, mean density"].tolist()
    assert density[0] == (600 / 300 + 1200 / 400) / 2
    assert np.isnan(density[1:]).all()
    assert average["DAPI, total signal"].tolist() == [10**6, 10**6, pd.NA]
    assert average["DAPI, nuclear signal"].tolist() == [1800, 0, pd.NA]
    assert average["DAPI, non-nuclear signal"].tolist() == [10**6 - 1800, 10**6, pd.NA]
    assert average["GFP, non-nuclear signal"].tolist() == [pd.NA, pd.NA, 10**6 - 900]


def test_population(results):
    results.add("a", ["DAPI"], [[nucleus(0, {"DAPI": 1})], []], times=[0, 600])
    results.add("none", ["DAPI"], [[]])
    population = stat_tables.population_stat(stat_tables.frames_table(results.facts), NO_SHEET)
    assert written(results, population) == [
        ["Image name", "Scene", "Frame", "Minutes", "Number of nuclei"],
        ["a", "0", "0", "0", "1"],
        ["a", "0", "1", "10", "0"],
        ["none", "0", "0", "", "0"],
    ]


# ---- the sample sheet's columns ----

SHEET = SampleSheet(("dose", "drug"), {"a": ("5", "x"), "b": ("", "=SUM(A1)"), "z": ("7", "y")})


def test_columns_of_the_sample_sheet_are_joined_by_image(results):
    for image in ("a", "b", "c"):
        results.add(image, ["DAPI"], [[nucleus(0, {"DAPI": 1}), nucleus(1, {"DAPI": 1})]])
    nuclei = results.nuclei(SHEET)
    assert nuclei["drug"].tolist()[:4] == ["x", "x", "=SUM(A1)", "=SUM(A1)"]
    assert nuclei["drug"].isna().tolist() == [False] * 4 + [True] * 2
    assert nuclei["dose"].tolist()[:2] == [5, 5]
    assert nuclei["dose"].isna().tolist() == [False, False, True, True, True, True]
    header, *rows = written(results, results.quant(SHEET))
    assert header[-2:] == ["dose", "drug"]
    assert [row[-1] for row in rows] == ["x", "x", "", "'=SUM(A1)", "'=SUM(A1)", "", "", ""]
    assert list(results.average(SHEET).columns)[-2:] == ["dose", "drug"]


def test_a_column_with_a_text_among_numbers_stays_text(results):
    for image in ("a", "b"):
        results.add(image, ["DAPI"], [[nucleus(0, {"DAPI": 1})]])
    nuclei = results.nuclei(SampleSheet(("dose",), {"a": ("5",), "b": ("high",)}))
    assert nuclei["dose"].tolist() == ["5", "high"]


def test_the_sample_sheet_of_no_nuclei(results):
    results.add("a", ["DAPI"], [[]])
    assert list(results.nuclei(SHEET).columns)[-2:] == ["dose", "drug"]
    assert list(results.quant(SHEET).columns)[-2:] == ["dose", "drug"]


@pytest.mark.parametrize("name", ["DAPI_sum", "x_px"])
def test_the_sample_sheet_replaces_no_measurement(results, name):
    results.add("a", ["DAPI"], [[nucleus(0, {"DAPI": 1})]])
    with pytest.raises(SettingsError, match=f"sample_sheet: .*{name}"):
        results.nuclei(SampleSheet((name,), {"a": ("999",)}))


def test_nor_one_that_only_the_table_of_stains_has(results):
    results.add("a", ["DAPI"], [[nucleus(0, {"DAPI": 1})]])
    with pytest.raises(SettingsError, match="a column named DAPI, intensity, as the results have"):
        results.quant(SampleSheet(("DAPI, intensity",), {"a": ("999",)}))


# ---- for Excel ----


def cells(path):
    workbook = openpyxl.load_workbook(path)
    return {sheet.title: [[c.value for c in row] for row in sheet.rows] for sheet in workbook}


def test_what_looks_like_a_formula_stays_text(tmp_path):
    texts = ["=1+1", "-x", "+5", "@a", "=", "ü ß µ 図", "a\x07b", "", " lead"]
    table = pd.DataFrame({"=cmd": texts, "n": range(len(texts))})
    writers.write_xlsx(str(tmp_path / "a.xlsx"), table, "t")
    workbook = openpyxl.load_workbook(tmp_path / "a.xlsx")
    types = {cell.data_type for row in workbook["t"].iter_rows(max_col=1) for cell in row}
    assert "f" not in types
    found = [row[0] for row in cells(tmp_path / "a.xlsx")["t"]]
    assert found == ["=cmd", *(text.replace("\x07", "") or None for text in texts)]


def test_numbers_and_blanks_in_excel(tmp_path):
    table = pd.DataFrame(
        {
            "whole": pd.array([1, pd.NA, 2**40], dtype="Int64"),
            "real": [0.5, np.nan, 1e-9],
            "yes": [True, False, True],
        }
    )
    writers.write_xlsx(str(tmp_path / "a.xlsx"), table, "t")
    assert cells(tmp_path / "a.xlsx")["t"] == [
        ["whole", "real", "yes"],
        [1, 0.5, True],
        [None, None, False],
        [2**40, 1e-9, True],
    ]


def test_excel_has_no_infinity(tmp_path):
    table = pd.DataFrame({"real": [np.inf, -np.inf, 1.5], "some": [None, float("inf"), "x"]})
    writers.write_xlsx(str(tmp_path / "a.xlsx"), table, "t")
    assert cells(tmp_path / "a.xlsx")["t"][1:] == [[None, None], [None, None], [1.5, "x"]]


def test_the_header_is_bold_and_stays_in_sight(tmp_path):
    writers.write_xlsx(str(tmp_path / "a.xlsx"), pd.DataFrame({"a": [1]}), "t")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["t"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert not sheet["A2"].font.bold


@pytest.mark.parametrize(("rows", "sheets"), [(0, [0]), (9, [9]), (10, [9, 1]), (27, [9, 9, 9])])
def test_what_a_sheet_cannot_hold_goes_on_the_next(tmp_path, monkeypatch, rows, sheets):
    assert writers.EXCEL_ROWS == 1_048_576
    monkeypatch.setattr(writers, "EXCEL_ROWS", 10)
    table = pd.DataFrame({"n": range(rows)})
    writers.write_xlsx(str(tmp_path / "a.xlsx"), table, "signal_quant_stat")
    found = cells(tmp_path / "a.xlsx")
    assert [len(sheet) - 1 for sheet in found.values()] == sheets
    assert all(sheet[0] == ["n"] for sheet in found.values())
    assert [row[0] for sheet in found.values() for row in sheet[1:]] == list(range(rows))
    numbers = [f" {n}" for n in range(2, len(sheets) + 1)]
    assert list(found) == [f"signal_quant_stat{number}" for number in ["", *numbers]]


def test_names_of_sheets_that_excel_does_not_allow(tmp_path):
    writers.write_xlsx(str(tmp_path / "a.xlsx"), pd.DataFrame({"a": [1]}), "a/b:[c]" + "x" * 40)
    (name,) = cells(tmp_path / "a.xlsx")
    assert name.startswith("a_b__c_x")
    assert len(name) <= 31


# ---- text and parquet ----


def test_csv_has_points_commas_and_no_noise_of_binary_fractions(tmp_path):
    table = pd.DataFrame({"a": ["x, y", 'q"'], "b": [0.1 + 0.2, 1e-5], "c": [1, 2**53]})
    writers.write_csv(str(tmp_path / "a.csv"), table)
    assert (tmp_path / "a.csv").read_bytes() == (
        b'a,b,c\n"x, y",0.3,1\n"q""",1e-05,9007199254740992\n'
    )


def test_parquet_keeps_types(results):
    results.add("a", ["DAPI"], [[nucleus(0, {"DAPI": 2**52 + 1})]])
    results.add("b", ["GFP"], [[nucleus(0, {"GFP": 2})]])
    nuclei = results.nuclei()
    with writers.parquet_file(str(results.folder / "a.parquet")) as append:
        append(nuclei)
    back = pd.read_parquet(results.folder / "a.parquet")
    pd.testing.assert_frame_equal(back, nuclei)
    assert back["DAPI_sum"].tolist() == [2**52 + 1, pd.NA]


def test_more_nuclei_in_a_table_than_pyarrow_puts_into_one_group(tmp_path):
    """Those of one frame would be in two, and their densities two."""
    rows = 1_048_577
    keys = {"image": "a", "scene": 0, "frame": 0}
    nuclei = pd.DataFrame({**keys, "DAPI_mean": np.arange(float(rows))})
    with writers.parquet_file(str(tmp_path / "a.parquet")) as append:
        append(nuclei)
        append(nuclei[:1].assign(frame=1))
    measured, parts = writers.read_parquet(str(tmp_path / "a.parquet"))
    assert measured == {*keys, "DAPI_mean"}
    densities = pd.concat(stat_tables.mean_densities(part, ["DAPI"]) for part in parts)
    assert densities["DAPI"].to_dict() == {("a", 0, 0): (rows - 1) / 2, ("a", 0, 1): 0}


def test_movement():
    tracks = pd.DataFrame(
        {
            "scene": [0, 0],
            "track_id": [0, 0],
            "parent_track_id": [pd.NA, pd.NA],
            "frame": [0, 1],
            "time_s": [0.0, 90.0],
            "x_px": [1.2345, 2.0],
            "y_px": [3.0, 4.0],
            "x_um": [0.12345, 0.2],
            "y_um": [0.3, 0.4],
            "nucleus_id": [5, 6],
        }
    )
    table = stat_tables.movement_stat(tracks)
    assert table["Minutes"].tolist() == [0, 1.5]
    assert table["Cell id, #"].tolist() == [5, 6]
    assert table["Cell center x, pixels"].tolist() == [1.23, 2]
    assert table["Cell center x, um"].tolist() == [0.123, 0.2]


def test_images_that_cannot_be_analysed_are_not_in_the_tables(results, tmp_path):
    results.add("a", ["DAPI"], [[]])
    broken = tmp_path / "broken.json"
    write_facts(broken, unreadable("empty"))
    good = f"{results.chunks['a'][0][:-4]}.json"
    facts, _ = images_analysed.read_analysed(
        {"a": [good], "b": [good, str(broken)], "c": [str(broken)]}
    )
    assert list(facts) == ["a"]


def test_sample_columns_are_numbers_only_where_all_are():
    image = pd.Series(["a", "b", "c"])
    rows = {"a": ("1", "007", "0.5", "wt"), "b": ("2", "008", "", "1")}
    sheet = SampleSheet(("day", "plate", "dose", "condition"), rows)
    table = add_sample_columns(pd.DataFrame({"n": [1, 2, 3]}), image, sheet)
    assert table["day"].tolist()[:2] == [1, 2] and table["day"].dtype == "Int64"
    assert table["plate"].tolist()[:2] == ["007", "008"]
    assert table["dose"].tolist()[0] == 0.5 and table["dose"].isna().tolist() == [False, True, True]
    assert table["condition"].tolist()[:2] == ["wt", "1"]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1", "-2", "30"], [1, -2, 30]),
        (["0,5", "12,5", "3"], [0.5, 12.5, 3]),
        (["0.125", "2.5"], [0.125, 2.5]),
        (["0,125", "1,000"], [0.125, 1]),
        (["1.000", "0.5"], [1, 0.5]),
        (["1234.567", "1.234"], [1234.567, 1.234]),
        (["1,5", "2.5"], [1.5, 2.5]),
        (["9007199254740991", "-1"], [2**53 - 1, -1]),
    ],
)
def test_a_column_that_is_surely_numbers(texts, numbers):
    column = sample_column(texts)
    assert column.tolist() == numbers
    assert str(column.dtype) == ("Int64" if all(n == round(n) for n in numbers) else "float64")


@pytest.mark.parametrize(
    "texts",
    [
        ["1,000"],
        ["1.000", "5"],
        ["-10,000", "250,000"],
        ["1,000", "0.5"],
        ["1.000", "0,5"],
        ["1,000", "1.000", "0,5"],
        ["1,000", "0,5", "0.5"],
        ["1,000,000"],
        ["1,000.5"],
        ["1.000,5"],
        ["007", "1"],
        ["5", "high"],
        ["12345678901234567"],
        ["1" * 400],
    ],
)
def test_a_column_that_may_be_something_else_stays_as_it_is(texts):
    assert sample_column(texts).tolist() == texts


def sample_column(texts):
    rows = {str(number): (text,) for number, text in enumerate(texts)}
    image = pd.Series(list(rows))
    table = add_sample_columns(image.to_frame("image"), image, SampleSheet(("x",), rows))
    return table["x"]


# ---- positive nuclei ----


@pytest.fixture
def stained(results):
    """Give images with GFP of 1 to 3, of 4 and of none, and one without GFP; b has two chunks."""
    results.add("a", ["DAPI", "GFP"], [[of_gfp(0, 1), of_gfp(1, 2)], [of_gfp(0, 3)]])
    results.add("b", ["DAPI", "GFP"], [[of_gfp(0, 4), of_gfp(1, None)]], [[of_gfp(0, 5)]])
    results.add("c", ["DAPI"], [[nucleus(0, {"DAPI": 7})]])
    results.add("empty", ["DAPI", "GFP"], [[]])
    return results


def of_gfp(number, mean):
    """Give a nucleus with such a mean of GFP, None if it has none as a pixel is no number."""
    area = 300 + number
    total = float("nan") if mean is None else mean * area
    return nucleus(number, {"DAPI": 5 * area, "GFP": total})


def positive_of(table, column="GFP_positive"):
    return [None if flag is pd.NA else bool(flag) for flag in table[column]]


SHEET_OF_STAINED = SampleSheet(("condition",), {"a": ("none",), "b": ("drug",), "c": ("c",)})


@pytest.mark.parametrize(
    ("how", "level", "nuclei"),
    [
        (3, 3, None),
        ("otsu", threshold_otsu(np.array([1.0, 2.0, 3.0, 4.0, 5.0])), 5),
        ({"control": {"condition": "none"}, "percentile": 50}, 2, 3),
        ({"control": {"condition": "drug"}, "percentile": 100}, 5, 2),
    ],
)
def test_the_level_is_that_of_the_nuclei_that_count(stained, how, level, nuclei):
    (found,) = stained.levels({"gf": how}, SHEET_OF_STAINED)
    assert (found.channel, found.nuclei) == ("GFP", nuclei)
    assert found.level == pytest.approx(level)
    table = stained.nuclei(SHEET_OF_STAINED, {"gf": how})
    expected = [None if pd.isna(mean) else mean > found.level for mean in table["GFP_mean"]]
    assert positive_of(table) == expected and {*expected} <= {True, False, None}
    assert "DAPI_positive" not in table


def test_a_nucleus_exactly_at_the_level_is_not_positive(stained):
    found = positive_of(stained.nuclei(positive={"GFP": 3}))
    assert found == [False, False, False, True, None, True, None]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"control": {"condition": "c"}}, "no nuclei there"),
        ({"control": {"condition": "d"}}, "no nuclei there"),
    ],
)
def test_a_level_that_cannot_be_told_leaves_the_column_blank(stained, how, reason):
    positive = {"GFP": how, "nothing": "otsu"}
    levels = stained.levels(positive, SHEET_OF_STAINED)
    assert [level.level for level in levels] == [None, None]
    assert reason in levels[0].how and "no channel" in levels[1].how
    table = stained.nuclei(SHEET_OF_STAINED, positive)
    assert positive_of(table) == [None] * 7 and "nothing_positive" not in table
    assert "GFP, positive" not in stained.quant(SHEET_OF_STAINED, positive)


def test_where_the_column_stands_and_how_it_is_written(stained, tmp_path):
    table = stained.nuclei(SHEET_OF_STAINED, {"GFP": 3, "DAPI": 6})
    columns = list(table.columns)
    for channel in ("DAPI", "GFP"):
        place = columns.index(f"{channel}_positive")
        assert columns[place - 1] == f"{channel}_{CHANNEL_COLUMNS[-1]}"
    assert columns[-2:] == ["GFP_positive", "condition"]
    writers.write_csv(str(tmp_path / "t.csv"), table)
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert [row["GFP_positive"] for row in rows] == [
        *("FALSE", "FALSE", "FALSE", "TRUE", "", "TRUE", ""),
    ]
    path = str(tmp_path / "t.parquet")
    with writers.parquet_file(path) as append:
        append(table)
    assert positive_of(pd.read_parquet(path)) == positive_of(table)


def test_the_table_of_stains_tells_it_too(stained, tmp_path):
    table = stained.quant(SHEET_OF_STAINED, {"GFP": 3})
    assert list(table.columns)[-2:] == ["GFP, positive", "condition"]
    path = str(tmp_path / "quant.xlsx")
    writers.write_xlsx(path, table, "quant")
    column = list(table.columns).index("GFP, positive")
    found = [row[column].value for row in openpyxl.load_workbook(path).active.iter_rows(2)]
    assert found == [False, False, False, None, True, None, True, None, None]  # with blank rows


@pytest.mark.parametrize("images", [0, 1])
def test_positive_nuclei_where_there_are_no_nuclei(results, images):
    for number in range(images):
        results.add(f"empty {number}", ["GFP"], [[]])
    (level,) = results.levels({"GFP": "otsu"})
    assert level.level is None and ("no nuclei" in level.how) == bool(images)
    table = results.nuclei(positive={"GFP": "otsu"}) if images else pd.DataFrame()
    assert ("GFP_positive" in table) == bool(images) and len(table) == 0


def test_few_rows_at_a_time_make_the_same_column(stained, monkeypatch):
    whole = stained.nuclei(positive={"GFP": 3})
    monkeypatch.setattr(nuclei_table, "ROWS_AT_A_TIME", 1)
    pd.testing.assert_frame_equal(stained.nuclei(positive={"GFP": 3}), whole)
