"""What a change makes run again, row by row as docs/reruns.md says: seen in plans of dry runs."""

import json
import os
import re
import shutil
from pathlib import Path

import described
import numpy as np
import pandas as pd
import pytest
import yaml
from czi_files import EXAMPLE, TWO, write_channels
from planned_jobs import (
    AFTER_TRACKING,
    CONDITIONS,
    GATHER,
    LAST,
    PLOTS,
    TABLES,
    labelling,
    measuring,
    tracking,
)
from project import Project

from immunostain.results.inventory import read_table

READ_ERROR = "/sys/class/net/lo/duplex"  # Linux says it has 4096 bytes, and can't read them
ALL = labelling(4)


def changed(project: Project, **settings) -> dict[str, int]:
    return project.configure(**settings).planned()


@pytest.mark.parametrize(
    "segmentation",
    [
        {"threshold": {"level": 60}},
        {"threshold": {"level": "otsu"}},
        {"minimum_area": 300},
        {"separate_touching": False},
        {"exclude_border": False},
        {"repair_over_time": False},
    ],
)
def test_segmentation(rerun, segmentation):
    assert changed(rerun, segmentation=segmentation) == ALL


@pytest.mark.parametrize(
    "segmentation",
    [
        {"unet": {"probability": 0.7}},
        {"unet": {"model": "another.safetensors"}},
        {"unet": {"nucleus_diameter": 30}},
    ],
)
def test_the_unet_does_not_concern_the_threshold(rerun, segmentation):
    assert changed(rerun, segmentation=segmentation) == LAST  # which tell the settings


@pytest.mark.parametrize("settings", [{"nuclear_channel": 0}, {"z_projection": "mean"}])
def test_what_is_read(rerun, settings):
    assert changed(rerun, **settings) == ALL


@pytest.mark.parametrize("quantification", [{"perinuclear_width": 3}, {"background": "median"}])
def test_quantification(rerun, quantification):
    assert changed(rerun, quantification=quantification) == measuring(4)


@pytest.mark.parametrize(
    "settings",
    [
        {"search_range": 50},
        {"search_range": "auto"},
        {"memory": 2},
        {"divisions": False},
        {"drift_correction": True},
        {"movie": False},
        {"exports": ["ctc"]},
    ],
)
def test_tracking(rerun, settings):
    assert changed(rerun, tracking=settings) == tracking(4)


def test_positive_levels(rerun):
    assert changed(rerun, quantification={"positive": {"488": 500}}) == TABLES | LAST


def test_sample_sheet_and_comparison(rerun):
    tables = {"count_nuclei": 1, "summarise_conditions": 1} | AFTER_TRACKING
    sheet = rerun.folder / "samples.xlsx"
    samples = pd.DataFrame(
        {
            "image": ["still_1", "still_2", "still_3", "timelapse_1"],
            "condition": ["control", "+drug", "control", "+drug"],
            "plate": ["a", "b", "b", "a"],
        }
    )
    samples.to_excel(sheet, index=False)
    given = {"sample_sheet": "samples.xlsx"}
    assert changed(rerun, **given) == tables
    given["comparison"] = {"reference": "control", "replicate": "plate"}
    given["quantification"] = {
        "positive": {"488": {"control": {"condition": "control"}}, "mch": "otsu", "nothing": 5}
    }
    tables |= CONDITIONS
    assert changed(rerun, **given) == tables
    printed = rerun.finish()
    assert 'quantification.positive: "nothing" is left out: no channel' in printed
    assert rerun.planned() == {}
    see_conditions(rerun)
    swapped = {"by": "plate", "replicate": "condition", "reference": "a"}
    for comparison, plan in [
        ({"by": "condition"}, {}),  # it is the one already
        (swapped, CONDITIONS | PLOTS | {"collect_movement": 1}),
        ({"replicate": None}, CONDITIONS | PLOTS),
        ({"reference": "+drug"}, {"compare_conditions": 1} | PLOTS),
    ]:
        comparison = given["comparison"] | comparison
        assert changed(rerun, **given | {"comparison": comparison}) == plan | LAST
    rest = given | {"quantification": {"positive": {"488": 500}}}
    assert changed(rerun, **rest) == TABLES | CONDITIONS | LAST
    samples.assign(condition=samples["condition"].str.upper()).to_excel(sheet, index=False)
    wrong = rerun.run("--dry-run")
    assert wrong.returncode and "comparison.reference is 'control'" in wrong.stdout + wrong.stderr
    given["comparison"]["reference"] = "CONTROL"
    given["quantification"] = {"positive": {"mch": "otsu"}}
    assert changed(rerun, **given) == tables


def see_conditions(project: Project) -> None:
    """See that what conditions are compared by is written, the same everywhere, and described."""
    stats = project.results / "analysis_data" / "general_stats"
    plots = {path.name for path in (stats / "plots").glob("*.svg")}
    assert "superplot_DAPI_mean.svg" in plots and "distribution_DAPI_mean.svg" not in plots
    nuclei = pd.read_csv(stats / "nuclei.csv")
    assert list(nuclei.columns[-3:]) == ["mCher_positive", "condition", "plate"]
    levels = read_table(str(stats / "positive_levels.csv"), ",")
    assert [level["channel"] for level in levels] == ["AF488", "mCher", "nothing"]
    control = nuclei.loc[nuclei["condition"] == "control", "AF488_mean"]
    assert float(levels[0]["level"]) == pytest.approx(np.percentile(control, 99))
    known = nuclei["AF488_mean"].notna()
    expected = nuclei.loc[known, "AF488_mean"] > float(levels[0]["level"])
    assert (nuclei.loc[known, "AF488_positive"].astype(bool) == expected).all()
    assert nuclei.loc[~known, "AF488_positive"].isna().all()
    provenance = yaml.safe_load((project.results / "provenance.yaml").read_text())
    assert [str(level["level"] or "") for level in provenance["positive_levels"]] == [
        level["level"] for level in levels
    ]
    log = (project.results / "logs" / "tabulate_nuclei.log").read_text()
    assert "AF488: nuclei are positive above" in log and '"nothing" is left out' in log
    images = nuclei.groupby(["condition", "image"], sort=False)["AF488_mean"].mean()
    compared = read_table(str(stats / "comparison.csv"), ",")
    (row,) = (row for row in compared if row["measure"] == "AF488_mean")
    assert (row["condition"], row["reference"], row["n"], row["n_reference"]) == (
        *("+drug", "control", "1", "2"),
    )
    assert float(row["mean_reference"]) == pytest.approx(images["control"].mean())
    assert float(row["mean"]) == pytest.approx(images["+drug", "still_2"])  # the other has no AF488
    assert row["p"] == "" and "the condition has 1" in row["reason"]
    (area,) = (row for row in compared if row["measure"] == "area_um2")
    assert area["n"] == "2" and 0 < float(area["p"]) < 1
    over_time = pd.read_csv(stats / "stain_over_time.csv")
    assert over_time["minutes"].tolist() == [10 * frame for frame in range(20)]
    names = [f"{name}.csv" for name in ("comparison", "stain_over_time", "positive_levels")]
    names += [f"summary_by_{kind}.csv" for kind in ("image", "replicate", "condition")]
    for name in names:
        path = f"analysis_data/general_stats/{name}"
        (section,) = {file.section for file in described.files() if file.fits(path)}
        known_columns = [*described.columns(section), "condition", "plate"]
        columns = pd.read_csv(stats / name).columns
        assert not [c for c in columns if not any(re.fullmatch(k, c) for k in known_columns)], name
    assert not described.undescribed(project.results)


def test_mail_cores_and_profile(rerun):
    assert changed(rerun, email={"to": "ann@example.org", "host": "mail.example.org"}) == {}
    assert rerun.planned("--cores", "1") == {}
    profile = rerun.folder / "profile"
    profile.mkdir()
    (profile / "config.yaml").write_text("retries: 2\n")
    assert rerun.planned("--profile", str(profile)) == {}


def test_a_file_added(rerun):
    shutil.copy(EXAMPLE / "still_1.czi", rerun.folder / "images" / "one more.czi")
    assert rerun.planned() == labelling(1)


def overwrite(path: Path, place: int) -> None:
    """Change a byte of a file."""
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def test_a_file_replaced(rerun):
    overwrite(rerun.folder / "images" / "still_1.czi", 400_000)  # a pixel
    assert rerun.planned() == labelling(1)


def test_a_file_replaced_by_one_of_an_older_time(rerun):
    images = rerun.folder / "images"
    for path in images.iterdir():
        os.utime(path, (1e9, 1e9))
    assert rerun.planned() == {}
    overwrite(images / "still_1.czi", 64)  # the id that each file is given
    os.utime(images / "still_1.czi", (1e9, 1e9))
    assert rerun.planned() == labelling(1)


def test_snakemake_reads_no_image_to_compare_it(finished):
    """It would end the run where one can't be read."""
    records = [
        json.loads(path.read_text())
        for path in (finished.folder / ".snakemake" / "metadata").iterdir()
    ]
    images = [name for r in records for name in r["input"] if name.endswith(".czi")]
    compared = [name for r in records for name in r["input_checksums"] if name.endswith(".czi")]
    assert images and not compared


@pytest.mark.skipif(not Path(READ_ERROR).exists(), reason="not a Linux with this file")
def test_a_read_error_concerns_no_other_image(project):
    images = project.folder / "images"
    write_channels(images / "good.czi", {"DAPI": TWO})
    (images / "bad.czi").symlink_to(READ_ERROR)
    done = project.configure().run("--until", "label_nuclei")
    assert "Error recording metadata" not in done.stdout + done.stderr
    assert (project.results / "labels" / "good" / "1of1" / "s000_t0000.tif").exists()
    log = project.results / "logs" / "label_nuclei" / "bad" / "1of1.log"
    assert "Invalid argument" in log.read_text()


def test_a_file_taken_away(rerun):
    (rerun.folder / "images" / "still_1.czi").unlink()
    assert rerun.planned() == GATHER | AFTER_TRACKING


def test_unreadable_images(rerun):
    assert changed(rerun, unreadable_images="fail") == {"check_images": 1} | LAST


def test_nothing(rerun):
    assert rerun.planned() == {}


def test_deleted_results(rerun):
    data = rerun.results / "analysis_data"
    (data / "general_stats" / "signal_avg_stat.xlsx").unlink()
    shutil.rmtree(data / "general_stats" / "plots")
    shutil.rmtree(data / "nuclei_count")
    shutil.rmtree(data / "nuclei_area_verification" / "still_1")
    again = ["tabulate_signal", "plot_stains", "count_nuclei", "draw_nuclei", "write_report"]
    assert rerun.planned() == dict.fromkeys(again, 1)
    shutil.rmtree(rerun.results / "labels" / "still_2")
    assert rerun.planned() == labelling(1) | {"draw_nuclei": 2}


def test_library_code(rerun):
    """A module of each kind; which scripts use which is seen in the tests of the hash."""
    library = rerun.program() / "immunostain"
    for path in library.rglob("*.py"):
        os.utime(path)
    assert rerun.planned() == {}
    for module, plan in {
        "zisraw": ALL,
        "measure_chunk": measuring(4),
        "link": labelling(4),  # repair over time uses it
        "follow": tracking(4),
        "places": {"plot_stains": 1, "write_report": 1},
        "figures": {"count_nuclei": 1} | tracking(4),
        "progress": {},
    }.items():
        (path,) = library.rglob(f"{module}.py")
        text = path.read_text()
        path.write_text(text + "\nSOMETHING = 1\n")
        assert (module, rerun.planned()) == (module, plan)
        path.write_text(text)


@pytest.fixture
def rerun(finished: Project, tmp_path: Path) -> Project:
    """Give a copy of a finished project, to change it."""
    return finished.copy(tmp_path / "project")
