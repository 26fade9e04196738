"""What a trial before a training found, in words and as a chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.i18n import gettext as _
from app.i18n import ngettext

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Suggestion:
    """A learning rate that the search suggests, and by what."""

    name: str
    rate: float
    sentence: str

    @property
    def text(self) -> str:
        """The rate as it is typed."""
        return f"{self.rate:.2g}"


@dataclass(frozen=True)
class RateWords:
    """What a search for a learning rate found."""

    suggestions: Sequence[Suggestion]
    n_images: int


@dataclass(frozen=True)
class PartRow:
    """One part of a training and how long it takes."""

    title: str
    seconds: float


@dataclass(frozen=True)
class EstimateWords:
    """How long a training will take, and what of the computer."""

    seconds: float
    rows: Sequence[PartRow]
    # Pairs of what and how much.
    facts: Sequence[tuple[str, str]]


def words_of_rate(result: Mapping[str, Any]) -> RateWords:
    """Name the suggestions of a search."""
    told = {
        "valley": _("Middle of the longest fall of the curve; the usual choice."),
        "slide": _("Where the loss, followed back from its explosion, comes to rest."),
        "steep": _("Where the loss falls most steeply."),
        "minimum": _("A tenth of the rate with the lowest loss."),
    }
    names = {"valley": _("Valley"), "slide": _("Slide"), "steep": _("Steep"), "minimum": _("Minimum")}
    found = [Suggestion(names[name], result["suggestions"][name], told[name]) for name in told]
    return RateWords(found, result["n_images"])


def rate_chart(result: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the curve of a search for Vega-Lite; a click on it is a rate."""
    points = [
        {"rate": rate, "loss": loss} for rate, loss in zip(result["rates"], result["losses"], strict=True) if rate > 0
    ]
    # Where the loss explodes it would press the rest of the curve flat.
    first = max(points[0]["loss"], 1e-6) if points else 1.0
    shown = [point for point in points if point["loss"] <= 2 * first]
    x = {
        "field": "rate",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False},
        "title": _("Learning rate"),
        "axis": {"format": "~e", "grid": False},
    }
    line = {
        "data": {"values": shown},
        "mark": {"type": "line"},
        "encoding": {
            "x": x,
            "y": {"field": "loss", "type": "quantitative", "title": _("Loss"), "scale": {"zero": False}},
        },
    }
    return {"width": "container", "height": 240, "layer": [line, *_marks(x, words_of_rate(result))]}


def _marks(x: Mapping[str, Any], words: RateWords) -> list[dict[str, Any]]:
    """Draw a line and a name at each suggested rate."""
    marks = [{"rate": each.rate, "name": each.name} for each in words.suggestions]
    tooltip = [
        {"field": "name", "title": _("Suggested by")},
        {"field": "rate", "format": ".2g", "title": _("Learning rate")},
    ]
    rules = [
        {
            "data": {"values": [mark]},
            "mark": {"type": "rule", "strokeDash": [4, 3]},
            "encoding": {"x": x, "tooltip": tooltip},
        }
        for mark in marks
    ]
    # One below the other, because rates that lie together would hide each other's names.
    names = [
        {
            "data": {"values": [mark]},
            "mark": {"type": "text", "align": "left", "dx": 4, "baseline": "top"},
            "encoding": {"x": x, "y": {"value": 14 * place}, "text": {"field": "name"}},
        }
        for place, mark in enumerate(marks)
    ]
    return [*rules, *names]


def words_of_estimate(result: Mapping[str, Any]) -> EstimateWords:
    """Put an estimate into rows and facts."""
    rows = [PartRow(_part(part["kind"], part["count"]), part["seconds"]) for part in result["parts"]]
    return EstimateWords(result["seconds"], rows, _facts(result))


def _part(kind: str, count: int) -> str:
    told = {
        "reading": _("Reading %(count)s images"),
        "building": _("Building the network"),
        "search": _("Finding a learning rate in %(count)s batches"),
        "frozen": ngettext(
            "%(count)s epoch with the network frozen", "%(count)s epochs with the network frozen", count
        ),
        "unfrozen": ngettext(
            "%(count)s epoch with all of it learning", "%(count)s epochs with all of it learning", count
        ),
        "embedding": _("Looking at %(count)s images that were not looked at before"),
        "head": _("Learning the labels from %(count)s images"),
        "predicting": _("Predicting %(count)s images"),
    }
    return told[kind] % {"count": count}


def _facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    sizes = result["sizes"]
    counted = {"train": sizes["train"], "valid": sizes["valid"]}
    facts = [
        (_("Images"), _("%(train)s to learn from, %(valid)s to measure on") % counted),
        (
            _("Memory"),
            _("about %(megabytes)s MB of the computer's") % {"megabytes": _rounded(result["memory"] / _MEGABYTE)},
        ),
    ]
    if result["graphics"]:
        card = {"megabytes": _rounded(result["graphics"] / _MEGABYTE)}
        facts.append((_("Graphics card"), _("about %(megabytes)s MB of its memory") % card))
    numbers = {"all": f"{result['parameters']:,}", "head": f"{result['head_parameters']:,}"}
    facts.append((_("Parameters"), _("%(all)s, of which %(head)s learn while the network is frozen") % numbers))
    facts.append((_("Pretrained weights"), _weights(result["weights"])))
    if result["batch_size"]:
        facts.append((_("Batch size"), str(result["batch_size"])))
    facts.append((_("Computed on"), _("a graphics card") if result["device"] == "cuda" else _("the processor")))
    return facts


def _weights(weights: Mapping[str, Any]) -> str:
    if weights["state"] == "none":
        return _("none: it learns from your images alone")
    if weights["state"] == "kept":
        return _("here already, fetched or unpacked earlier")
    if weights["state"] == "installed":
        return _("installed with Loupe")
    if weights["megabytes"] is None:
        return _("to be fetched from the internet when the training starts")
    return _("to be fetched from the internet when the training starts, about %(megabytes)s MB") % {
        "megabytes": _rounded(weights["megabytes"])
    }


def _rounded(number: float) -> int:
    # Two figures are all that a trial knows.
    step = 10 ** max(0, len(str(int(number))) - 2)
    return int(round(number / step) * step)
