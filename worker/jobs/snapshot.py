"""Taking a run's snapshot: the images, the ground truth and the splits it will know, frozen before it trains."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.db import session_scope
from app.domain.statuses import Split
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.i18n import ngettext
from app.models import Image, Project, Run
from app.services import snapshots, split_choices, split_plans
from app.services.split_choices import SplitChoice
from app.services.split_plans import Material
from app.storage import Storage

Cells = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

# A transaction of this many rows takes some milliseconds, so that annotators who save meanwhile do not wait.
BATCH = 1000
# A failure names this many files; who has to look for more has a larger trouble than a list.
NAMED_FILES = 5


@dataclass(frozen=True)
class Snapshot:
    """What a run learns from: row i of everything belongs to `images[i]`; all images that are not excluded are here."""

    run_id: int
    project_id: int
    seed: int
    label_ids: tuple[int, ...]
    label_names: tuple[str, ...]
    images: tuple[Image, ...]
    splits: tuple[Split | None, ...]
    # int8 [n, L]: 1 present, 0 absent, -1 unknown or disputed.
    truth: Cells
    # What stays together, wherever images are divided.
    groups: tuple[int, ...]

    def rows(self, split: Split) -> Rows:
        """Give the rows of a split that have any known truth, int [n]."""
        known = _known(self.truth)
        return np.flatnonzero(known & np.array([each is split for each in self.splits], dtype=np.bool_))

    @property
    def n_known(self) -> int:
        """Count the images with any known truth."""
        return int(_known(self.truth).sum())


def _known(truth: Cells) -> Flags:
    """Tell which images have any known truth, bool [n]."""
    return np.asarray((truth >= 0).any(axis=1), dtype=np.bool_)


def take(run_id: int, storage: Storage) -> Snapshot:
    """Look at the project once, give splits to images that have none, and keep what was seen with the run.

    Raises InvalidInputError where files are missing or nothing can be learned.
    """
    with session_scope(writes=False) as session:
        run = session.get_one(Run, run_id)
        project = session.get_one(Project, run.project_id)
        seen = snapshots.collect(session, project.id)
    check_files(seen.images, storage)
    choice = split_choices.choice_of(project)
    material = split_plans.material_of(seen.images, seen.truth, choice)
    new = new_splits(material, choice)
    splits = tuple(image.split or new.get(image.id) for image in seen.images)
    taken = Snapshot(
        run_id=run_id,
        project_id=project.id,
        seed=run.seed,
        label_ids=tuple(label.id for label in seen.labels),
        label_names=tuple(label.name for label in seen.labels),
        images=tuple(seen.images),
        splits=splits,
        truth=seen.truth,
        groups=tuple(split_plans.groups_of(material, choice).tolist()),
    )
    check_learnable(taken)
    with session_scope() as session:
        run = session.get_one(Run, run_id)
        run.labels = snapshots.describe_labels(seen.labels)
    _keep(taken, new)
    return taken


def check_files(images: list[Image], storage: Storage) -> None:
    """Refuse to begin where the file of an image has gone, naming the first few."""
    missing = [image.name for image in images if not storage.original(image.sha256).is_file()]
    if not missing:
        return
    named = ", ".join(f"“{name}”" for name in missing[:NAMED_FILES])
    raise InvalidInputError(
        ngettext(
            "The file of %(count)s image is missing from the data folder: %(files)s. "
            "Import it again, or exclude the image, and start again.",
            "The files of %(count)s images are missing from the data folder, among them: %(files)s. "
            "Import them again, or exclude the images, and start again.",
            len(missing),
        )
        % {"count": len(missing), "files": named}
    )


def new_splits(material: Material, choice: SplitChoice) -> dict[int, Split]:
    """Choose splits for images that have an answer and no split yet, by image id."""
    if not material.new.any():
        return {}
    chosen = split_plans.divide(material, choice)
    ids = material.ids.tolist()
    return {ids[row]: split for row, split in enumerate(chosen) if split is not None and material.splits[row] is None}


def check_learnable(taken: Snapshot) -> None:
    """Refuse to train where the training images leave nothing to tell apart."""
    cells = taken.truth[taken.rows(Split.TRAIN)]
    if ((cells == 1).any(axis=0) & (cells == 0).any(axis=0)).any():
        return
    raise InvalidInputError(
        _(
            "With some images set aside to measure on, no label is left with an image that shows it and one that "
            "does not. Tag more images and start again."
        )
    )


def _keep(taken: Snapshot, new: dict[int, Split]) -> None:
    given = list(new.items())
    for start in range(0, len(given), BATCH):
        with session_scope() as session:
            snapshots.give_splits(session, dict(given[start : start + BATCH]))
    known = np.flatnonzero(_known(taken.truth))
    for start in range(0, len(known), BATCH):
        rows = known[start : start + BATCH]
        with session_scope() as session:
            snapshots.write_items(
                session,
                taken.run_id,
                [taken.images[row].id for row in rows],
                [taken.splits[row] for row in rows],
                taken.truth[rows],
            )
