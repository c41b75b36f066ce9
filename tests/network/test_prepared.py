"""The network made ready for processors: what PyTorch gives, without PyTorch."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from czi_files import EXAMPLE, REAL, ROOT, needs_real_files
from drawn_nuclei import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import (
    CPU,
    SHIPPED,
    by_torch,
    on_the_processor,
    random_network,
    shipped_network,
    weights_of,
)

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.network.diameter import estimate_diameter
from immunostain.network.loading import load_predictor
from immunostain.network.on_processor import load_on_processor, prepared_name
from immunostain.network.predict import maps_of
from immunostain.network.prepared import prepare
from immunostain.network.unet import load_network, save_network, short_float
from immunostain.shared.errors import SettingsError


@settings(deadline=None, max_examples=25)
@given(
    widths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    shape=st.tuples(st.integers(1, 3), st.just(2), st.integers(1, 4), st.integers(1, 4)),
)
def test_any_network_answers_as_in_pytorch(widths, shape):
    network = random_network(*widths)
    times = network.multiple
    seen = np.random.default_rng(0).random((*shape[:2], shape[2] * times, shape[3] * times))
    seen = seen.astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(seen)).numpy()
    ready = on_the_processor(weights_of(network))
    answer = ready.answer(seen)
    assert ready.multiple == times and answer.dtype == np.float32
    np.testing.assert_allclose(answer, expected, atol=1e-4 * max(1, np.abs(expected).max()))


def as_whole_numbers_differ(picture, diameter):
    """Tell how far the maps of both ways of running the shipped network differ, of 255."""
    both = [maps_of(each, picture, diameter) for each in (shipped_network(), by_torch(SLOW))]
    one, other = (maps.astype(int) for maps in both)
    assert one[0].max() > 200  # there is something to see
    return np.abs(one - other).max()


SLOW = load_network(SHIPPED)
MOST = 1 if short_float(CPU) is None else 8  # PyTorch's numbers have 16 bits on some processors


def test_maps_of_drawn_nuclei_are_those_of_pytorch():
    assert as_whole_numbers_differ(drawn(30, 3), 30) <= MOST


def nuclei_of(path):
    image = open_czi(str(path))
    return read_frame(image, image.frames[0], image.channels[0], "max")


@pytest.mark.parametrize("name", ["still_1.czi", "still_3.czi"])
def test_maps_of_the_example_are_those_of_pytorch(name):
    assert as_whole_numbers_differ(nuclei_of(EXAMPLE / name), 85) <= MOST


@needs_real_files
@pytest.mark.parametrize("name", ["czitools__DAPI_GFP", "czitools__nuc_small"])
def test_maps_of_real_files_are_those_of_pytorch(name):
    picture = nuclei_of(REAL / f"{name}.czi")
    diameter = estimate_diameter(shipped_network(), [picture])
    assert as_whole_numbers_differ(picture, diameter) <= MOST


def test_a_model_is_prepared_under_the_hash_of_what_is_in_it(tmp_path):
    for name, widths in (("a", (4, 6)), ("b", (3,))):
        save_network(tmp_path / f"{name}.safetensors", random_network(*widths), {})
    (tmp_path / "same.safetensors").write_bytes((tmp_path / "a.safetensors").read_bytes())
    models = {"10": "a.safetensors", "20": "b.safetensors", "63": "same.safetensors"}
    prepare({key: str(tmp_path / name) for key, name in models.items()}, tmp_path)
    names = {prepared_name(tmp_path / name) for name in models.values()}
    assert {path.name for path in tmp_path.glob("*.onnx")} == names and len(names) == 2
    multiples = [
        load_on_processor(tmp_path / name, str(tmp_path), 1).multiple for name in models.values()
    ]
    assert multiples == [2, 1, 2]


@pytest.mark.parametrize("content", [b"", b"no network", None])
def test_what_was_prepared_and_is_damaged_is_told(tmp_path, content):
    if content is not None:
        (tmp_path / prepared_name(SHIPPED)).write_bytes(content)
    with pytest.raises(SettingsError, match=r"\.onnx.*is damaged; delete the folder"):
        load_on_processor(SHIPPED, str(tmp_path), 1)


WITHOUT_TORCH = """
import sys
from pathlib import Path
sys.modules["torch"] = None  # what isn't installed
from immunostain.network.diameter import estimate_diameter
from immunostain.network.loading import load_predictor
from immunostain.network.prepared import prepare
from immunostain.shared.errors import SettingsError
model, folder = Path(sys.argv[1]), sys.argv[2]
prepare(str(model), Path(folder))
print(load_predictor(model, folder, sys.argv[3], 1).runs_on)
"""


def run_without_torch(folder, device, model=SHIPPED):
    command = [sys.executable, "-c", WITHOUT_TORCH, str(model), str(folder), device]
    env = {"PYTHONPATH": str(ROOT / "workflow")}
    return subprocess.run(command, capture_output=True, text=True, env=env)


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_a_processor_needs_no_pytorch(tmp_path, device):
    run = run_without_torch(tmp_path, device)
    assert run.stdout == "processor\n", run.stderr


def test_what_needs_pytorch_says_so(tmp_path):
    run = run_without_torch(tmp_path, "cuda")
    assert "device is cuda, and PyTorch isn't installed" in run.stderr
    torch.save(random_network(3).state_dict(), tmp_path / "a.pth")
    run = run_without_torch(tmp_path, "cpu", tmp_path / "a.pth")
    assert "needs PyTorch, which isn't installed" in run.stderr


def test_a_model_of_pytorch_s_own_can_be_prepared(tmp_path):
    network = random_network(4, 6)
    torch.save(network.state_dict(), tmp_path / "a.pth")
    prepare(str(tmp_path / "a.pth"), tmp_path)
    ready = load_predictor(tmp_path / "a.pth", str(tmp_path), "cpu", 1)
    seen = np.random.default_rng(0).random((1, 2, 8, 8), np.float32)
    np.testing.assert_allclose(ready.answer(seen), by_torch(network).answer(seen), atol=0.1)
