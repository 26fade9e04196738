"""The settings of a run or a named configuration in words: what was chosen, and what would have been usual."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.recipe_fields import Field, FieldKind, ProblemError, is_met, read
from app.domain.statuses import Recipe
from app.i18n import gettext as _
from app.services.recipe_words import FieldWords, words_of
from app.services.run_configs import FIELDS

# Digits that tell any rate or share from its neighbours, and hide how a computer keeps 0.1.
DIGITS = 12


@dataclass(frozen=True)
class Setting:
    """One setting as it was chosen; `default` is what would have been used without a choice."""

    name: str
    title: str
    value: str
    default: str
    is_changed: bool
    # False where another setting makes this one mean nothing, as the form of a loss that is not used.
    is_used: bool


def settings_of(recipe: Recipe, config: Mapping[str, object]) -> list[Setting]:
    """List every setting of a recipe with its value in words, those that were changed first."""
    words = words_of(recipe)
    known = {field.name: config.get(field.name, field.default) for field in FIELDS[recipe]}
    listed = [
        Setting(
            name=field.name,
            title=words[field.name].title,
            value=value_words(field, words[field.name], known[field.name]),
            default=value_words(field, words[field.name], field.default),
            is_changed=is_changed(field, known[field.name]),
            is_used=is_met(field, known),
        )
        for field in FIELDS[recipe]
    ]
    return sorted(listed, key=lambda setting: not setting.is_changed)


def changes_of(recipe: Recipe, config: Mapping[str, object]) -> list[Setting]:
    """List the settings that differ from what is usual."""
    return [setting for setting in settings_of(recipe, config) if setting.is_changed]


def value_words(field: Field, words: FieldWords, value: object) -> str:
    """Write a value as a person reads it."""
    if value is None or value == []:
        return _("left to Loupe") if field.kind in {FieldKind.INTEGER, FieldKind.NUMBER} else _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.choices:
        return words.choices.get(str(value), str(value))
    return value_text(value)


def value_text(value: object) -> str:
    """Write a value as the form and the command line take it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return ", ".join(value) if isinstance(value, list) else str(value)


def is_changed(field: Field, value: object) -> bool:
    """Tell whether a value, as it was typed or kept, is another than the usual one."""
    try:
        return read(field, value) != field.default
    except ProblemError:
        return True
