"""Settings are kept under a name: found, copied, renamed and removed by it."""

import threading
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Recipe
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Account, Configuration, Project
from app.services import configurations
from app.services.run_configs import default_config
from tests.factories import AccountFactory, ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


@pytest.fixture
def account(session: Session) -> Account:
    made: Account = AccountFactory.create(session=session, name="Ann")
    return made


def keep(session: Session, project: Project, name: str = "maps", **given: object) -> Configuration:
    settings = {"recipe": Recipe.FINETUNE, "config": {"size": 128}, "account": None} | given
    return configurations.save(session, project, name=name, **settings)  # type: ignore[arg-type]


def test_settings_are_kept_whole_and_listed_with_what_is_not_usual(
    session: Session, project: Project, account: Account
) -> None:
    kept = keep(session, project, "  large   maps ", account=account)
    assert (kept.name, kept.config) == ("large maps", default_config(Recipe.FINETUNE) | {"size": 128})
    (row,) = configurations.list_configurations(session, project.id)
    assert (row.who, [change.name for change in row.changes]) == ("Ann", ["size"])
    assert configurations.named_configuration(session, project.id, "large maps").id == kept.id


def test_settings_that_cannot_be_used_are_not_kept(session: Session, project: Project) -> None:
    with pytest.raises(InvalidInputError):
        keep(session, project, config={"size": 3})
    assert configurations.list_configurations(session, project.id) == []


def test_a_name_that_is_taken_is_refused_unless_it_shall_be_replaced(session: Session, project: Project) -> None:
    first = keep(session, project)
    with pytest.raises(ConflictError, match="already a configuration “maps”") as refused:
        keep(session, project, recipe=Recipe.QUICK, config={})
    assert "name" in refused.value.fields
    again = keep(session, project, recipe=Recipe.QUICK, config={}, replace=True)
    assert (again.id, again.recipe, again.config) == (first.id, Recipe.QUICK, default_config(Recipe.QUICK))


@pytest.mark.parametrize("name", ["", " \n ", "a" * 81, "a\u202eb", "a\x00b"])
def test_a_name_that_nobody_could_read_is_refused(session: Session, project: Project, name: str) -> None:
    with pytest.raises(InvalidInputError):
        keep(session, project, name)


def test_of_two_who_keep_under_one_name_at_once_one_is_told(session: Session, project: Project, loupe: Path) -> None:
    session.commit()
    together = threading.Barrier(4)
    told: list[str] = []

    def keep_at_once(size: int) -> None:
        together.wait()
        try:
            with session_scope() as opened:
                keep(opened, opened.get_one(Project, project.id), config={"size": size})
            told.append("kept")
        except ConflictError as refusal:
            told.append(refusal.sentence)

    threads = [threading.Thread(target=keep_at_once, args=(96 + 4 * step,)) for step in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["There is already a configuration “maps”."] * 3 + ["kept"]


def test_a_configuration_is_renamed_copied_and_removed(session: Session, project: Project, account: Account) -> None:
    first = keep(session, project)
    second = configurations.copy(session, project, first, account)
    third = configurations.copy(session, project, first, account)
    assert (second.name, third.name, third.config) == ("maps (copy)", "maps (copy 2)", first.config)
    configurations.rename(session, project, second, "atlases")
    configurations.rename(session, project, second, "atlases")  # its own name is not taken
    with pytest.raises(ConflictError):
        configurations.rename(session, project, second, "maps")
    configurations.remove(session, first)
    session.flush()
    with pytest.raises(NotFoundError):
        configurations.get_configuration(session, project.id, first.id)
    assert {row.configuration.name for row in configurations.list_configurations(session, project.id)} == {
        "atlases",
        "maps (copy 2)",
    }


def test_a_copy_of_a_long_name_is_still_a_name() -> None:
    name = configurations.free_name("a" * 80, {"a" * 80})
    assert (len(name), name.endswith(" (copy)")) == (80, True)


def test_configurations_belong_to_their_project(session: Session, project: Project) -> None:
    other = ProjectFactory.create(session=session)
    kept = keep(session, project)
    keep(session, other)
    with pytest.raises(NotFoundError):
        configurations.get_configuration(session, other.id, kept.id)
    with pytest.raises(NotFoundError, match="keeps no configuration “atlases”"):
        configurations.named_configuration(session, project.id, "atlases")


def test_a_project_does_not_keep_more_than_anybody_tells_apart(
    session: Session, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configurations, "MOST", 1)
    keep(session, project)
    with pytest.raises(ConflictError, match="at most 1"):
        keep(session, project, "atlases")
