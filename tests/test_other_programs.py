"""The scripts of docs/other-programs.md, on results that are known."""

import importlib
import logging
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import report_made
import yaml
from czi_files import ROOT, write_czi

from immunostain.images.facts import FACTS_FILE, write_facts
from immunostain.images.frames import write_labels
from immunostain.images.splitting import split_frames
from immunostain.results.inventory import write_inventory

SCRIPTS = ROOT / "docs" / "scripts"
sys.path.insert(0, str(SCRIPTS))
open_in_napari, to_anndata = map(importlib.import_module, ("open_in_napari", "to_anndata"))

SHAPE = (40, 60)
# Where nuclei are in three frames: the upper left corner of 5 x 5 pixels by nucleus_id, and which
# track they are; track 1 divides.
PLACES = [{0: (3, 4), 1: (20, 30)}, {0: (20, 32), 1: (4, 5)}, {0: (2, 1), 1: (10, 9), 2: (21, 33)}]
TRACKS = [{0: 1, 1: 2}, {0: 2, 1: 1}, {0: 3, 1: 4, 2: 2}]
MOTHERS = {3: 1, 4: 1}


def results_of(folder, frames, tracked):
    """Write what a run writes of an image, "a b", as far as scripts read it."""
    planes = {
        (0, t, c, 0): np.full(SHAPE, 100 * t + 10 * c + 1, np.uint16)
        for t in range(frames)
        for c in range(2)
    }
    path = write_czi(folder / "a b.czi", planes, ["GFP", "DAPI"], 0.5)
    rows = []
    for number in range(1, frames + 1):  # a chunk for each frame
        labels = folder / "labels" / "a b" / f"{number}of{frames}"
        labels.mkdir(parents=True)
        facts = split_frames(path, labels, labels.name, "DAPI", "max", logging.getLogger())
        picture, [frame] = np.zeros(SHAPE, np.uint32), facts.frames
        for nucleus, (y, x) in PLACES[frame.frame].items():
            picture[y : y + 5, x : x + 5] = nucleus + 1
            track = TRACKS[frame.frame][nucleus]
            place = {"frame": frame.frame, "x_px": x + 2, "y_px": y + 2, "nucleus_id": nucleus}
            rows.append(place | {"track_id": track, "parent_track_id": MOTHERS.get(track)})
        write_labels(labels, 0, frame.frame, picture, picture > 9)
        write_facts(labels / FACTS_FILE, facts)
    write_inventory(str(folder / "inventory.tsv"), [report_made.inventory_row("a b", file=path)])
    told = yaml.safe_dump(report_made.provenance(), allow_unicode=True)
    (folder / "provenance.yaml").write_text(told, encoding="utf-8")
    tables = [folder / "analysis_data" / name for name in ("general_stats", "movement_tracking")]
    for table in tables:
        table.mkdir(parents=True)
    nuclei = pd.DataFrame(rows).assign(image="a b", scene=0)
    other = nuclei.assign(image="other", area_px=1.0)
    pd.concat([other, nuclei]).to_parquet(tables[0] / "nuclei.parquet")
    if tracked:
        nuclei.drop(columns="image").to_csv(tables[1] / "a b_tracks.csv", index=False)
    return folder


def test_napari_gets_a_timelapse_with_the_ids_of_its_tracks(tmp_path):
    gfp, dapi, nuclei, tracks = open_in_napari.layers(results_of(tmp_path, 3, True), "a b")
    assert [layer[2] for layer in (gfp, dapi, nuclei, tracks)] == ["image"] * 2 + [
        "labels",
        "tracks",
    ]
    for number, (data, how, _) in enumerate((gfp, dapi)):
        assert how["name"] == ["GFP", "DAPI"][number]
        assert how["colormap"] == ["green", "blue"][number]
        assert data[:, 0, 0].tolist() == [1 + 10 * number + 100 * t for t in range(3)]
    for data, how, _ in (gfp, dapi, nuclei):
        assert data.shape == (3, *SHAPE)
        assert how["scale"] == (1, 0.5, 0.5) and how["units"] == ("pixel", "um", "um")
    data, how, _ = tracks
    assert how["graph"] == {3: [1], 4: [1]} and how["scale"] == (1, 0.5, 0.5)
    assert len(data) == 7 and data[:, :2].tolist() == sorted(data[:, :2].tolist())
    for track, t, y, x in data.astype(int):
        assert nuclei[0][t, y, x] == track
    assert np.count_nonzero(nuclei[0]) == 7 * 25


@pytest.mark.parametrize("frames", [1, 3])
def test_napari_gets_nuclei_without_tracks_by_their_own_ids(tmp_path, frames):
    *_, (labels, how, kind) = open_in_napari.layers(results_of(tmp_path, frames, False), "a b")
    assert kind == "labels"
    for t in range(frames):
        for nucleus, (y, x) in PLACES[t].items():
            assert (labels[t, y : y + 5, x : x + 5] == nucleus + 1).all()
    if frames == 1:  # what napari shows of the nucleus under the mouse
        features = how["features"].set_index("index")
        assert features["nucleus_id"].to_dict() == {1: 0, 2: 1}
        assert features["x_px"].to_dict() == {1: 6, 2: 32}
    else:
        assert "features" not in how, "a nucleus is another one in each frame"


@pytest.fixture
def nuclei():
    """Give nuclei of a still, of a timelapse, and of one that lacks a stain and a pixel size."""
    images = ["still"] * 3 + ["time"] * 4 + ["=1+1"] * 2
    count = len(images)
    rng = np.random.default_rng(0)
    mean = rng.uniform(100, 200, (count, 2))
    mean[-2:, 1] = np.nan
    known = np.array([True] * 7 + [False] * 2)
    return pd.DataFrame(
        {
            "image": images,
            "scene": 0,
            "frame": [0, 0, 0, 0, 0, 1, 1, 0, 0],
            "nucleus_id": [0, 1, 2, 0, 1, 0, 1, 0, 1],
            "x_px": rng.uniform(0, 100, count),
            "y_px": rng.uniform(0, 100, count),
            "area_px": [100, 200, 300] * 3,
            "area_um2": np.where(known, np.array([100, 200, 300] * 3) * 0.25, np.nan),
            "DAPI_sum": 1,
            "DAPI_mean": mean[:, 0],
            "DAPI_saturated_px": 0,
            "γ-H2AX (2)_sum": 1,
            "γ-H2AX (2)_mean": mean[:, 1],
            "γ-H2AX (2)_positive": pd.array([True] * 7 + [None] * 2, "boolean"),
            "γ-H2AX (2)_saturated_px": 0,
            "drug, dose": ["none"] * 3 + ["much"] * 6,
            "cell_mean": "a column of the sample sheet",
        }
    )


def test_an_anndata_object_has_stains_places_and_pictures(nuclei):
    parts = to_anndata.parts(nuclei)
    assert parts["var"].index.tolist() == ["DAPI", "γ-H2AX (2)"]
    means = nuclei[["DAPI_mean", "γ-H2AX (2)_mean"]]
    assert np.array_equal(parts["X"], means.to_numpy(np.float32), equal_nan=True)
    obs = parts["obs"]
    assert (
        obs["library_id"].tolist()
        == ["still"] * 3 + ["time_s0_t0"] * 2 + ["time_s0_t1"] * 2 + ["=1+1"] * 2
    )
    assert obs.index.is_unique and obs.index[3] == "time_s0_t0_0"
    assert {*nuclei.columns} - {*means} <= {*obs.columns} and not {*means} & {*obs.columns}
    assert obs["spatial_unit"].tolist() == ["um"] * 7 + ["px"] * 2
    scale = np.array([0.5] * 7 + [1] * 2)[:, None]
    assert parts["obsm"]["spatial"] == pytest.approx(nuclei[["x_px", "y_px"]].to_numpy() * scale)


def test_anndata_writes_and_reads_it(nuclei, tmp_path):
    anndata = pytest.importorskip("anndata", reason="anndata is not installed")
    anndata.AnnData(**to_anndata.parts(nuclei)).write_h5ad(tmp_path / "a.h5ad")
    read = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert read.shape == (9, 2)
    assert read.obs["drug, dose"].tolist() == nuclei["drug, dose"].tolist()


def test_r_summarises_images_by_condition(nuclei, tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("R (Rscript) is not installed")
    nuclei.to_csv(tmp_path / "nuclei.csv", index=False)
    nuclei.to_parquet(tmp_path / "nuclei.parquet")
    measure = "γ-H2AX (2)_mean"
    command = ["Rscript", str(SCRIPTS / "nuclei.R"), str(tmp_path), "drug, dose"]
    how = {"cwd": tmp_path, "timeout": 120, "env": os.environ | {"LC_ALL": "C.UTF-8"}}
    subprocess.run([*command, measure], check=True, **how)
    written = pd.read_csv(tmp_path / "nuclei_by_condition.csv").set_index("drug, dose")
    means = nuclei.groupby("image")[measure].mean()
    assert written.loc["none", f"{measure}_mean"] == pytest.approx(means["still"])
    assert written.loc["much", f"{measure}_mean"] == pytest.approx(means["time"])
    assert written[["images", "nuclei"]].to_dict("index") == {
        "none": {"images": 1, "nuclei": 3},
        "much": {"images": 1, "nuclei": 4},
    }
    assert (tmp_path / "nuclei_by_condition.pdf").read_bytes().startswith(b"%PDF")
    wrong = subprocess.run([*command, "GFP_mean"], capture_output=True, **how)
    assert wrong.returncode and b"has no column GFP_mean" in wrong.stderr
    wrong = subprocess.run(command, capture_output=True, **how)
    assert wrong.returncode and b"give the folder general_stats, a column" in wrong.stderr
