"""Measure one epoch on the validation images: every figure that a run's epoch table holds."""

from collections.abc import Mapping
from math import isnan

import numpy as np
import numpy.typing as npt

from app.domain.metrics import Evaluation, evaluate, evaluate_predictions
from app.domain.scores import Scoring
from app.domain.statuses import Labelling

Cells = npt.NDArray[np.int8]
Probabilities = npt.NDArray[np.float32]
Figures = Mapping[str, float | None]

# Recall counts twice as much as precision: to look at a few images too many costs less than to miss one.
BETA = 2.0
# The order in which a table shows them; `accuracy` stands for labels that exclude each other only.
METRICS = (
    "macro_f1",
    "micro_f1",
    "samples_f1",
    "f_beta",
    "precision",
    "recall",
    "mean_average_precision",
    "accuracy_multi",
    "hamming_loss",
    "accuracy",
)


def measure(
    truth: Cells, probabilities: Probabilities, labelling: Labelling = Labelling.OVERLAPPING, beta: float = BETA
) -> tuple[float | None, Figures]:
    """Return mean cross-entropy and the figures by name; None where undefined.

    Overlapping labels are predicted at 0.5 and measured over their known cells. Of labels that exclude each other the
    most probable one is predicted, and those images count of which one label is known to be present.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float32 [n, L].
        labelling: whether labels overlap.
        beta: how many times as much recall counts as precision in F-beta.

    """
    if labelling is Labelling.EXCLUSIVE:
        return _exclusive(truth, probabilities, beta)
    known = truth >= 0
    if not known.any():
        return None, dict.fromkeys(METRICS[:-1])
    sided = np.where(truth == 1, probabilities, 1 - probabilities)[known].astype(np.float64)
    return _mean_loss(sided), _figures(evaluate(truth, probabilities, 0.5, Scoring(beta)))


def _exclusive(truth: Cells, probabilities: Probabilities, beta: float) -> tuple[float | None, Figures]:
    used = (truth == 1).sum(axis=1) == 1
    if not used.any():
        return None, dict.fromkeys(METRICS)
    # The one label that is present makes the others known to be absent.
    cells, given = (truth[used] == 1).astype(np.int8), probabilities[used]
    only, chosen = cells.argmax(axis=1), given.argmax(axis=1)
    predicted = np.zeros_like(cells)
    rows = np.arange(len(cells))
    predicted[rows, chosen] = 1
    figures = _figures(evaluate_predictions(cells, predicted, given, Scoring(beta)))
    loss = _mean_loss(given[rows, only].astype(np.float64))
    return loss, {**figures, "accuracy": float((only == chosen).mean())}


def _mean_loss(sided: npt.NDArray[np.float64]) -> float:
    """Return the mean cross-entropy of the probabilities that were given to what is true."""
    return float(-np.log(np.clip(sided, 1e-7, None)).mean())


def _figures(measured: Evaluation) -> dict[str, float | None]:
    named = {
        "macro_f1": measured.macro.f1,
        "micro_f1": measured.micro.f1,
        "samples_f1": measured.samples.f1,
        "f_beta": measured.macro.f_beta,
        "precision": measured.macro.precision,
        "recall": measured.macro.recall,
        "mean_average_precision": measured.mean_average_precision,
        "accuracy_multi": measured.accuracy_multi,
        "hamming_loss": measured.hamming_loss,
    }
    return {name: None if isnan(figure) else float(figure) for name, figure in named.items()}


def judged(valid_loss: float | None, metrics: Figures, best_by: str) -> tuple[float, float]:
    """Return what an epoch is compared by, the more the better: the figure asked for, then the loss.

    Without validation images all epochs compare alike.
    """
    by_loss = float("-inf") if valid_loss is None else -valid_loss
    figure = by_loss if best_by == "valid_loss" else metrics.get(best_by)
    return (-1.0 if figure is None else figure, by_loss)
