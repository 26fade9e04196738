"""Trying out a training before it is started: nothing of the project is changed by it."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import Recipe
from app.errors import Cancelled
from app.i18n import gettext as _
from app.models import Image, Job, Project
from app.services import labelling, snapshots, split_choices, split_plans, trials
from app.services.trials import TrialKind
from app.storage import get_storage
from worker.jobs.pixels import items_of
from worker.jobs.snapshot import check_files, new_splits
from worker.ml import callbacks
from worker.ml.callbacks import Monitor, Stage
from worker.ml.dataset import Item
from worker.ml.train import Places, QuickConfig, TrainData
from worker.running import Progress


def work(progress: Progress) -> None:
    """Try what the job asks for; no session is open meanwhile."""
    with session_scope(writes=False) as session:
        job = session.get_one(Job, progress.job_id)
        what, recipe = TrialKind(job.params["what"]), Recipe(job.params["recipe"])
        config: dict[str, Any] = dict(job.params["config"])
        project = session.get_one(Project, job.project_id)
        seen = snapshots.collect(session, project.id)
        together = labelling.labelling_of(session, project)
        choice = split_choices.choice_of(project)
        seed = project.seed
    progress(_("Looking through the project"), 0, 0)
    # As a training would divide new images; nothing of it is kept.
    material = split_plans.material_of(seen.images, seen.truth, choice)
    new = new_splits(material, choice)
    data = TrainData(
        items=_names(seen.images),
        labels=[label.name for label in seen.labels],
        truth=seen.truth,
        splits=[image.split or new.get(image.id) for image in seen.images],
        groups=tuple(split_plans.groups_of(material, choice).tolist()),
        labelling=together,
    )
    try:
        result = _try(progress, what, recipe, {**config, "seed": seed}, data, seen.images)
    except Exception as error:
        # fastai wraps what passes through it: whatever ends a trial that was stopped, it was stopped.
        if isinstance(error, callbacks.Cancelled) or progress.should_stop():
            raise Cancelled from error
        raise
    progress.check()
    progress.at_success(lambda session: trials.keep_result(session, progress.job_id, result))


def _try(
    progress: Progress,
    what: TrialKind,
    recipe: Recipe,
    config: dict[str, Any],
    data: TrainData,
    images: Sequence[Image],
) -> dict[str, Any]:
    storage = get_storage()
    places = Places(storage.checkpoints / "trial", storage.backbones, storage.embeddings, get_settings().device)
    monitor = Monitor(lambda report: _report(progress, report), progress.should_stop)
    # fastai takes seconds to load, which a worker that only trains quickly should not spend.
    if recipe is Recipe.QUICK:
        module = import_module("worker.ml.quick_trials")
        ready = _with_files(progress, data, images, range(len(images)))
        found = module.estimate_quick(ready, places, QuickConfig(**config), monitor, lambda _stage: _time(progress))
        return dict(found.to_dict())
    module = import_module("worker.ml.trials")
    chosen = import_module("worker.ml.finetune_config").FinetuneConfig(**config)
    train, valid, _size = module.rows_wanted(data, chosen, module.RATE_BATCHES)
    ready = _with_files(progress, data, images, [*train.tolist(), *valid.tolist()])
    if what is TrialKind.RATE:
        return dict(module.find_rate(ready, places, chosen, monitor))
    quiet = Monitor(should_cancel=progress.should_stop)
    return dict(module.estimate_finetune(ready, places, chosen, quiet, lambda _stage: _time(progress)).to_dict())


def _names(images: Sequence[Image]) -> list[Item]:
    storage = get_storage()
    return [Item(image.sha256, storage.rendition(image.sha256, "screen"), image.name) for image in images]


def _with_files(progress: Progress, data: TrainData, images: Sequence[Image], rows: Sequence[int] | range) -> TrainData:
    """Make sure that the files of some images are there, and give the data with them."""
    wanted = [images[row] for row in rows]
    check_files(wanted, get_storage())
    made = dict(zip(rows, items_of(wanted, get_storage(), progress), strict=True))
    return replace(data, items=[made.get(row, item) for row, item in enumerate(data.items)])


def _report(progress: Progress, report: callbacks.Progress) -> None:
    reading = report.stage is Stage.READING
    sentence = _("Reading the images") if reading else _("Trying ever larger learning rates")
    progress(sentence, report.done, report.total)


def _time(progress: Progress) -> None:
    progress(_("Timing some batches"), 0, 0)
    progress.check()
