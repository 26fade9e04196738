"""What the settings of the recipes mean, in words a project lead understands."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.recipe_fields import Field, FieldGroup, FieldKind, Problem
from app.domain.statuses import Recipe
from app.i18n import gettext as _
from app.services.finetune_words import finetune_words
from app.services.quick_words import quick_words

__all__ = ["FieldWords", "group_titles", "problem_sentence", "words_of"]


@dataclass(frozen=True)
class FieldWords:
    """A setting's name, what it does in one sentence, when it hurts, and its choices by value."""

    title: str
    sentence: str
    warning: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


def words_of(recipe: Recipe) -> dict[str, FieldWords]:
    """Give the words for every setting of a recipe, by name."""
    told = quick_words() if recipe is Recipe.QUICK else finetune_words()
    return {name: FieldWords(**each) for name, each in told.items()}


def group_titles() -> dict[FieldGroup, str]:
    """Give the headings under which settings stand, in their order."""
    return {
        FieldGroup.NETWORK: _("Network"),
        FieldGroup.HEAD: _("What is learned on top"),
        FieldGroup.IMAGES: _("Images"),
        FieldGroup.AUGMENTATION: _("Augmentation"),
        FieldGroup.EPOCHS: _("Epochs"),
        FieldGroup.RATE: _("Learning rate"),
        FieldGroup.LOSS: _("Loss"),
        FieldGroup.KEEPING: _("What is kept"),
    }


def problem_sentence(one: Field, problem: Problem) -> str:
    """Say what is wrong with a value, and what is asked for."""
    ends = {"low": _number(one.low), "high": _number(one.high)}
    if problem is Problem.EMPTY:
        return _("Please fill this in.")
    if problem is Problem.TOO_MANY:
        return _("These are too many at once.")
    if one.kind is FieldKind.INTEGER:
        return _("Please give a whole number from %(low)s to %(high)s.") % ends
    if one.kind is FieldKind.NUMBER:
        return _("Please give a number from %(low)s to %(high)s.") % ends
    if one.choices:
        return _("Please choose one of these: %(choices)s.") % {"choices": ", ".join(one.choices)}
    return _("This cannot be used here.")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
