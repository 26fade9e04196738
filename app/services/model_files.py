"""A run's model for other programs: its weights as a zip, and files that a worker makes when they are asked for."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.broker import TRAINING_QUEUE
from app.config import ROOT
from app.domain.statuses import JobKind, JobStatus, Labelling, Recipe
from app.errors import ConflictError, NotFoundError
from app.formats.model_readme import ModelFacts, weights_readme
from app.formats.stored_zip import Part, stored_zip
from app.i18n import gettext as _
from app.models import Account, Job, Project, Run
from app.services import file_sizes, jobs
from app.services.thresholds import active_set, threshold_values
from app.storage import Storage

# Together they hold some hundred models; whoever wants an older one has it made again.
MOST_BYTES = 4_000_000_000
# What a zip of weights consists of beside the frozen network of a quick run.
_WEIGHTS, _MANIFEST, _THRESHOLDS = "weights.safetensors", "manifest.json", "thresholds.json"
# The file that reads a model without Loupe; its text alone is needed here.
_SCRIPT = ROOT / "worker" / "ml" / "portable.py"


class FileForm(StrEnum):
    """Say for what program a file is, that a worker makes."""

    ONNX = "onnx"
    FASTAI = "fastai"


class FileStatus(StrEnum):
    """Say how far a file is."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"
    NONE = "none"


@dataclass(frozen=True)
class Standing:
    """Say how far a file is: where it lies and how large it is, or the job that makes it."""

    form: FileForm
    status: FileStatus
    sentence: str = ""
    job: Job | None = None
    path: Path | None = None
    size: int = 0


def path_of(session: Session, storage: Storage, run: Run, form: FileForm) -> Path:
    """Say where a file is, or will be: it states the thresholds in force, so that each set has its own."""
    made = active_set(session, run.id)
    return storage.model_files(run.id) / f"{form.value}-{made.version if made else 0}.zip"


def standing(session: Session, storage: Storage, run: Run, form: FileForm) -> Standing:
    """Tell how far a file is."""
    path = path_of(session, storage, run, form)
    with suppress(FileNotFoundError):
        return Standing(form, FileStatus.READY, path=path, size=path.stat().st_size)
    job = _latest_job(session, run, form)
    if job is None or job.status in {JobStatus.SUCCEEDED, JobStatus.CANCELLED}:
        return Standing(form, FileStatus.NONE)
    if job.status is JobStatus.FAILED:
        return Standing(form, FileStatus.FAILED, job.error, job)
    return Standing(form, FileStatus.WAITING, _why_it_waits(session, job), job)


def ask(session: Session, storage: Storage, run: Run, account: Account | None, form: FileForm) -> Job | None:
    """Have a file made; None where it is there. While it is being made, that job is given instead of a second.

    Raises:
        ConflictError: when the run has no model.

    """
    _check(run)
    # Two who ask at once: the second waits here until the first has made its job.
    session.execute(select(Project.id).where(Project.id == run.project_id).with_for_update())
    found = standing(session, storage, run, form)
    if found.status is FileStatus.READY:
        return None
    if found.status is FileStatus.WAITING:
        return found.job
    params = {"run_id": run.id, "form": form.value}
    asked_by = account.id if account else None  # nobody: the command line
    return jobs.create_job(session, JobKind.MODEL_FILE, project_id=run.project_id, account_id=asked_by, params=params)


def facts(session: Session, run: Run, manifest: dict[str, Any]) -> ModelFacts:
    """Say of a model what goes with it."""
    exclusive = run.labelling is Labelling.EXCLUSIVE
    return ModelFacts(
        project=session.get_one(Project, run.project_id).name,
        run=run.number,
        labels=[label["name"] for label in run.labels],
        thresholds=[] if exclusive else threshold_values(session, run),
        size=manifest["transform"]["size"],
        views=manifest["views"],
        interpolation=manifest["transform"]["interpolation"],
        backbone=manifest["backbone"],
        versions=run.versions,
    )


def weights_parts(session: Session, storage: Storage, run: Run) -> list[Part]:
    """List what belongs into a zip of the weights.

    Raises:
        ConflictError: when the run has no model, or its frozen network is not here.

    """
    _check(run)
    folder = storage.checkpoints / (run.checkpoint or "")
    if not (folder / _MANIFEST).is_file():
        raise NotFoundError(_("The files of this model are missing or damaged. Please train it again."))
    manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    parts = [
        Part("README.md", weights_readme(facts(session, run, manifest)).encode()),
        Part("loupe_model.py", _SCRIPT),
        Part(_MANIFEST, folder / _MANIFEST),
        Part(_WEIGHTS, folder / _WEIGHTS),
    ]
    if (folder / _THRESHOLDS).is_file():
        parts.append(Part(_THRESHOLDS, folder / _THRESHOLDS))
    if run.recipe is Recipe.QUICK:
        parts.append(Part("backbone.safetensors", _frozen_network(storage, manifest)))
    return parts


def weights_zip(parts: list[Part]) -> Iterator[bytes]:
    """Write the zip while it is being sent."""
    return stored_zip(parts)


def made(storage: Storage) -> Iterator[Path]:
    """List all files that were made, of all runs; each can be made again."""
    return (Path(path) for path, _size in file_sizes.files_below(storage.root / "models"))


def _check(run: Run) -> None:
    if not run.checkpoint:
        raise ConflictError(_("Run %(number)s has no checkpoint to use.") % {"number": run.number})


def _frozen_network(storage: Storage, manifest: dict[str, Any]) -> Path:
    path = storage.backbones / f"{manifest['backbone']}-{manifest['backbone_digest']}.safetensors"
    if not path.is_file():
        raise ConflictError(
            _(
                "The pretrained network under this model is not on this computer any more. Train with it once, then "
                "try again."
            )
        )
    return path


def _latest_job(session: Session, run: Run, form: FileForm) -> Job | None:
    query = select(Job).where(Job.project_id == run.project_id, Job.kind == JobKind.MODEL_FILE).order_by(Job.id.desc())
    wanted = {"run_id": run.id, "form": form.value}
    return next((job for job in session.scalars(query) if job.params == wanted), None)


def _why_it_waits(session: Session, job: Job) -> str:
    if job.status is JobStatus.RUNNING:
        return job.stage or _("It is being made.")
    if not jobs.worker_alive(session, TRAINING_QUEUE):
        return _("No worker is running that could make it. It is made as soon as one starts.")
    return _("It is made as soon as the work before it has ended.")
