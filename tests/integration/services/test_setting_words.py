"""Settings are told in words, those first that are not as usual."""

from app.domain.recipe_fields import Field, FieldGroup, FieldKind, Value
from app.domain.statuses import Recipe
from app.services import setting_words
from app.services.recipe_words import FieldWords
from app.services.run_configs import default_config

FLAG = Field("flip", FieldKind.FLAG, default=True, group=FieldGroup.AUGMENTATION)
RATE = Field("rate", FieldKind.NUMBER, None, FieldGroup.RATE, low=1e-6, high=1.0, optional=True)
LOSS = Field("loss", FieldKind.CHOICE, "bce", FieldGroup.LOSS, choices=("bce", "focal"))
OTHERS = Field("others", FieldKind.NAMES, [], FieldGroup.NETWORK, optional=True)
WORDS = FieldWords("Title", "Sentence.", choices={"bce": "as usual", "focal": "for rare labels"})


def test_values_are_told_as_a_person_reads_them() -> None:
    kept: list[tuple[Field, Value]] = [
        (FLAG, True),
        (FLAG, False),
        (RATE, None),
        (RATE, 0.001),
        (LOSS, "focal"),
        (OTHERS, []),
    ]
    told = [setting_words.value_words(field, WORDS, value) for field, value in kept]
    assert told == ["yes", "no", "left to Loupe", "0.001", "for rare labels", "none"]
    assert setting_words.value_words(OTHERS, WORDS, ["a", "b"]) == "a, b"


def test_values_are_written_as_the_form_takes_them() -> None:
    assert [setting_words.value_text(value) for value in (None, True, 2.0, 0.1 + 0.2, 1e-06, ["a", "b"], 7)] == [
        "",
        "true",
        "2",
        "0.3",
        "1e-06",
        "a, b",
        "7",
    ]


def test_only_what_is_not_usual_counts_as_changed() -> None:
    config = default_config(Recipe.FINETUNE) | {"size": 128}
    assert [setting.name for setting in setting_words.changes_of(Recipe.FINETUNE, config)] == ["size"]
    first = setting_words.settings_of(Recipe.FINETUNE, config)[0]
    assert (first.title, first.value, first.default, first.is_used) == ("Image size", "128", "224", True)
    assert setting_words.changes_of(Recipe.FINETUNE, {}) == []


def test_what_is_typed_counts_as_changed_even_where_it_cannot_be_read() -> None:
    assert setting_words.is_changed(RATE, "soon")
    assert not setting_words.is_changed(RATE, " ")
    assert not setting_words.is_changed(FLAG, "on")
