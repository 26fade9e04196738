"""Every setting has a name and a sentence, every choice a word, every heading a title."""

import pytest

from app.domain.recipe_fields import FieldGroup, Problem
from app.domain.statuses import Recipe
from app.services import recipe_words
from app.services.run_configs import FIELDS


@pytest.mark.parametrize("recipe", list(Recipe))
def test_every_setting_is_explained(recipe: Recipe) -> None:
    words = recipe_words.words_of(recipe)
    assert set(words) == {field.name for field in FIELDS[recipe]}
    for field in FIELDS[recipe]:
        told = words[field.name]
        assert told.title
        assert told.sentence.endswith(".")
        assert set(told.choices) == set(field.choices)


def test_every_heading_has_a_title() -> None:
    assert set(recipe_words.group_titles()) == set(FieldGroup)


@pytest.mark.parametrize("recipe", list(Recipe))
def test_every_problem_is_a_sentence(recipe: Recipe) -> None:
    for field in FIELDS[recipe]:
        for problem in set(Problem) - {Problem.UNKNOWN}:
            assert recipe_words.problem_sentence(field, problem).endswith(".")
