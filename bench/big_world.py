"""A finished run over many images and labels, written straight into a SQLite data folder: for measuring pages.

There are no picture files, so that thumbnails are missing. `big_world(folder)` makes the folder the data folder of this
process; a web server started with LOUPE_DATA=folder shows it, to whoever brings the session token that is given back.
"""

import hashlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy.orm import Session  # noqa: E402 - the path is set just above

from app.config import get_settings  # noqa: E402
from app.db import get_engine, session_scope  # noqa: E402
from app.domain.palette import PALETTE  # noqa: E402
from app.domain.statuses import Answer, JobKind, JobStatus, Recipe, Role, Split, TruthValue, View  # noqa: E402
from app.domain.thresholds import F1  # noqa: E402
from app.migrating import migrate  # noqa: E402
from app.models import Account, Epoch, Image, Job, Label, Member, Project, Run  # noqa: E402
from app.models.types import now  # noqa: E402
from app.services import accounts  # noqa: E402
from app.services.predictions import write_predictions  # noqa: E402
from app.services.snapshots import describe_labels, write_items  # noqa: E402
from app.services.thresholds import keep_tuned  # noqa: E402
from worker.jobs.evaluation import measure  # noqa: E402

Cells = npt.NDArray[np.int8]
Probabilities = npt.NDArray[np.float32]
SEED = 42
# One in fifty answers is missing, as where a label was added later.
UNKNOWN_SHARE = 0.02


@dataclass(frozen=True)
class BigWorld:
    """Where the run is, and the token (cookie loupe_session) of a lead who may see it."""

    data_folder: Path
    project_id: int
    run_number: int
    lead_token: str

    @property
    def path(self) -> str:
        """Give the address of the run, without server."""
        return f"/projects/{self.project_id}/runs/{self.run_number}"


def big_world(data_folder: Path, n: int = 20_000, labels: int = 40, *, others: int = 5_000) -> BigWorld:
    """Make a run with `n` validation images, and `others` that were trained on or that nobody has tagged, half each."""
    os.environ["LOUPE_DATA"] = str(data_folder)
    get_settings.cache_clear()
    get_engine.cache_clear()
    migrate()
    splits: list[Split | None] = (
        [Split.VALIDATION] * n + [Split.TRAIN] * (others // 2) + [None] * (others - others // 2)
    )
    truth, probabilities = made_up(len(splits), labels)
    with session_scope() as session:
        lead = Account(email="lead@example.org", name="Lea Lead", password_hash="-", is_owner=True)
        project = Project(name=f"Big: {n} images, {labels} labels")
        session.add_all([lead, project])
        session.flush()
        session.add(Member(project_id=project.id, account_id=lead.id, role=Role.LEAD))
        known = [_label(project.id, place) for place in range(labels)]
        session.add_all(known)
        session.flush()
        ids = _images(session, project.id, splits)
        tagged = [row for row, split in enumerate(splits) if split is not None]
        _answers(session, project.id, lead.id, [ids[row] for row in tagged], known, truth[tagged])
        run = _run(session, project.id, lead.id, known)
        write_items(session, run.id, [ids[row] for row in tagged], [splits[row] for row in tagged], truth[tagged])
        write_predictions(session, run.id, ids, probabilities, [True] * len(ids))
        named = [(label.id, label.name) for label in known]
        measured = measure(truth[:n], probabilities[:n].astype(np.float64), named, F1, run.seed)
        run.evaluation = measured.evaluation
        keep_tuned(session, run.id, measured.chosen, F1)
        return BigWorld(data_folder, project.id, run.number, accounts.start_session(session, lead))


def made_up(n: int, labels: int) -> tuple[Cells, Probabilities]:
    """Draw a truth, int8 [n, L], with rare and frequent labels, and probabilities that know something of it."""
    generator = np.random.default_rng(SEED)
    shares = np.geomspace(0.3, 0.002, labels)
    truth = (generator.random((n, labels)) < shares).astype(np.int8)
    said = 3.0 * truth + np.log(shares / (1 - shares)) / 2 - 1 + generator.normal(0, 1.2, (n, labels))
    truth[generator.random((n, labels)) < UNKNOWN_SHARE] = -1
    return truth, (1 / (1 + np.exp(-said))).astype(np.float32)


def _label(project_id: int, place: int) -> Label:
    return Label(
        project_id=project_id,
        name=f"label {place + 1:02}",
        colour=PALETTE[place % len(PALETTE)],
        key="",
        definition=f"What counts as label {place + 1}.",
        position=place,
    )


def _images(session: Session, project_id: int, splits: Sequence[Split | None]) -> list[int]:
    """Add images by the thousand; give their ids."""
    columns = "project_id, name, sha256, size_bytes, format, width, height, split, details, created_at"
    rows = [
        (project_id, f"box {i // 500:03}/{i:06}.jpg", _digest(i), 100_000, "JPEG", 1200, 900, split, "{}", _moment())
        for i, split in enumerate(splits)
    ]
    _insert(session, Image.__tablename__, columns, rows)
    # The database is new, so that they are counted from 1.
    return list(range(1, len(rows) + 1))


def _answers(
    session: Session, project_id: int, account_id: int, ids: Sequence[int], known: Sequence[Label], truth: Cells
) -> None:
    """Add one annotation an image, with an answer for every known cell, and the truths that follow."""
    columns = "id, project_id, image_id, account_id, view, comment, created_at"
    rows = [(i, project_id, i, account_id, View.ANNOTATE.value, "", _moment()) for i in ids]
    _insert(session, "annotations", columns, rows)
    cells = [(ids[row], known[column].id, bool(truth[row, column])) for row, column in np.argwhere(truth >= 0).tolist()]
    answers = [(i, label, (Answer.PRESENT if yes else Answer.ABSENT).value, 1) for i, label, yes in cells]
    _insert(session, "annotation_answers", "annotation_id, label_id, value, definition_version", answers)
    truths = [(i, label, (TruthValue.PRESENT if yes else TruthValue.ABSENT).value) for i, label, yes in cells]
    _insert(session, "truths", "image_id, label_id, value", truths)


def _run(session: Session, project_id: int, account_id: int, known: Sequence[Label]) -> Run:
    moment = now()
    job = Job(project_id=project_id, kind=JobKind.TRAIN, status=JobStatus.SUCCEEDED, created_by_id=account_id)
    job.started_at = job.finished_at = moment
    session.add(job)
    session.flush()
    run = Run(project_id=project_id, number=1, job_id=job.id, recipe=Recipe.QUICK, seed=SEED, is_active=True)
    run.config = {"backbone": "tf_efficientnet_lite0"}
    run.labels = describe_labels(known)
    session.add(run)
    session.flush()
    session.add(Epoch(run_id=run.id, epoch=1, stage="head", train_loss=0.2, valid_loss=0.2, seconds=10.0))
    return run


def _insert(session: Session, table: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    # Through the driver: naming every value of a million rows would take most of the time.
    marks = ", ".join("?" for _ in columns.split(","))
    session.connection().exec_driver_sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(rows))


def _digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _moment() -> str:
    return "2026-01-01 12:00:00.000000"


if __name__ == "__main__":
    began = time.perf_counter()
    made = big_world(Path(sys.argv[1]))
    print(f"{made.path} in {time.perf_counter() - began:.1f} s; cookie loupe_session={made.lead_token}")
