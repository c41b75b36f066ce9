"""Which images and frames are shown."""

from dataclasses import replace

import pytest

from immunostain.images.facts import FileFacts, FrameFacts, SceneFacts, unreadable
from immunostain.preview.choose import candidates, choose, frames_to_show
from immunostain.preview.folder import FolderImage
from immunostain.shared.errors import SettingsError


def facts(magnification=20.0, frames=1, scenes=1):
    return FileFacts(
        channels=("DAPI",),
        nuclear_channel="DAPI",
        pixel_types=("gray16",),
        pixel_size_um=(0.5, 0.5),
        magnification=magnification,
        scenes=(SceneFacts(64, 64, 1),) * scenes,
        frames=tuple(FrameFacts(s, t, None) for s in range(scenes) for t in range(frames)),
    )


def folder(**kinds):
    return [FolderImage(name, f"{name}.czi", 1, known) for name, known in kinds.items()]


def test_images_of_each_kind_are_looked_at():
    many = {f"a{n:02}": facts() for n in range(50)} | {"b": facts(63.0), "c": facts(None)}
    asked = candidates(folder(**many, bad=unreadable("empty")), 4)
    assert {"b", "c"} <= set(asked) and len(asked) == 4 + 2
    assert asked[0] == "a00" and "a49" in asked and "bad" not in asked


def test_not_all_are_looked_at_where_each_is_of_its_own_kind():
    many = {f"a{n:03}": replace(facts(), pixel_size_um=(0.1 + n / 100,) * 2) for n in range(200)}
    asked = candidates(folder(**many), 4)
    assert len(asked) == 12 and asked[0] == "a000" and asked[-1] == "a199"
    bright = {image: float(image[1:]) for image in many}
    assert choose(bright, many, 3) == ["a000", "a100", "a199"]


def test_a_last_digit_makes_no_other_kind():
    alike = {"a": facts(), "b": replace(facts(), pixel_size_um=(0.50001, 0.49999))}
    assert choose({"a": 1.0, "b": 9.0, "c": 5.0}, alike | {"c": facts(63.0)}, 2) == ["b", "c"]


def test_images_that_were_named_are_looked_at():
    there = folder(a=facts(), b=facts(), c=unreadable("the file is empty"))
    assert candidates(there, ["b", "a"]) == ["b", "a"]
    named = folder(**{f"plate__{n}": facts() for n in range(20)})
    with pytest.raises(SettingsError, match=r'no image "plate/7"; .* are: plate__7, ') as told:
        candidates(named, ["plate/7"])
    assert len(str(told.value)) < 150
    with pytest.raises(SettingsError, match="are: none"):
        candidates([], ["x"])
    with pytest.raises(SettingsError, match="the file is empty"):
        candidates(there, ["c"])


def test_all_kinds_are_shown_and_of_each_the_dimmest_and_the_brightest():
    bright = {"a": 5.0, "b": 900.0, "c": 40.0, "d": 300.0, "e": 70.0}
    kinds = dict.fromkeys("abcd", facts()) | {"e": facts(63.0)}
    assert choose(bright, kinds, 3) == ["a", "b", "e"]
    assert choose(bright, kinds, 2) == ["d", "e"]
    assert choose(bright, kinds, 1) == ["d"]
    assert choose(bright, kinds, 8) == list(bright)
    assert choose({}, {}, 4) == []


def test_the_first_and_the_last_frame_are_shown():
    (only,) = frames_to_show(facts(), ["1of1"])
    assert (only.scene, only.frame, only.looked_at) == (0, 0, ((0, 0),))
    first, last = frames_to_show(facts(frames=9), ["1of1"])
    assert [first.frame, last.frame] == [0, 8]
    assert first.looked_at == last.looked_at == tuple((0, t) for t in (0, 2, 4, 6, 8))
    first, last = frames_to_show(facts(frames=2, scenes=3), ["1of2", "2of2"])
    assert [(last.scene, last.frame), last.looked_at] == [(2, 1), ((1, 1), (2, 0), (2, 1))]


def test_equal_frames_of_a_file_are_told_apart():
    still = replace(facts(), frames=(FrameFacts(0, 0, 1.5),))
    assert len(frames_to_show(still, ["1of1"])) == 1
