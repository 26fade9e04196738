"""Named configurations as files: written for others, read from anybody."""

from dataclasses import dataclass

from app.domain.recipe_fields import Problem, clean
from app.domain.statuses import Recipe
from app.errors import InvalidInputError
from app.formats import configuration_json
from app.i18n import gettext as _
from app.models import Configuration
from app.services.new_runs import usable
from app.services.recipe_words import problem_sentence
from app.services.run_configs import FIELDS, clean_config, default_config


@dataclass(frozen=True)
class ReadConfiguration:
    """What a file says, looked at: a recipe and all of its settings."""

    name: str
    recipe: Recipe
    config: dict[str, object]


def file_text(configuration: Configuration) -> str:
    """Write a configuration as a file."""
    values, _dropped = usable(configuration.recipe, configuration.config)
    return text_of(configuration.name, configuration.recipe, values)


def text_of(name: str, recipe: Recipe, config: dict[str, object]) -> str:
    """Write settings as a file."""
    return configuration_json.write(name, recipe.value, config, default_config(recipe))


def read_file(data: bytes) -> ReadConfiguration:
    """Read a file and check its settings; whatever is wrong is told by the setting's name."""
    said = configuration_json.read(data)
    if said.recipe not in set(Recipe):
        raise InvalidInputError(
            _("This file asks for the recipe “%(recipe)s”; this Loupe knows %(known)s.")
            % {"recipe": configuration_json.short(said.recipe), "known": ", ".join(Recipe)}
        )
    recipe = Recipe(said.recipe)
    known = {field.name: field for field in FIELDS[recipe]}
    _values, problems = clean(FIELDS[recipe], said.settings)
    unknown = sorted(name for name, problem in problems.items() if problem is Problem.UNKNOWN)
    if unknown:
        told = _("This Loupe does not know these settings of the recipe “%(recipe)s”: %(names)s.")
        raise InvalidInputError(told % {"recipe": recipe, "names": _listed(unknown)})
    if problems:
        raise InvalidInputError(
            " ".join(
                _("“%(name)s”: %(sentence)s") % {"name": name, "sentence": problem_sentence(known[name], problem)}
                for name, problem in problems.items()
            )
        )
    return ReadConfiguration(said.name, recipe, clean_config(recipe, said.settings))


def _listed(names: list[str]) -> str:
    shown = [configuration_json.short(name) for name in names[:10]]
    return ", ".join([*shown, "…"] if len(names) > len(shown) else shown)
