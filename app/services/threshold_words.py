"""Thresholds in words: what one was tuned for, and what tuning it has gained."""

from app.domain.against_half import Difference, Measure, told_apart
from app.domain.objectives import Objective, ObjectiveKind
from app.i18n import gettext as _
from app.services.threshold_sets import SetRow
from app.services.thresholds import BY_HAND, objective_from_dict, objective_from_name


def objective_words(objective: Objective) -> str:
    """Say what a threshold is tuned for."""
    number = f"{objective.value:g}"
    match objective.kind:
        case ObjectiveKind.F_BETA:
            return _("F%(beta)s") % {"beta": number}
        case ObjectiveKind.RECALL_AT_PRECISION:
            return _("highest recall with precision of at least %(floor)s") % {"floor": number}
        case ObjectiveKind.PRECISION_AT_RECALL:
            return _("highest precision with recall of at least %(floor)s") % {"floor": number}
        case ObjectiveKind.COST:
            return _("least cost, a miss counting %(cost)s times a false alarm") % {"cost": number}
        case ObjectiveKind.PREVALENCE:
            return _("%(share)s %% of the images tagged") % {"share": f"{100 * objective.value:.3g}"}


def origin_words(name: str) -> str:
    """Say how a label came by its threshold, from the name that is kept with it."""
    if name == BY_HAND:
        return _("set by hand")
    return _("tuned for %(objective)s") % {"objective": objective_words(objective_from_name(name))}


def set_words(row: SetRow) -> str:
    """Say how a set as a whole came about."""
    given = row.made.objective
    if given is not None and given["value"] is None:
        return _("tagged as often as each label's annotated images show it")
    if given is not None:
        return _("tuned for %(objective)s") % {"objective": objective_words(objective_from_dict(given))}
    if {each.objective for each in row.rows.values()} == {BY_HAND}:
        return _("set by hand")
    return _("differs from label to label")


def gain_words(objective: Objective, differences: tuple[Difference, ...]) -> str:
    """Say whether a tuned threshold can be told from 0.5 on the same images."""
    changes = "; ".join(_change(objective, each) for each in differences if each.interval.to_list() is not None)
    if not changes:
        return _("Nothing here can tell this threshold from 0.5.")
    if told_apart(differences):
        return _("Against 0.5, on the same images and cross-fitted: %(changes)s.") % {"changes": changes}
    return _("On these images it cannot be told from 0.5, which may do as well: %(changes)s.") % {"changes": changes}


def _change(objective: Objective, difference: Difference) -> str:
    names = {
        Measure.F_BETA: _("F%(beta)s") % {"beta": f"{objective.value:g}"},
        Measure.PRECISION: _("precision"),
        Measure.RECALL: _("recall"),
        Measure.COST: _("cost for an image"),
        Measure.SHARE: _("share of images tagged"),
    }
    low, high = difference.interval
    return _("%(figure)s changes by %(change)s [%(low)s to %(high)s]") % {
        "figure": names[difference.measure],
        "change": _signed(difference.tuned - difference.at_half),
        "low": _signed(low),
        "high": _signed(high),
    }


def _signed(value: float) -> str:
    # Rounded first, so that there is no minus before a nought; a real minus sign stands as wide as the plus.
    rounded = round(value, 2)
    return f"{rounded:+.2f}".replace("-", "\N{MINUS SIGN}") if rounded else "0.00"
