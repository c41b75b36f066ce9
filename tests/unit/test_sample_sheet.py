"""The sample sheet, as people and spreadsheets write it."""

import pytest

from immunostain import sample_sheet
from immunostain.errors import SettingsError
from immunostain.motility import COLUMNS, MEASURES

IMAGES = ["a", "b", "plate 1__c"]
EXPECTED = (
    ["condition", "replicate"],
    {"a": ["drug, high", "1"], "b": ["Träger µ", "2"]},
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
    assert sample_sheet.read(path, IMAGES) == EXPECTED


def test_the_image_need_not_be_first_and_rows_may_be_short(tmp_path):
    path = sheet(tmp_path, "dose,image,note\n5,a,\n,b\n")
    assert sample_sheet.read(path, IMAGES) == (["dose", "note"], {"a": ["5", ""], "b": ["", ""]})


@pytest.mark.parametrize("name", ["plate 1/c.czi", "plate 1/c", "plate 1__c"])
def test_images_in_sub_folders(tmp_path, name):
    _, rows = sample_sheet.read(sheet(tmp_path, f"image,x\n{name},1\n"), IMAGES)
    assert rows == {"plate 1__c": ["1"]}


def test_images_that_are_not_there_are_kept_beside_those_that_are(tmp_path):
    _, rows = sample_sheet.read(sheet(tmp_path, "image,x\na,1\nlater,2\n"), IMAGES)
    assert rows == {"a": ["1"], "later": ["2"]}


def test_a_cell_with_a_line_break(tmp_path):
    _, rows = sample_sheet.read(sheet(tmp_path, 'image,x\na,"one\ntwo"\n'), IMAGES)
    assert rows == {"a": ["one\ntwo"]}


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
        (b"PK\x03\x04\r\x00\x80\n\r\xff\r", "no column named image"),
        ("image,x\na," + "1" * 200_000 + "\n", "can't be read"),
    ],
)
def test_sheets_that_cannot_be_used(tmp_path, text, reason):
    with pytest.raises(SettingsError, match=reason) as caught:
        sample_sheet.read(sheet(tmp_path, text), IMAGES)
    assert str(caught.value).startswith("sample_sheet: ")


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_a_sheet_that_is_not_there(tmp_path, name):
    with pytest.raises(SettingsError, match="can't be read: "):
        sample_sheet.read(str(tmp_path / name), IMAGES)


def test_no_sheet_at_all(tmp_path):
    assert sample_sheet.read_if_any([], IMAGES) == ([], {})
    path = sheet(tmp_path, FORMS["tabs"])
    assert sample_sheet.read_if_any([path], IMAGES) == EXPECTED


def test_unicode_text_from_excel_and_composed_umlauts(tmp_path):
    sheet = tmp_path / "samples.txt"
    sheet.write_bytes("image\tday\nZa\u0308hlung\t1\n".encode("utf-16"))
    assert sample_sheet.read(str(sheet), ["Z\u00e4hlung"]) == (["day"], {"Z\u00e4hlung": ["1"]})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image,DAPI_sum\na,1\n", "column named DAPI_sum"),
        ('image,"DAPI, intensity"\na,1\n', "column named DAPI, intensity"),
        ("image,day\na,1\nb,2,3\n", "row 3"),
    ],
)
def test_what_would_be_lost_is_refused(tmp_path, text, words):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(SettingsError, match=words):
        sample_sheet.read(str(tmp_path / "s.csv"), ["a", "b"])


def test_paths_of_windows(tmp_path):
    (tmp_path / "s.csv").write_text("image,day\nplate 1\\a.czi,1\n")
    assert sample_sheet.read(str(tmp_path / "s.csv"), ["plate 1__a"])[1] == {"plate 1__a": ["1"]}


def test_no_column_of_motility_can_be_one_of_the_sheet():
    for name in [*COLUMNS, *(f"{name}_mean" for name in MEASURES), "diffusion_um2_per_min_sd"]:
        assert sample_sheet._is_taken(name), name
