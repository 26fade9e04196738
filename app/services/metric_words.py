"""The figures of an epoch in words: what each says, and which one flatters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.i18n import gettext as _


@dataclass(frozen=True)
class MetricWords:
    """A figure's name as the table of epochs has it, and what it says in one sentence."""

    name: str
    sentence: str
    warning: str = ""


def loss_words() -> dict[str, MetricWords]:
    """Give the words of the two losses, which stand before every other figure."""
    return {
        "train_loss": MetricWords(
            "train_loss",
            _("How far the answers on the images just learned from are from the people's, smoothed; lower is better."),
        ),
        "valid_loss": MetricWords(
            "valid_loss",
            _(
                "The same on the validation images, which are never learned from. If it rises while train_loss falls, "
                "the network learns by heart."
            ),
        ),
    }


def heads_of(figures: Iterable[str]) -> list[str]:
    """Give the heads of the table of epochs, as fastai prints them."""
    return ["epoch", *loss_words(), *map(name_of, figures), "time"]


def metric_words() -> dict[str, MetricWords]:
    """Give the words of every figure, in the order in which a table shows them."""
    return {
        "macro_f1": MetricWords(
            "f1_macro",
            _("How well predicted and true labels agree at a threshold of 0.5, the mean over labels; 1 is perfect."),
        ),
        "micro_f1": MetricWords("f1_micro", _("The same over all answers at once: frequent labels count most.")),
        "samples_f1": MetricWords("f1_samples", _("The same image by image, the mean over images.")),
        "f_beta": MetricWords(
            "f_beta", _("Like f1_macro, with recall counting more (twice as much unless set otherwise).")
        ),
        "precision": MetricWords("precision", _("Of the labels predicted, the share that is right; mean over labels.")),
        "recall": MetricWords("recall", _("Of the labels that are there, the share that is found; mean over labels.")),
        "mean_average_precision": MetricWords(
            "mAP", _("How well images that show a label rank before those that do not, at any threshold.")
        ),
        "accuracy_multi": MetricWords(
            "accuracy_multi",
            _("Share of all answers, label by label, that are right."),
            _(
                "It flatters: most labels are absent from most images, and a model that says “no” to everything is "
                "right that often too."
            ),
        ),
        "hamming_loss": MetricWords(
            "hamming_loss", _("Share of all answers that are wrong: the rest of accuracy_multi.")
        ),
        "accuracy": MetricWords("accuracy", _("Share of the images whose one label is predicted.")),
    }


def columns_of(rows: Iterable[Mapping[str, object]]) -> list[str]:
    """Give the figures that any epoch of a run has, in the order of a table; figures without words stand last."""
    there = dict.fromkeys(name for row in rows for name in row)
    known = list(metric_words())
    return [name for name in known if name in there] + [name for name in there if name not in known]


def name_of(figure: str) -> str:
    """Give the name of a figure as the table of epochs has it."""
    words = metric_words().get(figure)
    return words.name if words else figure
