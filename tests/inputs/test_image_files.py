"""What there is to analyse, from names and sizes alone."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunostain.inputs import chunks, image_files
from immunostain.inputs.chunks import chunk_names, size_in_bytes
from immunostain.shared.errors import SettingsError
from immunostain.shared.wording import listed


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return str(folder)


def long_name(length, first="a"):
    """Give a name of different letters, as people's long names have."""
    return "".join(chr(ord(first) + index % 23) for index in range(length))


def test_finds_czi_files_of_all_folders_and_names_the_rest(tmp_path):
    hidden = [".DS_Store", ".x/d.czi", "._b.czi", "..czi", ".hidden.czi"]
    folder = make(tmp_path, "b.czi", "a.CZI", "plate 1/c.Czi", "notes.txt", *hidden)
    (tmp_path / "folder.czi").mkdir()
    make(tmp_path, "folder.czi/inside.czi")
    found = image_files.find_images(folder)
    assert found.images == {
        "a": f"{folder}/a.CZI",
        "b": f"{folder}/b.czi",
        "plate 1__c": f"{folder}/plate 1/c.Czi",
    }
    assert found.refused == {}
    assert image_files.lines_on_left_alone(found.left_alone) == [
        "Left alone, folders with the name of a .czi file: folder.czi/",
        "Left alone, hidden: ..czi, .DS_Store, ._b.czi, .hidden.czi, .x/",
        "Left alone, not .czi files: notes.txt",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "a b.czi",
        "ü ß.czi",
        "a+b%20.czi",
        "-dash.czi",
        "a.b.czi",
        "1.czi",
        "図.czi",
        long_name(200) + ".czi",
    ],
)
def test_unusual_names_work(tmp_path, name):
    found = image_files.find_images(make(tmp_path, name))
    assert found.images == {name.removesuffix(".czi"): str(tmp_path / name)}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a{b.czi", "{ } < >"),
        ("a<b>.czi", "{ } < >"),
        ("fold{er}/a.czi", "{ } < >"),
        ("a\nb.czi", "unprintable"),
        ("a" * 21 + ".czi", "20 or more repeats"),
        ("x-" + "ab" * 20 + ".czi", "20 or more repeats"),
        ("a\x07b.czi", "unprintable"),
        (long_name(201) + ".czi", "longer than 200 bytes"),
        (long_name(101, "à") + ".czi", "longer than 200 bytes"),
        (long_name(120) + "/" + long_name(90) + ".czi", "longer than 200 bytes"),
    ],
)
def test_names_that_cannot_be_used_are_refused_by_name(tmp_path, name, reason):
    found = image_files.find_images(make(tmp_path, name, "good.czi"))
    assert list(found.images) == ["good"]
    ((refused, why),) = found.refused.items()
    assert reason in why
    assert "rename it" in why or "shorten it" in why
    assert refused == name.replace("\n", r"\n").replace("\x07", r"\x07")


def test_the_longest_name_leaves_room_for_what_is_put_behind_it(tmp_path):
    found = image_files.find_images(make(tmp_path, long_name(image_files.LONGEST_ID) + ".czi"))
    (image,) = found.images
    for behind in ("_overall_movement.png", "_movement_stat.xlsx", "_time_point_stat.xlsx"):
        (tmp_path / f"{image}{behind}").touch()


def test_a_name_that_is_not_unicode_can_still_be_written_to_a_table(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.czi")
    try:
        with open(path, "wb"):
            pass
    except OSError:
        pytest.skip("this file system has only names in Unicode")
    (name,) = image_files.find_images(str(tmp_path)).refused
    assert name.encode("utf-8") == rb"caf\xe9.czi"


def test_only_unusable_files_are_not_an_error(tmp_path):
    found = image_files.find_images(make(tmp_path, "{}.czi"))
    assert not found.images
    assert list(found.refused) == ["{}.czi"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("a/b.czi", "a__b.czi"), ("x.czi", "x.CZI"), ("a/b/c.czi", "a/b__c.czi")],
)
def test_two_files_of_one_id_stop_the_run_with_both_names(tmp_path, one, other):
    folder = make(tmp_path, one, other)
    with pytest.raises(SettingsError) as caught:
        image_files.find_images(folder)
    assert str(tmp_path / one) in str(caught.value)
    assert str(tmp_path / other) in str(caught.value)


def test_a_missing_folder(tmp_path):
    missing = str(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match=r"input_folder: .*nowhere.* is not a folder"):
        image_files.find_images(missing)


def test_a_file_in_place_of_the_folder(tmp_path):
    make(tmp_path, "a.czi")
    with pytest.raises(SettingsError, match="is not a folder"):
        image_files.find_images(str(tmp_path / "a.czi"))


@pytest.mark.parametrize(
    ("names", "but"),
    [
        ((), ""),
        (("notes.txt", ".notes"), ""),
        (("..czi", ".a.czi"), r" that isn't hidden \(there is \.\.czi, \.a\.czi\)"),
    ],
)
def test_a_folder_without_czi_files(tmp_path, names, but):
    with pytest.raises(SettingsError, match=rf'there is no \.czi file in ".*"{but}$'):
        image_files.find_images(make(tmp_path, *names))


def test_the_order_is_that_of_the_ids(tmp_path):
    found = image_files.find_images(make(tmp_path, "b/2.czi", "a.czi", "b.czi", "b/10.czi"))
    assert list(found.images) == sorted(found.images)


def test_a_link_to_nowhere_and_a_pipe_are_refused(tmp_path):
    (tmp_path / "gone.czi").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.czi")
    found = image_files.find_images(make(tmp_path, "good.czi"))
    assert list(found.images) == ["good"]
    assert list(found.refused) == ["gone.czi", "pipe.czi"]


def test_a_linked_folder_is_searched_but_a_loop_is_not(tmp_path):
    make(tmp_path / "elsewhere", "a.czi")
    make(tmp_path / "in", "b.czi")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert list(image_files.find_images(str(tmp_path / "in")).images) == ["b", "link__a"]


def test_folders_that_link_to_each_other_are_read_once(tmp_path):
    make(tmp_path, "a/1.czi", "b/2.czi")
    (tmp_path / "a" / "l").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "m").symlink_to(tmp_path / "a")
    found = image_files.find_images(str(tmp_path))
    assert found.images == {"a__1": f"{tmp_path}/a/1.czi", "b__2": f"{tmp_path}/b/2.czi"}
    assert found.left_alone == {"a/l/": image_files.SAME_FOLDER, "b/m/": image_files.SAME_FOLDER}


def test_no_folder_is_read_twice_and_its_own_name_goes_first(tmp_path):
    make(tmp_path, "in/own/1.czi", "far/2.czi", "far/deep/3.czi")
    for link, target in {
        "0": "in/own",
        "own/x": "far/deep",
        "y": "far",
        "z": "far",
        "above": ".",
    }.items():
        (tmp_path / "in" / link).symlink_to(tmp_path / target)
    (tmp_path / "far" / "back").symlink_to(tmp_path / "in")
    found = image_files.find_images(str(tmp_path / "in"))
    assert list(found.images) == ["own__1", "y__2", "y__deep__3"]
    assert list(found.left_alone) == ["0/", "above/", "own/x/", "y/back/", "z/"]
    assert found.left_alone.pop("above/") == image_files.LOOP
    assert set(found.left_alone.values()) == {image_files.SAME_FOLDER}


def test_a_link_to_a_file_is_an_image_of_its_own(tmp_path):
    make(tmp_path, "a.czi")
    (tmp_path / "b.czi").symlink_to(tmp_path / "a.czi")
    assert list(image_files.find_images(str(tmp_path)).images) == ["a", "b"]


def test_names_reach_no_terminal_as_they_are(tmp_path):
    folder = make(
        tmp_path, "a.czi", "x\x1b[2J.txt", "y\x1b]0;z\x07.czi", "d\x1b/.h", ".k\u202e/a.czi"
    )
    found = image_files.find_images(folder)
    shown = "\n".join(
        [
            *image_files.lines_on_left_alone(found.left_alone),
            *found.refused,
            *found.refused.values(),
        ]
    )
    assert all(line.isprintable() for line in shown.splitlines())
    assert r"x\x1b[2J.txt" in shown and r".k\u202e/" in shown and r"d\x1b/.h" in shown
    assert listed(["a\x1bb"]) == r"a\x1bb"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("256 MB", 256_000_000),
        ("1.5GB", 1_500_000_000),
        ("100 kB", 100_000),
        ("100KB", 100_000),
        ("2 TB", 2_000_000_000_000),
        ("770000", 770_000),
        (770_000, 770_000),
    ],
)
def test_sizes(text, size):
    assert size_in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "big", "-3 MB", "3 MiB", "0", "0 MB", 0, "1e9", "99 kB"])
def test_sizes_that_are_none(text):
    with pytest.raises(SettingsError, match=r"chunk_size: .* is not a size of 100 kB or more"):
        size_in_bytes(text)


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_chunks_come_from_the_size(tmp_path, size, count):
    (tmp_path / "a.czi").write_bytes(b"x" * size)
    names = chunk_names(str(tmp_path / "a.czi"), 10)
    assert names == [f"{number}of{count}" for number in range(1, count + 1)]


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(1, 60))
def test_chunks_share_all_frames_in_order_and_evenly(frames, count):
    shares = [chunks.share(frames, f"{number}of{count}") for number in range(1, count + 1)]
    assert [frame for share in shares for frame in share] == list(range(frames))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_results_in_the_input_folder_are_not_looked_into(tmp_path):
    (tmp_path / "a.czi").touch()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "table.csv").touch()
    found = image_files.find_images(str(tmp_path), str(tmp_path / "results"))
    assert found.left_alone == {}


def test_results_in_the_input_folder_are_not_looked_into_by_whatever_way(tmp_path):
    make(tmp_path, "in/a.czi", "in/results/b.czi")
    (tmp_path / "out").symlink_to(tmp_path / "in" / "results")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "in" / "results")
    found = image_files.find_images(str(tmp_path / "in"), str(tmp_path / "out"))
    assert list(found.images) == ["a"] and found.left_alone == {}
