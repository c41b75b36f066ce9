"""The neural network, its file, and files that only look like one."""

import os
import struct

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import SHIPPED, random_network

from immunostain.network.model_files import DATA_SHA256, check_model_file
from immunostain.network.unet import load_network, save_network
from immunostain.shared.errors import SettingsError


@pytest.mark.parametrize(
    ("widths", "multiple"), [((3,), 1), ((4, 6), 2), ((4, 5, 6), 4), ((2, 3, 4, 5), 8)]
)
def test_there_are_three_maps_of_the_size_of_the_picture(widths, multiple):
    network = random_network(*widths)
    assert network.multiple == multiple
    for shape in ((multiple, multiple), (3 * multiple, 5 * multiple)):
        assert network(torch.zeros(2, 2, *shape)).shape == (2, 3, *shape)


def test_a_picture_is_seen_by_itself():
    network = random_network(4, 6)
    pictures = torch.rand(3, 2, 8, 8, generator=torch.manual_seed(1))
    alone = torch.cat([network(picture[None]) for picture in pictures])
    torch.testing.assert_close(network(pictures), alone)


@pytest.mark.parametrize("widths", [(3,), (4, 6), (2, 3, 4, 5)])
def test_what_is_saved_is_loaded(tmp_path, widths):
    network = random_network(*widths)
    save_network(tmp_path / "a.safetensors", network, {"trained on": "nothing"})
    loaded = load_network(tmp_path / "a.safetensors")
    assert loaded.widths == widths and not loaded.training
    picture = torch.rand(1, 2, 16, 24, generator=torch.manual_seed(1))
    torch.testing.assert_close(loaded(picture), network(picture))
    with safetensors.safe_open(tmp_path / "a.safetensors", "pt") as file:
        metadata = file.metadata()
    assert len(metadata.pop(DATA_SHA256)) == 64 and metadata == {"trained on": "nothing"}
    check_model_file(str(tmp_path / "a.safetensors"))


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_others_may_read_a_model_as_the_umask_says(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        save_network(tmp_path / "a.safetensors", random_network(3), {})
    finally:
        os.umask(before)
    assert (tmp_path / "a.safetensors").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("suffix", [".pth", ".pt"])
def test_weights_from_torch_are_loaded_too(tmp_path, suffix):
    network = random_network(4, 6)
    torch.save(network.state_dict(), tmp_path / f"a{suffix}")
    loaded = load_network(tmp_path / f"a{suffix}")
    picture = torch.rand(1, 2, 8, 8, generator=torch.manual_seed(1))
    torch.testing.assert_close(loaded(picture), network(picture))


def refusal(path):
    """Give the sentence with which a file is refused; it names the setting and the file."""
    with pytest.raises(SettingsError) as caught:
        load_network(path)
    sentence = str(caught.value)
    assert sentence.startswith(f'segmentation.unet.model: "{path}"')
    assert "\n" not in sentence
    return sentence


class Code:
    """What runs a program when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_model_is_refused_and_not_run(tmp_path):
    torch.save({"weights": Code(tmp_path / "made by code")}, tmp_path / "a.pth")
    assert "more than weights" in refusal(tmp_path / "a.pth")
    torch.save(random_network(3), tmp_path / "b.pth")  # the whole object, not its weights
    assert "more than weights" in refusal(tmp_path / "b.pth")
    assert not (tmp_path / "made by code").exists()


@pytest.mark.parametrize("held", [{}, [], 3, {"a": 1}, torch.zeros(3), {"model": {}}, {3: 4}])
def test_other_things_in_a_torch_file_are_refused(tmp_path, held):
    torch.save(held, tmp_path / "a.pth")
    assert "another kind of network" in refusal(tmp_path / "a.pth")


WRONG_WEIGHTS = {
    "nothing of ours": lambda weights: {"encoder.weight": torch.zeros(3, 3)},
    "one is missing": lambda weights: {k: v for k, v in weights.items() if k != "out.bias"},
    "one more": lambda weights: weights | {"more": torch.zeros(1)},
    "another shape": lambda weights: weights | {"out.bias": torch.zeros(4)},
    "no shape": lambda weights: weights | {"down.0.0.weight": torch.tensor(1.0)},
    "one channel": lambda weights: weights | {"down.0.0.weight": torch.zeros(4, 1, 3, 3)},
}


@pytest.mark.parametrize("change", WRONG_WEIGHTS.values(), ids=WRONG_WEIGHTS)
def test_weights_of_another_network_are_refused(tmp_path, change):
    weights = change(random_network(4, 6).state_dict())
    safetensors.torch.save_file(weights, tmp_path / "a.safetensors")
    assert "another kind of network" in refusal(tmp_path / "a.safetensors")


def test_a_network_that_sees_further_than_tiles_overlap_is_refused(tmp_path):
    save_network(tmp_path / "a.safetensors", random_network(2, 2, 2, 2, 2), {})
    assert "another kind of network" in refusal(tmp_path / "a.safetensors")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("content", [b"", b"These are my notes\n" * 50, b"\0" * 500, b"\x80\x02"])
def test_what_is_no_model_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_missing_model_and_a_folder_are_refused(tmp_path, suffix):
    refusal(tmp_path / f"missing{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    refusal(tmp_path / f"folder{suffix}")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.9999])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_model_that_is_cut_off_is_refused(tmp_path, suffix, share):
    path = tmp_path / f"a{suffix}"
    if suffix == ".pth":
        torch.save(random_network(4, 6).state_dict(), path)
    else:
        save_network(path, random_network(4, 6), {})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("name", ["out.weight", "down.1.4.running_var"])
def test_weights_that_are_no_numbers_are_refused(tmp_path, name, value):
    weights = random_network(4, 6).state_dict()
    weights[name].view(-1)[1] = value
    torch.save(weights, tmp_path / "a.pth")
    assert "no numbers" in refusal(tmp_path / "a.pth")


def test_any_changed_byte_of_a_saved_model_is_seen(tmp_path):
    path = tmp_path / "a.safetensors"
    save_network(path, random_network(2), {"made by": "a test", "step": "3"})
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    for place in range(start, len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(SettingsError, match="is damaged"):
            check_model_file(str(path))
    path.write_bytes(content)
    check_model_file(str(path))


@settings(deadline=None, max_examples=60)
@given(content=st.binary(max_size=60), start=st.sampled_from([b"", b"\x80\x02", b"PK\x03\x04"]))
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_whatever_a_file_holds_is_refused_in_a_sentence(tmp_path_factory, suffix, content, start):
    path = tmp_path_factory.getbasetemp() / f"random{suffix}"
    head = struct.pack("<Q", len(content)) if suffix == ".safetensors" and start else start
    path.write_bytes(head + content)
    refusal(path)


def test_the_shipped_model_can_be_used():
    assert load_network(SHIPPED).multiple == 8
