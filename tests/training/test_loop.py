"""Training: that it learns, goes on as if it had not been interrupted, and stops when it should."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from annotated import discs_with_labels

from immunostain.network.unet import UNet
from immunostain.shared.resampling import resample, resample_labels
from immunostain.training import loop
from immunostain.training.checkpoints import fingerprint, load_checkpoint, save_checkpoint
from immunostain.training.examples import Source, annotate, depth_map
from immunostain.training.loop import Schedule, best_of, learning_rate, loss_of, no_better, train

CPU = torch.device("cpu")
LOG = logging.getLogger("immunostain.test")
SHORT = Schedule(steps=4, crops=2, crop_size=32, validate_every=2, patience=10, seed=3)


@pytest.fixture(autouse=True)
def one_core_and_a_small_network(monkeypatch):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(loop, "UNet", lambda: UNet((8, 16)))
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def data():
    drawn = [discs_with_labels(seed) for seed in range(3)]
    return [Source(1, [annotate(*pair) for pair in drawn[:2]])], [drawn[2:]]


def go(data, path, schedule=SHORT, of="this", log=LOG, start=None):
    steps = []
    network, history = train(*data, schedule, CPU, start, path, of, log, steps.append)
    return network.state_dict(), history, steps


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_the_same_seed_gives_the_same_network(data, tmp_path):
    first = go(data, tmp_path / "a.pt")
    again = go(data, tmp_path / "b.pt")
    other = go(data, tmp_path / "c.pt", replace(SHORT, seed=4))
    assert same(first[0], again[0]) and first[1] == again[1]
    assert not same(first[0], other[0]) and first[1] != other[1]
    assert first[2] == [1, 2, 3, 4]
    assert [entry["step"] for entry in first[1]] == [2, 4]
    assert all(type(value) in (int, float) for entry in first[1] for value in entry.values())


class Killed(Exception):
    """Stands for a kill: nothing is done after it."""


@pytest.mark.parametrize("last", [1, 2, 3])
def test_interrupted_training_ends_as_if_it_had_not_been(data, tmp_path, last):
    def stop(step):
        if step == last + 1:
            raise Killed

    whole = go(data, tmp_path / "whole.pt")
    with pytest.raises(Killed):
        train(*data, SHORT, CPU, None, tmp_path / "part.pt", "this", LOG, stop)
    assert (tmp_path / "part.pt").exists() == (last >= 2)
    weights, history, steps = go(data, tmp_path / "part.pt")
    assert same(weights, whole[0]) and history == whole[1]
    assert steps == ([2, 3, 4] if last >= 2 else [1, 2, 3, 4])


def test_a_finished_training_is_not_done_again(data, tmp_path):
    first = go(data, tmp_path / "a.pt")
    again = go(data, tmp_path / "a.pt")
    assert same(first[0], again[0]) and first[1] == again[1] and again[2] == [4]


def test_a_checkpoint_of_another_training_is_not_used(data, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    go(data, tmp_path / "a.pt", of="another")
    assert go(data, tmp_path / "a.pt")[2] == [1, 2, 3, 4]
    assert "other images or settings" in caplog.text


@pytest.mark.parametrize("damage", [b"", b"text", "cut off", "other"])
def test_a_damaged_checkpoint_is_not_used(data, tmp_path, caplog, damage):
    path = tmp_path / "a.pt"
    save_checkpoint(path, "this", {"step": 4})
    assert load_checkpoint(path, "this", CPU, LOG) == {"step": 4}
    if damage == "other":
        torch.save([1, 2], path)
    else:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] if damage == "cut off" else damage)
    assert load_checkpoint(path, "this", CPU, LOG) is None
    assert "a.pt is damaged and not used" in caplog.text


def test_no_code_in_a_checkpoint_is_run(tmp_path):
    class Code:
        def __reduce__(self):
            return print, ("run",)

    torch.save({"fingerprint": "this", "step": Code()}, tmp_path / "a.pt")
    assert load_checkpoint(tmp_path / "a.pt", "this", CPU, LOG) is None


def test_no_checkpoint(tmp_path):
    assert load_checkpoint(tmp_path / "a.pt", "this", CPU, LOG) is None


def test_the_fingerprint_is_of_settings_names_and_contents(tmp_path):
    paths = [str(tmp_path / name) for name in ("a.png", "b.png")]
    for path in paths:
        (tmp_path / path).write_text("content")
    found = {fingerprint({"a": 1, "b": [2]}, paths)}
    assert found == {fingerprint({"b": [2], "a": 1}, paths)}
    found |= {fingerprint({"a": 2, "b": [2]}, paths), fingerprint({"a": 1, "b": [2]}, paths[:1])}
    found.add(fingerprint({"a": 1, "b": [2]}, paths[::-1]))
    (tmp_path / "a.png").write_text("changed")
    found.add(fingerprint({"a": 1, "b": [2]}, paths))
    assert len(found) == 5


def test_training_finds_discs(data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "WARM_UP", 5)
    schedule = Schedule(60, crops=4, crop_size=64, validate_every=20, patience=10, seed=1)
    _, history, _ = go(data, tmp_path / "a.pt", schedule)
    losses = [entry["loss"] for entry in history]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.85 * losses[0]
    assert best_of(history)["ap50"] > 0.5


def test_the_best_weights_are_given_and_training_stops_early(data, tmp_path, monkeypatch):
    scores = iter([(0.1, 0.1), (0.5, 0.2), (0.4, 0.2), (0.6, 0.1), (0.9, 0.9)])
    seen = []

    def judge(network, *others):
        seen.append({key: value.clone() for key, value in network.state_dict().items()})
        return next(scores)

    monkeypatch.setattr(loop, "validation_scores", judge)
    schedule = replace(SHORT, steps=9, validate_every=1, patience=1)
    weights, history, _ = go(data, tmp_path / "a.pt", schedule)
    assert [entry["step"] for entry in history] == [1, 2, 3]
    assert best_of(history)["step"] == 2 and same(weights, seen[1])
    assert not same(weights, seen[2])


def test_training_goes_on_from_a_network(data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "GENTLE_RATE", 0.0)
    known = UNet((8, 16))
    before = {key: value.clone() for key, value in known.state_dict().items()}
    weights, _, _ = go(data, tmp_path / "a.pt", start=known)
    learnt = {key for key, value in weights.items() if not torch.equal(value, before[key])}
    assert all("running" in key or "num_batches" in key for key in learnt)
    assert same(known.state_dict(), before)  # and it is left as it was


def entries(*scores):
    return [{"step": n, "ap50": score, "ap75": 0.0} for n, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "patience", "stop"),
    [
        ([], 1, False),
        ([0.5], 1, False),
        ([0.5, 0.4], 1, True),
        ([0.5, 0.5], 1, True),
        ([0.5, 0.4], 2, False),
        ([0.5, 0.4, 0.4], 2, True),
        ([0.5, 0.4, 0.6], 2, False),
        ([0.1, 0.2, 0.3], 1, False),
    ],
)
def test_when_to_stop(scores, patience, stop):
    assert no_better(entries(*scores), patience) == stop


def test_of_equal_scores_the_last_is_the_best():
    assert best_of(entries(0.2, 0.5, 0.5, 0.4))["step"] == 2


def test_the_learning_rate_rises_and_falls():
    rates = [learning_rate(step, 1000, 0.5) for step in range(1000)]
    top = int(np.argmax(rates))
    assert top in (loop.WARM_UP - 1, loop.WARM_UP)
    assert (np.diff(rates[:top]) > 0).all() and (np.diff(rates[top + 1 :]) <= 0).all()
    assert max(rates) == 0.5
    assert learning_rate(3, 4, 0.5) > 0 and rates[-1] == pytest.approx(0.005)


def test_the_loss_of_a_perfect_answer_is_small_and_of_its_opposite_large():
    shares = torch.zeros(1, 2, 8, 8)
    shares[..., 2:6, 2:6] = 1
    size = torch.full((1, 1, 8, 8), 0.5)
    weights = torch.ones(1, 1, 8, 8)
    targets = torch.cat([shares, size], 1)
    logits = 40 * (shares - 0.5)
    right = loss_of(torch.cat([logits, size], 1), targets, weights)
    wrong = loss_of(torch.cat([-logits, size], 1), targets, weights)
    other_size = loss_of(torch.cat([logits, size + 2], 1), targets, weights)
    assert 0 <= right < 1e-4 and wrong > 10
    assert other_size - right == pytest.approx(loop.SIZE_WEIGHT * 1.5, rel=1e-4)
    no_nuclei = torch.cat([0 * shares, size], 1)
    assert loss_of(torch.cat([-20 + 0 * shares, size], 1), no_nuclei, weights).isfinite()


def test_validation_uses_the_true_diameter_and_counts_all_nuclei(monkeypatch):
    """A network that knows the truth at its own resolution gets full marks at any."""
    truths, nobody = {}, UNet((2,))

    def maps_of_truth(network, picture, shape):
        labels = truths[picture.shape]
        foreground = resample(labels > 0, shape)
        small = resample_labels(labels, foreground > 0.5).astype(np.int32)
        return np.stack([foreground, depth_map(small), 0 * foreground])

    monkeypatch.setattr(loop, "whole_maps", maps_of_truth)
    validation = []
    for radius in (5, 12, 30):
        shape = (10 * radius, 11 * radius)
        picture, labels = discs_with_labels(0, radius, shape, 3 * radius)
        truths[shape] = labels
        validation.append((picture, labels))
    ap50, ap75 = loop.validation_scores(nobody, validation, CPU)
    assert ap50 == ap75 == 1
    truths[shape] = np.where(labels == 1, 0, labels)
    total = sum(int(labels.max()) for _, labels in validation)
    assert loop.validation_scores(nobody, validation, CPU)[0] == pytest.approx(1 - 1 / total)
