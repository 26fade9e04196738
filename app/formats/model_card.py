"""Write a model card: what a model is, what it learned from, how good it is, where it is weak, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.formats.model_readme import joined, plain
from app.i18n import gettext as _
from app.i18n import ngettext

# A figure with its 95 % interval; None where it is undefined.
Figure = tuple[float, float, float] | None
# What stands in a cell that has nothing to say.
NOTHING = "\N{EN DASH}"


@dataclass(frozen=True)
class LabelCard:
    """One label: what it means, how often it was present in training and validation, and how well it is found."""

    name: str
    definition: str
    version: int
    training: int
    validation: int
    precision: Figure
    recall: Figure
    f1: Figure
    average_precision: Figure
    calibration_error: float | None
    threshold: float
    origin: str
    constant: bool


@dataclass(frozen=True)
class ModelCard:
    """All that a model card says."""

    project: str
    description: str
    run: int
    trained_at: datetime
    recipe: str
    network: str
    exclusive: bool
    labels: Sequence[LabelCard]
    n_images: int
    splits: Sequence[tuple[str, int]]
    annotators: int
    dates: tuple[str, str] | None
    sources: Sequence[tuple[str, int]]
    agreement: Sequence[tuple[str, float, int]]
    macro_f1: float | None
    micro_f1: float | None
    mean_average_precision: float | None
    subset_accuracy: float | None
    cross_fitted: bool
    confused: Sequence[tuple[str, str, int]]
    slices: Sequence[str]
    rare: Sequence[str]
    settings: Sequence[tuple[str, str]]
    versions: Sequence[tuple[str, str]]
    seed: int
    remark: str
    notes: Sequence[str]


def model_card(card: ModelCard) -> str:
    """Write the card."""
    return joined(*_head(card), *_labels(card), *_data(card), *_figures(card), *_weaknesses(card), *_making(card))


def _head(card: ModelCard) -> list[str]:
    told = _("An image classifier trained with Loupe (%(recipe)s) on %(network)s, %(date)s.") % {
        "recipe": card.recipe,
        "network": plain(card.network),
        "date": f"{card.trained_at:%Y-%m-%d}",
    }
    parts = [_("# %(project)s, run %(number)s") % {"project": plain(card.project), "number": card.run}, told]
    parts += [plain(card.description)] if card.description else []
    parts += [_quoted(card.remark)] if card.remark else []
    use = [
        _("to suggest labels for images like those it learned from, for people to check;"),
        _("to find images in a collection, and to count them with the errors below in mind."),
    ]
    limits = [
        _(
            "It knows the labels below and nothing else, in the sense of their definitions, as these people applied "
            "them."
        ),
        _("Images of other kinds, times, techniques or scans than its own may be judged worse than the figures say."),
        _("A probability is no proof. Decisions about people must not rest on it."),
    ]
    return [*parts, _("## What it is for"), _list(use), _("## What it is not for"), _list(limits)]


def _labels(card: ModelCard) -> list[str]:
    kind = _("Exactly one label applies to an image.") if card.exclusive else _("Any number of labels may apply.")
    rows = [(plain(each.name), str(each.version), plain(each.definition) or NOTHING) for each in card.labels]
    return [_("## Labels"), kind, _table((_("Label"), _("Wording"), _("Definition")), rows)]


def _data(card: ModelCard) -> list[str]:
    told = [_("%(count)s images with answers") % {"count": card.n_images}]
    told += [f"{name}: {count}" for name, count in card.splits]
    told.append(_("people who answered: %(count)s") % {"count": card.annotators})
    if card.dates:
        told.append(
            _("dates: %(first)s to %(last)s, as far as known") % {"first": card.dates[0], "last": card.dates[1]}
        )
    told += [f"{plain(name)}: {count}" for name, count in card.sources]
    parts = [_("## Data"), _list(told)]
    if card.agreement:
        rows = [(plain(name), f"{value:.2f}", str(count)) for name, value, count in card.agreement]
        head = (_("Label"), _("Krippendorff's alpha"), _("Images answered by several"))
        parts += [_("How far people agreed with each other (1: always; 0: as by chance):"), _table(head, rows)]
    return parts


def _figures(card: ModelCard) -> list[str]:
    head = (
        _("Label"),
        _("Support"),
        _("Precision"),
        _("Recall"),
        _("F1"),
        _("Average precision"),
        _("Threshold"),
        _("Calibration error"),
    )
    rows = [
        (
            plain(each.name),
            str(each.validation),
            _figure(each.precision),
            _figure(each.recall),
            _figure(each.f1),
            _figure(each.average_precision),
            NOTHING if card.exclusive else f"{each.threshold:.2f} ({each.origin})",
            NOTHING if each.calibration_error is None else f"{each.calibration_error:.2f}",
        )
        for each in card.labels
    ]
    parts = [
        _("## Figures"),
        _("On the validation images, which the model did not learn from, with 95 % intervals in brackets."),
        _table(head, rows),
        _list(_averages(card)),
    ]
    if card.cross_fitted:
        parts.append(
            _("Figures beside tuned thresholds are cross-fitted: no image was judged by a threshold it tuned.")
        )
    parts.append(
        _("Calibration error: how far, on average, probabilities are from the share of images that show the label.")
    )
    return parts


def _averages(card: ModelCard) -> list[str]:
    averages = [
        (_("Macro-F1"), card.macro_f1),
        (_("Micro-F1"), card.micro_f1),
        (_("Mean average precision"), card.mean_average_precision),
        (_("Images with every label right"), card.subset_accuracy),
    ]
    return [f"{name}: {value:.3f}" for name, value in averages if value is not None]


def _weaknesses(card: ModelCard) -> list[str]:
    told = [
        ngettext(
            "“%(missed)s” was missed and “%(added)s” given instead, on %(count)s image",
            "“%(missed)s” was missed and “%(added)s” given instead, on %(count)s images",
            count,
        )
        % {"missed": plain(missed), "added": plain(added), "count": count}
        for missed, added, count in card.confused
    ]
    told += [plain(each) for each in card.slices]
    if card.rare:
        names = ", ".join(plain(name) for name in card.rare)
        told.append(
            _("seen in fewer than ten validation images, so that little is known: %(labels)s") % {"labels": names}
        )
    constant = [plain(each.name) for each in card.labels if each.constant]
    if constant:
        told.append(
            _("could not be learned and have one probability everywhere: %(labels)s") % {"labels": ", ".join(constant)}
        )
    told += [plain(note) for note in card.notes]
    return [_("## Known weaknesses"), _list(told) if told else _("None that the validation images show.")]


def _making(card: ModelCard) -> list[str]:
    settings = [f"{plain(name)}: {plain(value)}" for name, value in card.settings]
    settings.append(_("seed: %(seed)s") % {"seed": card.seed})
    versions = ", ".join(f"{plain(name)} {plain(number)}" for name, number in card.versions)
    return [
        _("## How it was made"),
        _list(settings),
        _("Versions: %(versions)s") % {"versions": versions},
        _("## How to cite"),
        _("[Authors]: %(project)s, run %(number)s. Image classifier, %(year)s. [Address]")
        % {"project": plain(card.project), "number": card.run, "year": card.trained_at.year},
        _("## Licence"),
        _(
            "[To be stated by those who publish the model. The images and the pretrained network have licences of "
            "their own.]"
        ),
    ]


def _figure(value: Figure) -> str:
    if value is None:
        return NOTHING
    middle, low, high = value
    return f"{middle:.2f} [{low:.2f} to {high:.2f}]"


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _quoted(text: str) -> str:
    return "\n".join(f"> {plain(line)}" for line in text.splitlines())


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
