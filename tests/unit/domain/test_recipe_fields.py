"""What somebody gave for a setting becomes what a run keeps, or a problem with a name."""

import pytest

from app.domain.finetune_fields import FINETUNE_FIELDS
from app.domain.quick_fields import QUICK_FIELDS
from app.domain.recipe_fields import Field, FieldGroup, FieldKind, Problem, ProblemError, clean, defaults, is_met, read

FLAG = Field("flip", FieldKind.FLAG, default=True, group=FieldGroup.AUGMENTATION)
EPOCHS = Field("epochs", FieldKind.INTEGER, 5, FieldGroup.EPOCHS, low=0, high=100)
RATE = Field("rate", FieldKind.NUMBER, None, FieldGroup.RATE, low=1e-6, high=1.0, optional=True)
LOSS = Field("loss", FieldKind.CHOICE, "bce", FieldGroup.LOSS, choices=("bce", "focal"))
NETWORK = Field("backbone", FieldKind.NAME, "resnet18", FieldGroup.NETWORK)
OTHERS = Field("others", FieldKind.NAMES, [], FieldGroup.NETWORK, optional=True)


@pytest.mark.parametrize(
    ("field", "raw", "kept"),
    [
        (FLAG, "on", True),
        (FLAG, "False", False),
        (FLAG, True, True),
        (EPOCHS, " 7 ", 7),
        (EPOCHS, 7.0, 7),
        (RATE, "1e-3", 0.001),
        (RATE, "0,5", 0.5),
        (RATE, "", None),
        (RATE, None, None),
        (LOSS, "focal", "focal"),
        (NETWORK, " resnet34 ", "resnet34"),
        (OTHERS, "a, b,,a", ["a", "b"]),
        (OTHERS, ["a"], ["a"]),
        (OTHERS, "", []),
    ],
)
def test_a_value_is_kept_in_one_form(field: Field, raw: object, kept: object) -> None:
    assert read(field, raw) == kept


@pytest.mark.parametrize(
    ("field", "raw", "problem"),
    [
        (FLAG, "perhaps", Problem.NOT_A_CHOICE),
        (EPOCHS, "many", Problem.NOT_A_NUMBER),
        (EPOCHS, "nan", Problem.NOT_A_NUMBER),
        (EPOCHS, True, Problem.NOT_A_NUMBER),
        (EPOCHS, "2.5", Problem.NOT_WHOLE),
        (EPOCHS, "-1", Problem.OUT_OF_RANGE),
        (EPOCHS, "101", Problem.OUT_OF_RANGE),
        (EPOCHS, "1,000", Problem.NOT_A_NUMBER),
        (EPOCHS, [3], Problem.NOT_A_NUMBER),
        (EPOCHS, "", Problem.EMPTY),
        (LOSS, "hinge", Problem.NOT_A_CHOICE),
        (NETWORK, "a" * 121, Problem.NOT_A_CHOICE),
        (NETWORK, "a\x00b", Problem.NOT_A_CHOICE),
        (NETWORK, {"a": 1}, Problem.NOT_A_CHOICE),
        (OTHERS, [str(number) for number in range(9)], Problem.TOO_MANY),
        (OTHERS, [["a"]], Problem.NOT_A_CHOICE),
    ],
)
def test_what_a_field_does_not_take_has_a_name(field: Field, raw: object, problem: Problem) -> None:
    with pytest.raises(ProblemError) as told:
        read(field, raw)
    assert told.value.problem is problem


def test_what_is_not_given_is_completed_and_what_is_unknown_is_told() -> None:
    values, problems = clean((EPOCHS, LOSS, OTHERS), {"epochs": "3", "loss": "hinge", "colour": "red"})
    assert values == {"epochs": 3, "loss": "bce", "others": []}
    assert problems == {"loss": Problem.NOT_A_CHOICE, "colour": Problem.UNKNOWN}


@pytest.mark.parametrize("fields", [QUICK_FIELDS, FINETUNE_FIELDS])
def test_every_default_is_a_value_that_its_field_takes(fields: tuple[Field, ...]) -> None:
    values = defaults(fields)
    assert clean(fields, values) == (values, {})
    assert len({field.name for field in fields}) == len(fields)


@pytest.mark.parametrize("fields", [QUICK_FIELDS, FINETUNE_FIELDS])
def test_what_a_setting_needs_is_a_value_that_another_can_have(fields: tuple[Field, ...]) -> None:
    known = {field.name: field for field in fields}
    for name, value in (field.needs for field in fields if field.needs):
        read(known[name], value)


# What a form and an address say besides the settings.
@pytest.mark.parametrize(
    "name", ["recipe", "from", "parent", "configuration", "drawn", "replace", "file", "name", "csrf_token", "default"]
)
def test_no_setting_has_the_name_of_something_else_in_the_form(name: str) -> None:
    assert name not in {field.name for field in (*QUICK_FIELDS, *FINETUNE_FIELDS)}


def test_a_setting_means_something_only_beside_the_value_it_needs() -> None:
    gamma = Field("gamma", FieldKind.NUMBER, 2.0, FieldGroup.LOSS, low=0, high=5, step=0.5, needs=("loss", "focal"))
    patience = Field("patience", FieldKind.INTEGER, 3, FieldGroup.KEEPING, low=1, high=9, needs=("early", "true"))
    assert is_met(LOSS, {})
    assert [is_met(gamma, {"loss": loss}) for loss in ("focal", "bce")] == [True, False]
    assert [is_met(patience, {"early": early}) for early in (True, "true", False, None)] == [True, True, False, False]
    assert gamma.is_slid
    assert not RATE.is_slid
