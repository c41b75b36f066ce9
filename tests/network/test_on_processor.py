"""The network on processors: what PyTorch gives, without PyTorch, and nearly that in 8 bits."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

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
    random_network,
    shipped_network,
    weights_of,
)

from immunostain.czi.image import open_czi
from immunostain.czi.planes import read_frame
from immunostain.network.diameter import estimate_diameter
from immunostain.network.loading import load_on_processor, load_predictor
from immunostain.network.on_processor import (
    DEVIATIONS,
    added,
    answering,
    graph_of,
    mixed,
    openvino,
    rectified,
)
from immunostain.network.predict import maps_of
from immunostain.network.unet import load_network, save_network, short_float
from immunostain.network.weights import Convolution, read_weights


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
    answer = answering(graph_of(weights_of(network), whole_numbers=False), 1)(seen)
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, expected, atol=1e-4 * max(1, np.abs(expected).max()))


BY_TORCH = by_torch(load_network(SHIPPED))
IN_32_BITS = replace(
    shipped_network(),
    answer=answering(graph_of(read_weights(SHIPPED), whole_numbers=False), 1),
)
MOST = 1 if short_float(CPU) is None else 8  # PyTorch's numbers have 16 bits on some processors


def are_alike(picture, diameter):
    """Compare the maps of the shipped network, from 0 to 255, with those it should give."""
    maps, in_32_bits, by_torch_ = (
        maps_of(network, picture, diameter).astype(int)
        for network in (shipped_network(), IN_32_BITS, BY_TORCH)
    )
    assert by_torch_[0].max() > 200  # there is something to see
    assert np.abs(in_32_bits - by_torch_).max() <= MOST
    off = np.abs(maps - in_32_bits)
    assert np.quantile(off, 0.99) <= 3 and off.max() <= 20
    nucleus, expected = maps[0] > 127, in_32_bits[0] > 127
    assert np.count_nonzero(nucleus != expected) <= 0.006 * np.count_nonzero(expected)


def test_maps_of_drawn_nuclei_are_those_of_pytorch():
    are_alike(drawn(30, 3), 30)


def nuclei_of(path):
    image = open_czi(str(path))
    return read_frame(image, image.frames[0], image.channels[0], "max")


@pytest.mark.parametrize("name", ["still_1.czi", "still_3.czi"])
def test_maps_of_the_example_are_those_of_pytorch(name):
    are_alike(nuclei_of(EXAMPLE / name), 85)


@needs_real_files
@pytest.mark.parametrize("name", ["czitools__DAPI_GFP", "czitools__nuc_small"])
def test_maps_of_real_files_are_those_of_pytorch(name):
    picture = nuclei_of(REAL / f"{name}.czi")
    are_alike(picture, estimate_diameter(shipped_network(), [picture]))


def test_how_numbers_are_spread_is_told_by_their_normalisation():
    """Compare with a million numbers drawn by chance."""
    rng = np.random.default_rng(0)
    mean, deviation = np.array([-1.0, 0.0, 2.0]), np.array([0.5, 1.0, 0.2])
    normal = rng.normal(mean, deviation, (1_000_000, 3))
    above = np.maximum(normal, 0)
    told = rectified(mean, deviation)
    np.testing.assert_allclose(told.mean, above.mean(0), atol=0.005)
    np.testing.assert_allclose(told.deviation, above.std(0), atol=0.005)
    assert told.low == 0 and told.high == DEVIATIONS
    factors = np.array([[1, -2, 0.5], [0, 1, 3]])
    narrow = Convolution(factors[:, :, None, None], np.array([0.1, -5]))
    mixture = above @ factors.T + narrow.bias
    told = mixed(told, narrow)
    np.testing.assert_allclose(told.mean, mixture.mean(0), atol=0.01)
    np.testing.assert_allclose(told.deviation, mixture.std(0), atol=0.01)
    assert np.mean((told.low < mixture) & (mixture < told.high)) > 0.9999
    other = rng.permuted(mixture, axis=0)
    twice = added(told, told)
    np.testing.assert_allclose(twice.mean, (mixture + other).mean(0), atol=0.01)
    np.testing.assert_allclose(twice.deviation, (mixture + other).std(0), atol=0.01)


def test_maps_that_are_always_empty_have_a_spread():
    told = rectified(np.array([-30.0]), np.array([0.0]))
    assert told.high > told.low == 0 and told.mean == told.deviation == 0


WITHOUT_TORCH = """
import sys
from pathlib import Path
sys.modules["torch"] = None  # what isn't installed
from immunostain.network.diameter import estimate_diameter
from immunostain.network.loading import load_predictor
print(load_predictor(Path(sys.argv[1]), sys.argv[2], 1, 1).runs_on)
"""


def run_without_torch(device, model=SHIPPED):
    command = [sys.executable, "-c", WITHOUT_TORCH, str(model), device]
    env = {"PYTHONPATH": str(ROOT / "workflow")}
    return subprocess.run(command, capture_output=True, text=True, env=env)


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_a_processor_needs_no_pytorch(device):
    run = run_without_torch(device)
    assert run.stdout == "processor\n", run.stderr


def test_what_needs_pytorch_says_so(tmp_path):
    run = run_without_torch("cuda")
    assert "device is cuda, and PyTorch isn't installed" in run.stderr
    torch.save(random_network(3).state_dict(), tmp_path / "a.pth")
    run = run_without_torch("cpu", tmp_path / "a.pth")
    assert "needs PyTorch, which isn't installed" in run.stderr


def test_a_job_without_a_card_asks_a_processor():
    assert load_predictor(SHIPPED, "cuda", 0, 1).runs_on == "processor"


def test_a_model_of_pytorch_s_own_runs_on_a_processor(tmp_path):
    network = random_network(4, 6)
    torch.save(network.state_dict(), tmp_path / "a.pth")
    save_network(tmp_path / "a.safetensors", network, {})
    seen = np.random.default_rng(0).random((1, 2, 8, 8), np.float32)
    one, other = (load_on_processor(tmp_path / f"a.{end}") for end in ("pth", "safetensors"))
    np.testing.assert_array_equal(one.answer(seen), other.answer(seen))


AT_HOME = """
import sys
from immunostain.network.loading import load_on_processor
load_on_processor(sys.argv[1])
told = [name for name in sys.modules if "telemetry" in name]
assert not told, told
"""


def test_nobody_is_told_that_it_runs(tmp_path):
    """OpenVINO has a part that tells its makers, where it isn't run for tests."""
    env = {"PYTHONPATH": str(ROOT / "workflow"), "HOME": str(tmp_path)}
    command = [sys.executable, "-c", AT_HOME, str(SHIPPED)]
    run = subprocess.run(command, capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stderr
    assert not list(tmp_path.iterdir())
    part = Path(openvino.__file__).with_name("tools") / "ovc" / "__init__.py"
    assert "telemetry.send_event" in part.read_text()  # or else it need not be kept from it
