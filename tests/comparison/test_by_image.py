"""Each image in a row."""

import numpy as np
import pandas as pd
import pytest
from many_nuclei import CHANNELS, many_nuclei, written

from immunostain.comparison.by_image import summary_by_image
from immunostain.comparison.measures import described, measures_of, read_nuclei
from immunostain.results.inventory import COLUMNS
from immunostain.samples.sample_sheet import SampleSheet
from immunostain.samples.taken_names import is_taken
from immunostain.shared.errors import SettingsError

SHEET = SampleSheet(("condition", "day"), {"a": ("drug", "1"), "c": ("none", "2")})


def inventory(*images, **values):
    """Give rows of inventory.tsv as texts."""
    row = dict.fromkeys(COLUMNS, "") | {"status": "ok", "frames": "1", "nuclei": "0"} | values
    return [row | {"image": image} for image in images]


def read(tmp_path, nuclei):
    return read_nuclei(written(tmp_path, nuclei))


@pytest.mark.parametrize("seed", range(3))
def test_every_number_is_that_of_numpy(tmp_path, seed):
    nuclei = many_nuclei(seed, ["a", "b", "c"])
    table = summary_by_image(read(tmp_path, nuclei), inventory("a", "b", "c"), SHEET)
    measures = [f"{c}_{k}" for c in CHANNELS for k in ("sum", "mean", "background_corrected_sum")]
    for row in table.to_dict("records"):
        mine = nuclei[nuclei["image"] == row["image"]]
        for measure in ["area_px", "area_um2", *measures]:
            values = mine[measure].to_numpy(dtype="float64", na_value=np.nan)
            values = values[~np.isnan(values)]
            n = len(values)
            sd = np.sqrt(np.sum((values - values.mean()) ** 2) / (n - 1)) if n > 1 else np.nan
            expected = {
                "mean": sum(values) / n if n else np.nan,
                "sd": sd,
                "sem": sd / np.sqrt(n) if n else np.nan,
                "median": np.percentile(values, 50) if n else np.nan,
                "q1": np.percentile(values, 25) if n else np.nan,
                "q3": np.percentile(values, 75) if n else np.nan,
            }
            for statistic, number in expected.items():
                found = row[f"{measure}_{statistic}"]
                np.testing.assert_allclose(found, number, rtol=1e-9, equal_nan=True)
        positive = [p for p in mine["GFP_positive"] if p is not pd.NA]
        assert row["GFP_positive_percent"] == pytest.approx(100 * sum(positive) / len(positive))
        saturated = mine["GFP_saturated_px"].sum() / mine["area_px"].sum()
        assert row["GFP_saturated_percent"] == pytest.approx(100 * saturated)
    assert "DAPI_positive_percent" not in table


def test_the_order_of_columns(tmp_path):
    table = summary_by_image(read(tmp_path, many_nuclei(1, ["a"])), inventory("a"), SHEET)
    columns = list(table.columns)
    assert columns[:8] == [
        *("image", "frames", "nuclei", "at_edge_percent", "coverage_percent", "focus"),
        *("area_px_mean", "area_px_sd"),
    ]
    assert columns[-2:] == ["condition", "day"]
    assert not [n for n in columns[1:-2] if not is_taken(n) and not n.endswith("positive_percent")]


def test_an_image_without_nuclei_is_a_row_and_a_skipped_one_is_none(tmp_path):
    rows = inventory("c", "a", nuclei="2", focus="0.5", at_edge_percent="12.5")
    rows += inventory("bad", status="skipped", nuclei="", frames="")
    rows += inventory("empty", frames="3")
    table = summary_by_image(read(tmp_path, many_nuclei(1, ["a", "c"])), rows, SHEET)
    assert table["image"].tolist() == ["c", "a", "empty"]
    assert table["nuclei"].tolist() == [2, 2, 0] and table["frames"].tolist() == [1, 1, 3]
    assert table["focus"].tolist()[:2] == [0.5, 0.5] and pd.isna(table["focus"][2])
    assert table["condition"].tolist()[:2] == ["none", "drug"] and pd.isna(table["condition"][2])
    empty = table.iloc[2, 3:]
    assert empty.isna().all()


def test_no_nuclei_at_all_have_full_columns(tmp_path):
    none = many_nuclei(1, [])
    table = summary_by_image(read(tmp_path, none), inventory("a"), SampleSheet())
    assert len(table) == 1 and table.loc[0, "nuclei"] == 0
    assert {"area_px_mean", "DAPI_sum_q3", "GFP_positive_percent", "GFP_mean_sem"} < {*table}
    assert "DAPI_background_corrected_sum_mean" not in table
    table = summary_by_image(read(tmp_path, none), inventory("a", status="skipped"), SampleSheet())
    assert len(table) == 0


def test_a_stain_that_an_image_lacks_is_blank(tmp_path):
    nuclei = many_nuclei(2, ["a", "b"])
    nuclei.loc[nuclei["image"] == "b", [n for n in nuclei if n.startswith("GFP")]] = pd.NA
    table = summary_by_image(read(tmp_path, nuclei), inventory("a", "b"), SampleSheet())
    stains = [name for name in table if name.startswith("GFP")]
    assert table.loc[0, stains].notna().all() and table.loc[1, stains].isna().all()
    assert table.loc[1, "DAPI_mean_mean"] > 0


def test_one_nucleus_has_no_spread():
    found = described(pd.DataFrame({"x": [3.0]}), pd.Series(["a"])).loc["a"]
    assert found[["x_mean", "x_median", "x_q1", "x_q3"]].tolist() == [3, 3, 3, 3]
    assert found[["x_sd", "x_sem"]].isna().all()


def test_names_of_channels_that_look_like_columns(tmp_path):
    nuclei = many_nuclei(2, ["a"], channels=["X", "X_mean", "Y_sum"])
    found = measures_of(read(tmp_path, nuclei))
    assert len(found) == len({*found}) == 2 + 3 * 3
    table = summary_by_image(read(tmp_path, nuclei), inventory("a"), SampleSheet())
    assert table.columns.is_unique
    assert table.loc[0, "X_mean_mean"] == pytest.approx(nuclei["X_mean"].mean())
    assert table.loc[0, "X_mean_mean_mean"] == pytest.approx(nuclei["X_mean_mean"].mean())


def test_the_sample_sheet_replaces_no_summary(tmp_path):
    sheet = SampleSheet(("GFP_positive_percent",), {"a": ("1",)})
    with pytest.raises(SettingsError, match="GFP_positive_percent"):
        summary_by_image(read(tmp_path, many_nuclei(1, ["a"])), inventory("a"), sheet)
