"""How a run is to train is completed and checked before it starts."""

import pytest

from app.domain.statuses import Recipe
from app.errors import InvalidInputError
from app.services import run_configs


@pytest.mark.parametrize("recipe", list(Recipe))
def test_nothing_given_gives_the_defaults(recipe: Recipe) -> None:
    assert run_configs.clean_config(recipe, None) == run_configs.default_config(recipe)


def test_a_wrong_value_is_refused_beside_its_field() -> None:
    with pytest.raises(InvalidInputError) as refused:
        run_configs.clean_config(Recipe.FINETUNE, {"epochs_frozen": "many", "size": 5})
    assert refused.value.fields == {
        "epochs_frozen": "Please give a whole number from 0 to 100.",
        "size": "Please give a whole number from 28 to 768.",
    }


def test_a_setting_that_the_recipe_does_not_have_is_named() -> None:
    with pytest.raises(InvalidInputError, match="has no setting “colour”"):
        run_configs.clean_config(Recipe.QUICK, {"colour": "red"})


def test_a_training_of_no_epoch_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least one epoch"):
        run_configs.clean_config(Recipe.FINETUNE, {"epochs_frozen": 0, "epochs_unfrozen": 0})
