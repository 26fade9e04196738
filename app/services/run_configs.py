"""How a run is to train: the settings of a recipe, completed and checked."""

from collections.abc import Mapping
from typing import Any

from app.domain.finetune_fields import FINETUNE_FIELDS
from app.domain.quick_fields import QUICK_FIELDS
from app.domain.recipe_fields import Field, Problem, clean, defaults
from app.domain.statuses import Recipe
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.services.recipe_words import problem_sentence

FIELDS: Mapping[Recipe, tuple[Field, ...]] = {Recipe.QUICK: QUICK_FIELDS, Recipe.FINETUNE: FINETUNE_FIELDS}


def default_config(recipe: Recipe) -> dict[str, Any]:
    """Give what a recipe uses where nothing else is asked for."""
    return dict(defaults(FIELDS[recipe]))


def clean_config(recipe: Recipe, config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Complete what a recipe was told; refuse what it does not know or cannot do."""
    cleaned, problems = clean(FIELDS[recipe], config or {})
    known = {field.name: field for field in FIELDS[recipe]}
    for name, problem in problems.items():
        if problem is Problem.UNKNOWN:
            told = _("The recipe “%(recipe)s” has no setting “%(name)s”.")
            raise InvalidInputError(told % {"recipe": recipe, "name": name})
    fields = {name: problem_sentence(known[name], problem) for name, problem in problems.items()}
    if fields:
        raise InvalidInputError(next(iter(fields.values())), fields=fields)
    if recipe is Recipe.FINETUNE and not cleaned["epochs_frozen"] and not cleaned["epochs_unfrozen"]:
        sentence = _("Please train for at least one epoch.")
        raise InvalidInputError(sentence, fields={"epochs_frozen": sentence})
    return dict(cleaned)
