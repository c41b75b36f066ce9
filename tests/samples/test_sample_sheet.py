"""The sample sheet, as people and spreadsheets write it."""

import re
import sys
import zipfile
from datetime import datetime

import openpyxl
import pytest

from immunostain.movement.motility import COLUMNS, MEASURES
from immunostain.samples.sample_sheet import SampleSheet, read, read_if_any
from immunostain.samples.taken_names import is_taken
from immunostain.shared.errors import SettingsError

IMAGES = ["a", "b", "plate 1__c"]
EXPECTED = SampleSheet(
    ("condition", "replicate"),
    {"a": ("drug, high", "1"), "b": ("Träger µ", "2")},
)


def sheet(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "samples.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return str(path)


FORMS = {
    "tabs": "image\tcondition\treplicate\na\tdrug, high\t1\nb\tTräger µ\t2\n",
    "commas": 'image,condition,replicate\na,"drug, high",1\nb,Träger µ,2\n',
    "semicolons": "image;condition;replicate\na;drug, high;1\nb;Träger µ;2\n",
    "blank lines and spaces": "image ; condition;replicate\n\na ; drug, high;1 \n;;\nb;Träger µ;2",
    "names of files": "image;condition;replicate\na.czi;drug, high;1\nb.CZI;Träger µ;2\n",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("form", FORMS)
def test_forms(tmp_path, form, ends, encoding):
    path = sheet(tmp_path, FORMS[form].replace("\n", ends), encoding)
    assert read(path, IMAGES) == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        "image;dose (mg, ml, l)\na;5\n",
        "\nimage,dose (mg; ml; l)\na,5\n",
        'dose (mg, ml, l)\timage\n"5"\ta\n',
        '"dose (mg, ml, l)","image"\n5,a\n',
    ],
)
def test_a_column_s_name_holds_other_separators(tmp_path, text):
    found = read(sheet(tmp_path, text), IMAGES)
    assert [name.replace(";", ",") for name in found.columns] == ["dose (mg, ml, l)"]
    assert found.rows == {"a": ("5",)}


def test_the_image_need_not_be_first_and_rows_may_be_short(tmp_path):
    path = sheet(tmp_path, "dose,image,note\n5,a,\n,b\n")
    assert read(path, IMAGES) == SampleSheet(("dose", "note"), {"a": ("5", ""), "b": ("", "")})


@pytest.mark.parametrize("name", ["plate 1/c.czi", "plate 1/c", "plate 1__c"])
def test_images_in_sub_folders(tmp_path, name):
    rows = read(sheet(tmp_path, f"image,x\n{name},1\n"), IMAGES).rows
    assert rows == {"plate 1__c": ("1",)}


def test_images_that_are_not_there_are_kept_beside_those_that_are(tmp_path):
    rows = read(sheet(tmp_path, "image,x\na,1\nlater,2\n"), IMAGES).rows
    assert rows == {"a": ("1",), "later": ("2",)}


def test_a_cell_with_a_line_break(tmp_path):
    rows = read(sheet(tmp_path, 'image,x\na,"one\ntwo"\n'), IMAGES).rows
    assert rows == {"a": ("one\ntwo",)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no column named image"),
        ("\n\n", "no column named image"),
        ("name,x\na,1\n", "no column named image"),
        ("image,x,x\na,1,2\n", "two columns of one name"),
        ("image,,x\na,1,2\n", "one of none"),
        ("image,x\na,1\na.czi,2\n", '"a" stands in .* twice'),
        ("image,x\nzebra,1\n", "none of the images"),
        ("image,x\n", "none of the images"),
        ("image,track_id\na,1\n", "a column named track_id, as the results have"),
        ("image,area_px\na,1\n", "a column named area_px"),
        ("image,Number of nuclei\na,1\n", "a column named Number of nuclei"),
        ('image,"Cell id, #"\na,1\n', "a column named Cell id, #"),
        (b"PK\x03\x04\r\x00\x80\n\r\xff\r", "can't be read as an .xlsx file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "has Excel's old format"),
        ('image,x\na,"one\nb,2\nc,3\n', "row 2 .* can't be read"),
        ('image,x\n\na,1\nb,"two\nc,three"\n', "row 4 .* can't be read .* on several lines"),
        ('image\n"a\nb"\n', "row 2 .* can't be read"),
        ('image;x\na;"one" more\n', "row 2 .* quotation mark"),
        ("image,x\na," + "1" * 200_000 + "\n", "can't be read"),
    ],
)
def test_sheets_that_cannot_be_used(tmp_path, text, reason):
    with pytest.raises(SettingsError, match=reason) as caught:
        read(sheet(tmp_path, text), IMAGES)
    assert str(caught.value).startswith("sample_sheet: ")


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_a_sheet_that_is_not_there(tmp_path, name):
    with pytest.raises(SettingsError, match="can't be read: "):
        read(str(tmp_path / name), IMAGES)


def test_no_sheet_at_all(tmp_path):
    assert read_if_any([], IMAGES) == SampleSheet()
    path = sheet(tmp_path, FORMS["tabs"])
    assert read_if_any([path], IMAGES) == EXPECTED


def test_unicode_text_from_excel_and_composed_umlauts(tmp_path):
    sheet = tmp_path / "samples.txt"
    sheet.write_bytes("image\tday\nZa\u0308hlung\t1\n".encode("utf-16"))
    assert read(str(sheet), ["Z\u00e4hlung"]) == SampleSheet(("day",), {"Z\u00e4hlung": ("1",)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image,DAPI_sum\na,1\n", "column named DAPI_sum"),
        ('image,"DAPI, intensity"\na,1\n', "column named DAPI, intensity"),
        ("image,day\n\na,1\nb,2,3\n", "row 4"),
    ],
)
def test_what_would_be_lost_is_refused(tmp_path, text, words):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(SettingsError, match=words):
        read(str(tmp_path / "s.csv"), ["a", "b"])


def test_paths_of_windows(tmp_path):
    (tmp_path / "s.csv").write_text("image,day\nplate 1\\a.czi,1\n")
    assert read(str(tmp_path / "s.csv"), ["plate 1__a"]).rows == {"plate 1__a": ("1",)}


def test_no_column_of_motility_can_be_one_of_the_sheet():
    for name in [*COLUMNS, *(f"{name}_mean" for name in MEASURES), "diffusion_um2_per_min_sd"]:
        assert is_taken(name), name


# ---- .xlsx ----


@pytest.fixture
def workbook(tmp_path):
    """Give a function that saves rows in an .xlsx file, as bytes."""

    def save(*rows, change=lambda workbook: None):
        workbook = openpyxl.Workbook()
        for row in rows:
            workbook.active.append(row)
        change(workbook)
        workbook.save(tmp_path / "samples.xlsx")
        return str(tmp_path / "samples.xlsx")

    return save


def test_a_sheet_of_excel_says_the_same_as_text(workbook):
    path = workbook(
        ["image", "condition", "replicate"], ["a.czi", "drug, high", 1], [], ["b", "Träger µ", 2.0]
    )
    assert read(path, IMAGES) == EXPECTED


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1000, "#,##0", "1000"),
        (0.1 + 0.2, "General", "0.3"),
        (0.000001, "General", "0.000001"),
        (-2.5, "0.00", "-2.5"),
        (1234567890123456, "0", "1234567890123456"),
        ("007", "General", "007"),
        (7, "000", "007"),
        ("1,000", "General", "1,000"),
        (True, "General", "TRUE"),
        (datetime(2024, 5, 1), "dd.mm.yyyy", "2024-05-01"),
        (datetime(2024, 5, 1, 13, 30), "dd.mm.yyyy", "2024-05-01 13:30:00"),
        ("one\ntwo", "General", "one\ntwo"),
        (None, "0.00", ""),
    ],
)
def test_cells_as_excel_shows_them(workbook, value, form, text):
    def change(workbook):
        workbook.active["B2"].number_format = form
        workbook.active["F1"].number_format = "0.00"  # a cell without content is no column

    path = workbook(["image", "x"], ["a", value], change=change)
    assert read(path, IMAGES) == SampleSheet(("x",), {"a": (text,)})


def test_the_first_sheet_that_is_seen_counts(workbook):
    def change(workbook):
        workbook.create_sheet("hidden", 0).sheet_state = "hidden"
        workbook.create_sheet("notes").append(["other"])

    path = workbook(["image", "x"], ["a", 1], change=change)
    assert read(path, IMAGES) == SampleSheet(("x",), {"a": ("1",)})


@pytest.mark.parametrize(
    ("kept", "text"),
    [(b'<c r="B2"><f>1</f><v>2</v>', "2"), (b'<c r="B2" t="str"><f>1</f><v/>', "")],
)
def test_a_formula_has_the_value_that_excel_gave_it(workbook, tmp_path, kept, text):
    path = workbook(["image", "x"], ["a", "=1"])
    with pytest.raises(SettingsError, match=r"a formula in row 2 .* was never calculated"):
        read(path, IMAGES)
    calculated = tmp_path / "calculated.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(calculated, "w") as new:
        for name in old.namelist():
            never = rb'<c r="B2"><f>1</f><v(></v>| ?/>)'
            new.writestr(name, re.sub(never, kept, old.read(name)))
    assert read(str(calculated), IMAGES) == SampleSheet(("x",), {"a": (text,)})


def test_numbers_of_rows_are_those_of_excel(workbook):
    with pytest.raises(SettingsError, match=r"row 4 of .* has too many fields"):
        read(workbook(["image", "x"], ["a", 1], [], ["b", 2, 3]), IMAGES)


def test_where_openpyxl_is_missing(workbook, monkeypatch):
    path = workbook(["image", "x"], ["a", 1])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(SettingsError, match=r"openpyxl is missing .* \"CSV UTF-8\""):
        read(path, IMAGES)
