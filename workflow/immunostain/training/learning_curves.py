"""How a training went, as a table and as a plot."""

import csv
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from immunostain.shared.files import whole_file
from immunostain.training.loop import History, best_of


def learning_curves(history: History) -> Figure:
    """Plot the loss and the scores over the steps.

    Parameters
    ----------
    history
        As `loop.train` gives it, with at least one validation.
    """
    steps = [entry["step"] for entry in history]
    style = {"marker": "."} if len(steps) <= 100 else {}
    figure = Figure(figsize=(8, 6.5), layout="constrained")
    losses, precisions = figure.subplots(2, sharex=True)
    losses.plot(steps, [entry["loss"] for entry in history], color="tab:blue", **style)
    losses.set_ylabel("Loss on training images\n(mean since the last validation)")
    losses.set_ylim(0, 1.05 * max(entry["loss"] for entry in history))
    for key, iou, colour in (("ap50", 0.5, "tab:orange"), ("ap75", 0.75, "tab:green")):
        scores = [entry[key] for entry in history]
        precisions.plot(steps, scores, color=colour, label=f"at IoU {iou}", **style)
    best = best_of(history)["step"]
    precisions.axvline(best, color="grey", linestyle=":", label=f"the model: step {best}")
    precisions.set_ylabel("Average precision on validation images\nTP / (TP + FP + FN)")
    precisions.set_ylim(-0.02, 1.02)
    precisions.set_xlabel("Training step")
    precisions.xaxis.set_major_locator(MaxNLocator(integer=True))
    precisions.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    figure.suptitle("Training of the UNet")
    return figure


def write_history(path: str | Path, history: History) -> None:
    """Write losses and scores as CSV, a row for each validation."""
    with whole_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
