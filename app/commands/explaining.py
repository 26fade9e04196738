"""`loupe train --explain`: every setting of the recipes with what it does, what is usual and what is possible."""

import textwrap
from typing import Any

from app.domain.recipe_fields import Field, FieldKind
from app.domain.statuses import Recipe
from app.i18n import gettext as _
from app.services.recipe_words import FieldWords, group_titles, words_of
from app.services.run_configs import FIELDS
from app.services.setting_words import value_text

# Lines fit a terminal of 100 columns.
WIDTH, INDENT = 96, "      "


def explanation(recipes: list[Recipe]) -> dict[str, Any]:
    """Describe the settings of recipes for programs."""
    return {"recipes": {recipe.value: [_described(recipe, field) for field in FIELDS[recipe]] for recipe in recipes}}


def explanation_text(recipes: list[Recipe]) -> str:
    """Describe the settings of recipes for people, under their headings."""
    lines: list[str] = []
    for recipe in recipes:
        words = words_of(recipe)
        lines += [_("Recipe %(name)s") % {"name": recipe.value}, ""]
        for group, title in group_titles().items():
            fields = [field for field in FIELDS[recipe] if field.group is group]
            if fields:
                lines.append(f"  {title}")
            for field in fields:
                lines += [*_lines(field, words[field.name]), ""]
    return "\n".join(lines).rstrip()


def _described(recipe: Recipe, field: Field) -> dict[str, Any]:
    words = words_of(recipe)[field.name]
    return {
        "name": field.name,
        "kind": field.kind.value,
        "group": field.group.value,
        "default": field.default,
        "low": field.low,
        "high": field.high,
        "choices": {choice: words.choices[choice] for choice in field.choices},
        "optional": field.optional,
        "expert": field.expert,
        "needs": dict([field.needs]) if field.needs else {},
        "title": words.title,
        "sentence": words.sentence,
        "warning": words.warning,
    }


def _lines(field: Field, words: FieldWords) -> list[str]:
    usual = value_text(field.default) or _("empty")
    told = [f"    {field.name} = {usual}{_possible(field)}"]
    told += _wrapped(f"{words.title}. {words.sentence}")
    if words.warning:
        told += _wrapped(_("Mind: %(warning)s") % {"warning": words.warning})
    for choice in field.choices:
        told += _wrapped(f"{choice}: {words.choices[choice]}", hanging="  ")
    if field.needs:
        told += _wrapped(
            _("Counts where %(name)s is %(value)s.") % dict(zip(("name", "value"), field.needs, strict=True))
        )
    return told


def _possible(field: Field) -> str:
    if field.kind is FieldKind.FLAG:
        return _("   (true or false)")
    if field.low is not None and field.high is not None:
        return _("   (%(low)s to %(high)s)") % {"low": value_text(field.low), "high": value_text(field.high)}
    return ""


def _wrapped(text: str, *, hanging: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=INDENT + hanging, subsequent_indent=INDENT + 2 * hanging)
