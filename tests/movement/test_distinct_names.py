"""Files of all images in one folder: none takes the place of another."""

import pytest

from immunostain.movement.distinct_names import distinct_names
from immunostain.shared.files import link_all


def movement(folder, image, scenes=1):
    """Write what tracking writes of an image, by the kind of name."""
    names = [f"{image}{behind}" for behind in ("_tracks.csv", "_motility.csv", "_msd.csv")]
    for scene in range(scenes):
        name = f"{image}_s-{scene}" if scenes > 1 else image
        names += [f"{name}_movie.mp4", f"exports/{name}.geff/.zattrs", f"exports/{name}.geff/a/0"]
    names.append(".snakemake_timestamp")
    for name in names:
        path = folder / f"of {image}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{image}: {name}")
    return folder / f"of {image}"


def together(tmp_path, images):
    """Bring the files of images, given with their numbers of scenes, into one folder."""
    folders = {image: movement(tmp_path, image, scenes) for image, scenes in images.items()}
    renamed = distinct_names(folders)
    for image, folder in folders.items():
        list(link_all(folder, tmp_path / "all", renamed[image]))
    found = {
        str(path.relative_to(tmp_path / "all")): path.read_text()
        for path in (tmp_path / "all").rglob("*")
        if path.is_file()
    }
    written = sum(len([f for f in p.rglob("*") if f.is_file()]) - 1 for p in folders.values())
    assert len(found) == written
    return found


@pytest.mark.parametrize("order", [1, -1])
def test_a_scene_and_another_image_of_its_name(tmp_path, order):
    images = {"a": 2, "a_s-0": 1, "b": 1}
    found = together(tmp_path, dict(list(images.items())[::order]))
    assert found["a_s-0_movie.mp4"] == "a_s-0: a_s-0_movie.mp4"
    assert found["a_image_s-0_movie.mp4"] == "a: a_s-0_movie.mp4"
    assert found["a_s-1_movie.mp4"] == "a: a_s-1_movie.mp4"
    assert found["exports/a_s-0.geff/.zattrs"] == "a_s-0: exports/a_s-0.geff/.zattrs"
    assert found["exports/a_image_s-0.geff/a/0"] == "a: exports/a_s-0.geff/a/0"
    assert found["a_tracks.csv"] == "a: a_tracks.csv"


def test_names_that_do_not_clash_stay(tmp_path):
    folders = {image: movement(tmp_path, image, 2) for image in ("a", "a_s", "b_s-0", "B")}
    assert not any(distinct_names(folders).values())


def test_an_image_that_is_called_as_the_other_one_would_be_now(tmp_path):
    found = together(tmp_path, {"a": 2, "a_s-0": 1, "a_image": 2, "a_image_s-0": 1})
    assert found["a_image_s-0_movie.mp4"] == "a_image_s-0: a_image_s-0_movie.mp4"
    assert found["a_image_image_s-0_movie.mp4"] == "a_image: a_image_s-0_movie.mp4"
    assert found["a_image_image_image_s-0_movie.mp4"] == "a: a_s-0_movie.mp4"


def test_an_image_that_is_called_as_the_tables_of_all_images(tmp_path):
    found = together(tmp_path, {"motility": 1, "a": 1})
    assert found["motility_image_msd.csv"] == "motility: motility_msd.csv"
    assert found["motility_tracks.csv"] == "motility: motility_tracks.csv"
    assert not {"motility_msd.csv", "motility_speeds.png"} & set(found)


def test_names_that_a_memory_stick_takes_for_one(tmp_path):
    folders = {image: movement(tmp_path, image, 2) for image in ("a", "A_S-0")}
    (folders["A_S-0"] / "A_S-0_movie.mp4").touch()
    renamed = distinct_names(folders)
    assert {str(new) for new in renamed["a"].values()} == {"a_image_s-0_movie.mp4"}
    assert not renamed["A_S-0"]
