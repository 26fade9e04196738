"""Trying out the whole way of the data of a training, and naming what fails on it."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.config import get_settings
from app.domain.matrices import UNKNOWN
from app.domain.statuses import Recipe
from app.errors import AppError
from app.i18n import gettext as _
from app.models import Image
from app.services.previews import Sample, Wish
from app.services.snapshots import CELL_OF_TRUTH
from app.storage import Storage, get_storage
from worker.jobs.pixels import items_of
from worker.ml.backbones import Transform, choose_device, load_backbone
from worker.ml.dataset import Item, read_views
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.pipeline_checks import Step, check_finetune, check_quick
from worker.running import Progress

# A list of more tells nobody more; the count says how many there are.
NAMED = 5
# Enough to find out whether a file can be decoded.
_SMALL = Transform(32, "bilinear", 1.0, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def check(
    progress: Progress, storage: Storage, wish: Wish, sample: Sample, files: Sequence[tuple[int, str, str]]
) -> dict[str, Any]:
    """Take images through every step; give the steps, what failed in which image, and whose files have gone."""
    missing = [(image_id, name) for image_id, name, sha256 in files if not storage.original(sha256).is_file()]
    usable, failures = _readable(sample.images, storage, progress)
    progress.check()
    steps: list[Step] = []
    stopped = ""
    try:
        for step in _steps(wish, sample, usable):
            steps.append(step)
            progress.check()
    except AppError as refusal:
        stopped = refusal.sentence
    told: dict[str, Any] = {
        "recipe": wish.recipe.value,
        "steps": [step.to_dict() for step in steps],
        "stopped": stopped,
        "failures": failures,
        "missing": [{"image_id": image_id, "name": name} for image_id, name in missing[:NAMED]],
        "n_missing": len(missing),
        "n_images": len(files),
        "n_batch": len(usable),
    }
    if usable:
        image, _item = usable[0]
        truths = sample.truths.get(image.id, {})
        told["example"] = {"image_id": image.id, "name": image.name}
        told["targets"] = {str(label.id): truths.get(label.id) for label in sample.labels}
    return {"check": told}


def _steps(wish: Wish, sample: Sample, usable: Sequence[tuple[Image, Item]]) -> Iterator[Step]:
    items = [item for _image, item in usable]
    if not items:
        return
    if wish.recipe is Recipe.FINETUNE:
        config = FinetuneConfig(**wish.config, seed=wish.seed)
        yield from check_finetune(items, _cells(sample, [image for image, _item in usable]), config, wish.seed)
        return
    backbone = load_backbone(
        str(wish.config["backbone"]), get_storage().backbones, device=choose_device(get_settings().device)
    )
    yield from check_quick(items, backbone.seeing(wish.config["size"], mirrored=bool(wish.config["flips"])))


def _readable(
    images: Sequence[Image], storage: Storage, progress: Progress
) -> tuple[list[tuple[Image, Item]], list[dict[str, Any]]]:
    """Part the images that can be decoded from those that cannot, which are given with the reason."""
    usable, failures = [], []
    for image in images:
        progress.check()
        try:
            (item,) = items_of([image], storage, progress)
            read_views(item, _SMALL, ("whole",))
        except AppError as refusal:
            failures.append({"image_id": image.id, "name": image.name, "sentence": refusal.sentence})
        except FileNotFoundError:
            sentence = _("The image “%(name)s” cannot be read: its file is missing.") % {"name": image.name}
            failures.append({"image_id": image.id, "name": image.name, "sentence": sentence})
        else:
            usable.append((image, item))
    return usable, failures


def _cells(sample: Sample, images: Sequence[Image]) -> npt.NDArray[np.int8]:
    cells = np.full((len(images), len(sample.labels)), UNKNOWN, dtype=np.int8)
    for row, image in enumerate(images):
        known = sample.truths.get(image.id, {})
        for column, label in enumerate(sample.labels):
            cells[row, column] = CELL_OF_TRUTH[known[label.id]] if label.id in known else UNKNOWN
    return cells
