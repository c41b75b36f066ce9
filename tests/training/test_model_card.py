"""What is written about a training: the model card, the history and the curves."""

import csv
import io
from dataclasses import replace

import pytest
from PIL import Image

from immunostain.results import figures
from immunostain.training.learning_curves import learning_curves, write_history
from immunostain.training.loop import Schedule
from immunostain.training.model_card import model_card
from immunostain.training.pictures import SetFacts, TrainingSet

SCHEDULE = Schedule(steps=900, crops=8, crop_size=160, validate_every=300, patience=10, seed=42)
PLATES = SetFacts("", "", 1, 60, 19, 1234, ["plate 7"], 56)
DATA = TrainingSet([], [], [PLATES], [10.0, 20.0, 30.0])
HISTORY = [
    {"step": 300, "loss": 0.9, "ap50": 0.5, "ap75": 0.25},
    {"step": 600, "loss": 0.7, "ap50": 0.8125, "ap75": 0.75},
    {"step": 900, "loss": 0.6, "ap50": 0.8, "ap75": 0.7},
]


def card(description="Plates of May, CC BY 4.0", data=DATA, start=None, schedule=SCHEDULE):
    return model_card(description, data, start, schedule, "cpu", HISTORY)


def test_the_card_says_what_the_model_was_made_from_and_how_good_it_is():
    text = card()
    for line in (
        "Plates of May, CC BY 4.0",
        "| images | 1 | 19 | 1234 | 1 | 56 | 60 |",
        "| seed | 42 |",
        "| crop_size | 160 |",
        "| device | cpu |",
        "| 0.5 | 0.812 |",
        "| 0.75 | 0.750 |",
        "- plate 7",
    ):
        assert f"\n{line}\n" in text
    assert "nucleus of an image is 20 pixels wide" in text
    assert "Last step: 900 (all steps were done). Kept: step 600." in text


def test_the_card_names_each_set_with_its_authors_and_licence():
    mouse = SetFacts("mouse", "A. Author et al. (2021), Apache-2.0", 2.5, 3, 7, 70, ["liver 1"], 8)
    text = card(data=TrainingSet([], [], [replace(PLATES, name="plates"), mouse], [10.0]))
    for line in (
        "Plates of May, CC BY 4.0",
        "**mouse**: A. Author et al. (2021), Apache-2.0",
        "| plates | 1 | 19 | 1234 | 1 | 56 | 60 |",
        "| mouse | 2.5 | 7 | 70 | 1 | 8 | 3 |",
        "- plates: plate 7",
        "- mouse: liver 1",
    ):
        assert f"\n{line}\n" in text


def test_the_card_says_what_was_learnt_on_from():
    assert "It began with a network that knew nothing. A step saw" in card()
    assert "It went on from another network, `ours.safetensors`. A" in card(
        start="ours.safetensors"
    )


def test_the_card_asks_for_a_description():
    assert "No description was given (`training.description`)" in card("  ")


def test_the_card_tells_of_an_early_stop():
    longer = Schedule(**{**vars(SCHEDULE), "steps": 9000})
    assert "(stopped early: no better score in 10 validations)" in card(schedule=longer)


def test_the_history_is_a_table(tmp_path):
    write_history(tmp_path / "history.csv", HISTORY)
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [{key: float(value) for key, value in row.items()} for row in rows] == HISTORY


@pytest.mark.parametrize("history", [HISTORY, HISTORY[:1], 60 * HISTORY])
def test_the_curves(history):
    figure = learning_curves(history)
    losses, scores = figure.axes
    assert losses.get_ylabel().startswith("Loss") and scores.get_xlabel() == "Training step"
    assert scores.get_ylabel().startswith("Average precision on validation images")
    assert losses.lines[0].get_ydata().tolist() == [entry["loss"] for entry in history]
    shown = [text.get_text() for text in scores.get_legend().get_texts()]
    best = 600 if len(history) > 1 else 300
    assert shown == ["at IoU 0.5", "at IoU 0.75", f"the model: step {best}"]
    file = io.BytesIO()
    figures.save(figure, file)
    assert min(Image.open(file).size) > 600
