"""Finished runs for tests, made as rows: a project with images, labels, answers, a snapshot and predictions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from app.domain.metrics import evaluate, evaluate_predictions
from app.domain.statuses import Answer, JobKind, JobStatus, Recipe, Role, Split, View
from app.domain.thresholds import F1, cross_fitted, tune
from app.models import Account, Epoch, Image, Job, Label, Project, Run
from app.models.types import now
from app.services import truths
from app.services.predictions import write_predictions
from app.services.snapshots import describe_labels, write_items
from app.services.thresholds import Chosen, keep_tuned, objective_to_dict
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory, annotate

NAMES = ("animal", "human", "human-structure", "landscape")
COLOURS = ("ochre", "cobalt", "vermilion", "viridian")


@dataclass
class World:
    """A project with people and one finished run; row i of `truth` belongs to `images[i]`."""

    project: Project
    lead: Account
    reviewer: Account
    annotator: Account
    labels: list[Label]
    images: list[Image]
    splits: list[Split]
    truth: npt.NDArray[np.int8]
    probabilities: npt.NDArray[np.float32]
    run: Run

    def rows(self, split: Split) -> list[int]:
        return [row for row, each in enumerate(self.splits) if each is split]


def make_world(
    session: Session,
    *,
    n: int = 60,
    n_labels: int = 4,
    seed: int = 0,
    unknown: float = 0.0,
    test_share: float = 0.0,
) -> World:
    """Make a project with answers for all its images, and one finished run; commit it."""
    project = ProjectFactory.create(session=session)
    people = {role: AccountFactory.create(session=session, name=role.value.title()) for role in Role}
    for role, account in people.items():
        MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=role)
    labels = [
        LabelFactory.create(
            session=session,
            project_id=project.id,
            name=NAMES[i % 4] + (str(i // 4) if i >= 4 else ""),
            colour=COLOURS[i % 4],
            key="1234567890abcdefghijklmnopqrstuvwxyz"[i],
            position=i,
            definition=f"Shows {NAMES[i % 4]}.",
        )
        for i in range(n_labels)
    ]
    truth, probabilities = made_up(n, n_labels, seed, unknown)
    splits = [_split(row, test_share) for row in range(n)]
    images = [
        ImageFactory.create(session=session, project_id=project.id, name=f"{row:04}.jpg", split=splits[row])
        for row in range(n)
    ]
    answer(session, images, labels, truth, people[Role.ANNOTATOR])
    run = make_run(session, project, labels, images, splits, truth, probabilities, account=people[Role.LEAD])
    session.commit()
    return World(
        project,
        people[Role.LEAD],
        people[Role.REVIEWER],
        people[Role.ANNOTATOR],
        labels,
        images,
        splits,
        truth,
        probabilities,
        run,
    )


def made_up(
    n: int, n_labels: int, seed: int, unknown: float = 0.0
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Draw a truth, int8 [n, L], and probabilities that know something of it, float32 [n, L]."""
    generator = np.random.default_rng(seed)
    truth = (generator.random((n, n_labels)) < 0.35).astype(np.int8)
    noise = generator.normal(0, 1.2, (n, n_labels))
    probabilities = 1 / (1 + np.exp(-(2.2 * truth - 1.3 + noise)))
    truth[generator.random((n, n_labels)) < unknown] = -1
    return truth, probabilities.astype(np.float32)


def answer(
    session: Session, images: Sequence[Image], labels: Sequence[Label], truth: npt.NDArray[np.int8], account: Account
) -> None:
    """Let one person answer what the truth says; an unknown cell gets no answer."""
    for image, row in zip(images, truth, strict=True):
        given = {
            label: Answer.PRESENT if cell else Answer.ABSENT
            for label, cell in zip(labels, row, strict=True)
            if cell >= 0
        }
        if given:
            annotate(session, image, account, given, View.ANNOTATE)
    truths.refresh(session, [image.id for image in images])


def make_run(
    session: Session,
    project: Project,
    labels: Sequence[Label],
    images: Sequence[Image],
    splits: Sequence[Split | None],
    truth: npt.NDArray[np.int8],
    probabilities: npt.NDArray[np.float32],
    *,
    number: int = 1,
    account: Account | None = None,
    active: bool = True,
) -> Run:
    """Make a run that has finished, with thresholds tuned on its validation images."""
    moment = now()
    job = Job(
        project_id=project.id,
        kind=JobKind.TRAIN,
        status=JobStatus.SUCCEEDED,
        created_by_id=account.id if account else None,
        started_at=moment,
        finished_at=moment,
    )
    session.add(job)
    session.flush()
    run = Run(
        project_id=project.id,
        number=number,
        job_id=job.id,
        recipe=Recipe.QUICK,
        config={"backbone": "tf_efficientnet_lite0"},
        seed=42,
        labels=describe_labels(labels),
        versions={"python": "3.12", "torch": "2.14"},
        is_active=active,
        checkpoint=f"{project.id}/{number}",
    )
    session.add(run)
    session.flush()
    session.add(
        Epoch(
            run_id=run.id, epoch=1, stage="head", train_loss=0.4, valid_loss=0.5, metrics={"macro_f1": 0.6}, seconds=1.5
        )
    )
    kept = [row for row in range(len(images)) if (truth[row] >= 0).any()]
    write_items(session, run.id, [images[row].id for row in kept], [splits[row] for row in kept], truth[kept])
    write_predictions(session, run.id, [image.id for image in images], probabilities, [True for _image in images])
    evaluate_as_the_worker_does(session, run, splits, truth, probabilities)
    return run


def evaluate_as_the_worker_does(
    session: Session,
    run: Run,
    splits: Sequence[Split | None],
    truth: npt.NDArray[np.int8],
    probabilities: npt.NDArray[np.float32],
) -> None:
    """Tune and measure on the validation images, and keep both with the run."""
    rows = [r for r, split in enumerate(splits) if split is Split.VALIDATION and (truth[r] >= 0).any()]
    cells, given = truth[rows], probabilities[rows].astype(np.float64)
    tuned = tune(cells, given, F1, run.seed)
    chosen = [
        Chosen(label["id"], each.threshold, not each.outcome.keeps_default)
        for label, each in zip(run.labels, tuned, strict=True)
    ]
    keep_tuned(session, run.id, chosen, F1)
    run.evaluation = {
        "n_validation": len(rows),
        "objective": objective_to_dict(F1),
        "at_half": evaluate(cells, given, 0.5).to_dict(),
        "tuned": evaluate_predictions(cells, cross_fitted(cells, given, F1, run.seed), given).to_dict(),
    }
    session.flush()


def _split(row: int, test_share: float) -> Split:
    # Every third image validates; of the others, the test split takes its share from the start.
    if row % 3 == 0:
        return Split.VALIDATION
    return Split.TEST if test_share and row % round(1 / test_share) == 1 else Split.TRAIN
