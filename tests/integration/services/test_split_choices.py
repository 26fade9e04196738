"""How a lead's choice of splits is read and kept."""

import pytest

from app.domain.statuses import Split, SplitMethod
from app.errors import InvalidInputError
from app.models import Project
from app.services import split_choices
from app.services.split_choices import FOLDER, SplitChoice


def project_with(**values: object) -> Project:
    usual = {
        "valid_share": 0.3,
        "test_share": 0.0,
        "seed": 42,
        "split_method": SplitMethod.STRATIFIED,
        "split_detail": "",
    }
    return Project(name="Project", **(usual | values))


def refused(project: Project, **given: str) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as refusal:
        split_choices.read(project, given)
    return refusal.value.fields


def test_what_a_form_does_not_say_stays_as_the_project_has_it() -> None:
    project = project_with(split_method=SplitMethod.GROUPED, split_detail="source", test_share=0.1)
    assert split_choices.read(project, {}) == SplitChoice(SplitMethod.GROUPED, "source", 30, 10, 42)


def test_a_choice_is_kept_as_it_was_read() -> None:
    project = project_with()
    given = {"method": "column", "column_detail": " split ", "valid_percent": "20", "test_percent": "15", "seed": "7"}
    choice = split_choices.read(project, given)
    split_choices.keep(project, choice)
    assert split_choices.choice_of(project) == choice == SplitChoice(SplitMethod.COLUMN, "split", 20, 15, 7)
    assert choice.shares == pytest.approx({Split.TRAIN: 0.65, Split.VALIDATION: 0.2, Split.TEST: 0.15})


def test_each_method_has_a_field_of_its_own_and_the_others_do_not_count() -> None:
    given = {"grouped_detail": FOLDER, "column_detail": "split"}
    assert split_choices.read(project_with(), given | {"method": "grouped"}).detail == FOLDER
    assert split_choices.read(project_with(), given | {"method": "column"}).detail == "split"
    assert split_choices.read(project_with(), given | {"method": "random"}).detail == ""


def test_every_field_that_cannot_be_used_is_named() -> None:
    given = {"method": "astrology", "valid_percent": "many", "test_percent": "3", "seed": "-1"}
    assert set(refused(project_with(), **given)) == {"method", "valid_percent", "test_percent", "seed"}
    assert set(refused(project_with(), method="grouped")) == {"detail"}
    assert set(refused(project_with(), method="column", column_detail=FOLDER)) == {"detail"}
    assert set(refused(project_with(), method="grouped", grouped_detail="x" * 121)) == {"detail"}
    assert set(refused(project_with(), valid_percent="60", test_percent="20")) == {"test_percent"}
    assert set(refused(project_with(), seed="4294967296")) == {"seed"}
