"""Trying out the whole way of a training's data: the steps, and the images that fail on it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Account, Image, Job, Project
from app.services import previews
from app.services.previews import PreviewKind, Wish
from app.storage import get_storage
from tests.factories import AccountFactory, LabelFactory
from tests.integration.trainable import make_project
from worker.jobs import previews as work
from worker.running import run_job


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=6, untagged=1)
    LabelFactory.create(session=session, project_id=made.id, name="added later", position=9)
    session.commit()
    return made


@pytest.fixture
def lead(session: Session) -> Account:
    made: Account = AccountFactory.create(session=session)
    session.commit()
    return made


def checked(project: Project, lead: Account, recipe: Recipe, **config: object) -> dict[str, Any]:
    wish = Wish(PreviewKind.CHECK, recipe, config)
    with session_scope() as opened:
        job = previews.ask(opened, opened.get_one(Project, project.id), opened.get_one(Account, lead.id), wish)
    assert run_job(job.id, work.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        found: dict[str, Any] = opened.get_one(Job, job.id).params["result"]["check"]
        return found


def first_images(project: Project) -> list[Image]:
    with session_scope(writes=False) as opened:
        return list(opened.query(Image).filter_by(project_id=project.id).order_by(Image.id))


def test_fine_tuning_goes_through_every_step(project: Project, lead: Account) -> None:
    found = checked(project, lead, Recipe.FINETUNE, size=64, batch_size=4)
    steps = found["steps"]
    by_kind = {step["kind"]: step for step in steps}
    assert by_kind["file"]["shape"] == [96, 80]
    assert by_kind["batch"]["shape"] == [4, 3, 64, 64]
    assert by_kind["batch_targets"]["shape"] == [4, 3]
    # The label that came later is unknown everywhere.
    assert by_kind["target"]["low"] == -1
    assert steps[-1]["name"] == "Normalize"
    assert steps[-1]["low"] < 0 < steps[-1]["high"]
    assert (found["stopped"], found["failures"], found["n_missing"], found["n_images"]) == ("", [], 0, 7)
    assert None in found["targets"].values()


def test_the_quick_recipe_ends_in_an_embedding(project: Project, lead: Account) -> None:
    found = checked(project, lead, Recipe.QUICK)
    kinds = [step["kind"] for step in found["steps"]]
    assert (kinds[0], kinds[-1]) == ("file", "embedding")
    assert found["steps"][-1]["shape"] == [1, 1280]
    assert found["steps"][-1]["numbers"] == "float16"


def test_damaged_and_missing_files_are_named(project: Project, lead: Account) -> None:
    images = first_images(project)[:2]
    damaged = get_storage().rendition(images[0].sha256, "screen")
    damaged.parent.mkdir(parents=True, exist_ok=True)
    damaged.write_bytes(b"torn")
    get_storage().original(images[1].sha256).unlink()
    found = checked(project, lead, Recipe.FINETUNE, size=32, batch_size=16)
    assert {each["image_id"] for each in found["failures"]} == {image.id for image in images}
    assert all(each["sentence"] for each in found["failures"])
    assert [each["image_id"] for each in found["missing"]] == [images[1].id]
    # The others go through all the same.
    assert found["n_batch"] == 4
    assert found["steps"][-1]["name"] == "Normalize"


def test_where_no_image_can_be_used_there_are_no_steps(project: Project, lead: Account) -> None:
    for image in first_images(project):
        get_storage().original(image.sha256).unlink()
    found = checked(project, lead, Recipe.FINETUNE, size=32)
    assert found["steps"] == []
    assert (found["n_missing"], len(found["missing"])) == (7, 5)
