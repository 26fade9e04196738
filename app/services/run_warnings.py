"""What a lead should see while a run trains, kept by kind and told in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.run_warnings import RunWarning, WarningKind
from app.i18n import gettext as _
from app.models import Run

# More names than this are counted only.
NAMED_LABELS = 5


@dataclass(frozen=True)
class Told:
    """A warning in words: what is seen, and what can be done."""

    kind: WarningKind
    title: str
    sentence: str


def to_row(warning: RunWarning) -> dict[str, Any]:
    """Give a warning as a run keeps it."""
    return {
        "kind": warning.kind.value,
        "epoch": warning.epoch,
        "since": warning.since,
        "labels": list(warning.labels),
    }


def told(run: Run) -> list[Told]:
    """Say what a run warns of; kinds of a later version of Loupe are left out."""
    known = {kind.value: kind for kind in WarningKind}
    names = [str(label["name"]) for label in run.labels]
    return [_told(known[row["kind"]], row, names) for row in run.warnings if row.get("kind") in known]


def _told(kind: WarningKind, row: Mapping[str, Any], names: Sequence[str]) -> Told:
    facts = {"epoch": row.get("epoch", 0), "since": row.get("since", 0)}
    match kind:
        case WarningKind.VALID_RISING:
            title = _("It gets worse on images it does not learn from")
            sentence = _(
                "Since epoch %(since)s the validation loss rises while the training loss falls: the network begins to "
                "learn its images by heart. The best epoch is kept. Fewer epochs, or more tagged images, help."
            )
        case WarningKind.EXPLODED:
            title = _("The learning rate is too high")
            sentence = _(
                "The training loss has shot up or is no number any more (epoch %(epoch)s). Cancel this run and start "
                "again with a tenth of the learning rate, or leave the rate empty so that it is looked for."
            )
        case WarningKind.NEVER_PREDICTED:
            title = _("Some labels are never predicted")
            sentence = _(
                "By epoch %(epoch)s no validation image reaches a probability of 0.5 for: %(labels)s. They may be too "
                "rare. Their thresholds are tuned when the run ends; more images that show them help most."
            )
            facts["labels"] = _listed([names[place] for place in row.get("labels", ()) if place < len(names)])
        case WarningKind.NO_IMPROVEMENT:
            title = _("It has not become better for a while")
            sentence = _(
                "No epoch since epoch %(since)s was better on the validation images. You can stop now and keep the "
                "best epoch, though the last epochs of a cycle, with small steps, often bring a little."
            )
    return Told(kind, title, sentence % facts)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:NAMED_LABELS])
    rest = len(names) - NAMED_LABELS
    return _("%(names)s and %(count)s more") % {"names": shown, "count": rest} if rest > 0 else shown
