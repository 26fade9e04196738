"""The form of all settings is drawn from their descriptions."""

import pytest

from app.domain import finetune_fields
from app.domain.recipe_fields import Field, FieldGroup, FieldKind
from app.domain.statuses import Recipe
from app.services import recipe_forms
from app.services.recipe_words import FieldWords
from app.services.run_configs import FIELDS

MADE_UP = (
    Field("pretrained", FieldKind.FLAG, default=True, group=FieldGroup.NETWORK),
    Field("others", FieldKind.NAMES, [], FieldGroup.NETWORK, optional=True),
    Field("loss", FieldKind.CHOICE, "bce", FieldGroup.LOSS, choices=("bce", "focal")),
    Field(
        "gamma", FieldKind.NUMBER, 2.0, FieldGroup.LOSS, low=0, high=5, step=0.5, expert=True, needs=("loss", "focal")
    ),
    Field("rate", FieldKind.NUMBER, None, FieldGroup.RATE, low=1e-6, high=1, optional=True, expert=True),
)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {
        field.name: FieldWords(
            field.name.title(), "Does this.", choices={choice: f"a {choice}" for choice in field.choices}
        )
        for field in MADE_UP
    }
    monkeypatch.setattr(recipe_forms, "FIELDS", {Recipe.QUICK: MADE_UP})
    monkeypatch.setattr(recipe_forms, "words_of", lambda _recipe: words)


@pytest.mark.parametrize("recipe", list(Recipe))
def test_every_setting_stands_in_the_form_once(recipe: Recipe) -> None:
    groups = recipe_forms.form_groups(recipe, {}, {})
    drawn = [each.name for group in groups for each in (*group.plain, *group.expert)]
    assert sorted(drawn) == sorted(field.name for field in FIELDS[recipe])
    assert not any(each.is_changed or each.error for group in groups for each in (*group.plain, *group.expert))
    assert not any(group.is_open for group in groups)


def test_settings_stand_under_their_headings_in_order_and_empty_headings_are_left_out(made_up: None) -> None:
    groups = recipe_forms.form_groups(Recipe.QUICK, {}, {})
    assert [group.title for group in groups] == ["Network", "Learning rate", "Loss"]
    assert [each.control for group in groups for each in (*group.plain, *group.expert)] == [
        "flag",
        "name",
        "number",
        "choice",
        "number",
    ]


def test_what_is_folded_away_opens_where_it_holds_something_to_see(made_up: None) -> None:
    for values, errors in (({"rate": "0.1"}, {}), ({"rate": "soon"}, {}), ({}, {"rate": "Please give a number."})):
        groups = recipe_forms.form_groups(Recipe.QUICK, values, errors)
        assert [group.is_open for group in groups] == [False, True, False]


def test_a_setting_tells_what_it_needs_to_mean_anything(made_up: None) -> None:
    gamma = recipe_forms.form_groups(Recipe.QUICK, {}, {})[2].expert[0]
    assert (gamma.is_used, gamma.needs) == (False, "Counts where “Loss” is “a focal”.")
    assert recipe_forms.form_groups(Recipe.QUICK, {"loss": "focal"}, {})[2].expert[0].is_used


def test_what_was_typed_stays_and_what_is_usual_is_told(made_up: None) -> None:
    network, rates, loss = recipe_forms.form_groups(Recipe.QUICK, {"rate": "soon", "pretrained": "false"}, {})
    assert (rates.expert[0].value, rates.expert[0].range) == ("soon", "From 1e-06 to 1; usually left empty.")
    assert (network.plain[0].is_on, network.plain[0].is_changed, network.plain[0].range) == (
        False,
        True,
        "Usually: yes.",
    )
    assert loss.expert[0].range == "From 0 to 5; usually 2."


def test_a_form_is_read_by_the_names_of_the_settings(made_up: None) -> None:
    given = [
        ("csrf_token", "x"),
        ("pretrained", "false"),
        ("pretrained", "true"),
        ("others", "a"),
        ("others", "b, c"),
        ("size", "128"),
        ("rate", ""),
    ]
    assert recipe_forms.read_form(Recipe.QUICK, given) == {"pretrained": "true", "others": "a, b, c", "rate": ""}


def test_the_settings_of_the_engines_are_what_is_read() -> None:
    given = [(field.name, "1") for field in finetune_fields.FINETUNE_FIELDS]
    assert len(recipe_forms.read_form(Recipe.FINETUNE, given)) == len(given)
