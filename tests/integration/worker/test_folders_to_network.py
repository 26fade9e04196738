"""Small grey images in folders, one label each, become a project, and a network learns them from nothing."""

import random
from pathlib import Path

import pytest
from PIL import Image as Picture
from PIL import ImageDraw
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.single_label import single_label_confusion
from app.domain.statuses import JobStatus, Labelling, Recipe, Split
from app.formats.folder_labels import FOLDERS
from app.models import Job, Project, Run
from app.services import evaluations, evidence, imports, label_groups, labels, runs
from app.services.import_tables import TableOptions
from tests.factories import ProjectFactory
from worker.jobs import imports as importing
from worker.jobs import training
from worker.running import run_job

SHAPES = ("bar", "cross", "disc", "frame")
SIDE, EACH = 28, 60


def draw(path: Path, shape: str, chance: random.Random) -> None:
    """Draw a shape in grey, somewhere and of some size, on a noisy ground."""
    picture = Picture.frombytes("L", (SIDE, SIDE), bytes(chance.randrange(0, 60) for _pixel in range(SIDE * SIDE)))
    brush, size = ImageDraw.Draw(picture), chance.randrange(12, 20)
    left, top, tone = chance.randrange(1, SIDE - size), chance.randrange(1, SIDE - size), chance.randrange(150, 256)
    right, bottom, middle = left + size, top + size, size // 2
    if shape == "bar":
        brush.line((left, top + middle, right, top + middle), tone, 4)
    elif shape == "cross":
        brush.line((left, top + middle, right, top + middle), tone, 3)
        brush.line((left + middle, top, left + middle, bottom), tone, 3)
    elif shape == "disc":
        brush.ellipse((left, top, right, bottom), tone)
    else:
        brush.rectangle((left, top, right, bottom), None, tone, 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    chance = random.Random(7)
    for shape in SHAPES:
        for number in range(EACH):
            draw(tmp_path / "shapes" / shape / f"{number:03}.png", shape, chance)
    made: Project = ProjectFactory.create(session=session)
    options = TableOptions(table=FOLDERS, create_all=True)
    begun = imports.import_folder(session, made, tmp_path / "shapes", None, options)
    session.commit()
    assert run_job(begun.job_id or 0, importing.work) is JobStatus.SUCCEEDED
    return made


def train(project: Project, recipe: Recipe, config: dict[str, object]) -> Run:
    with session_scope() as session:
        run = runs.start_run(session, session.get_one(Project, project.id), recipe=recipe, account=None, config=config)
    assert run_job(run.job_id, training.work) is JobStatus.SUCCEEDED, _why(run)
    with session_scope(writes=False) as session:
        return session.get_one(Run, run.id)


def _why(run: Run) -> str:
    with session_scope(writes=False) as session:
        return session.get_one(Job, run.job_id).error


@pytest.mark.slow
def test_folders_become_labels_that_exclude_each_other_and_a_network_learns_them(project: Project) -> None:
    with session_scope(writes=False) as session:
        (group,) = label_groups.grouped(session, project.id)
        assert group.exclusive
        assert [label.name for label in labels.live_labels(session, project.id)] == list(SHAPES)
    config: dict[str, object] = {
        "backbone": "tiny_vgg",
        "pretrained": False,
        "size": SIDE,
        "augment": "none",
        "batch_size": 16,
        "epochs_frozen": 0,
        "epochs_unfrozen": 16,
        "base_lr": 3e-3,
    }
    run = train(project, Recipe.FINETUNE, config)
    assert run.labelling is Labelling.EXCLUSIVE
    assert run.evaluation["accuracy"] >= 0.9
    with session_scope(writes=False) as session:
        made = evaluations.report(session, run)
        assert made.evaluation.micro.recall == pytest.approx(run.evaluation["accuracy"])
        seen = evidence.load(session, run, Split.VALIDATION)
        table = single_label_confusion(seen.truth, seen.probabilities)
        assert table.trace() / table.sum() == pytest.approx(run.evaluation["accuracy"])
        # One label of each image, with probabilities that add up to one.
        assert seen.predictions.sum(axis=1).tolist() == [1] * len(seen.image_ids)
        assert seen.probabilities.sum(axis=1) == pytest.approx([1] * len(seen.image_ids), abs=1e-5)
