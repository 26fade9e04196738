"""How a run was made: everything that is needed to make it again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Split
from app.formats.snapshot_csv import snapshot_csv
from app.i18n import gettext as _
from app.models import Image, Run, SnapshotItem
from app.services import evidence, run_parents, setting_words, snapshots
from app.services.evidence import RunLabel
from app.services.setting_words import Setting

# Images read at a time, so that memory stays small however large the collection is.
BATCH = 2_000
GIB = 1 << 30
# What a run notes of a computer, in the order in which people look for it.
_HARDWARE = ("processor", "cores", "memory_bytes", "graphics", "system", "precision")


@dataclass(frozen=True)
class LabelThen:
    """A label as the run knew it: in how many images of each split it was present, absent or unknown."""

    label: RunLabel
    counts: dict[Split, tuple[int, int, int]]


@dataclass(frozen=True)
class Snapshot:
    """What a run knew: images by split, those without one, and its labels."""

    n_images: int
    splits: dict[Split, int]
    n_without: int
    labels: tuple[LabelThen, ...]


@dataclass(frozen=True)
class RunDetails:
    """All that is kept of how a run was made; terms and what they are stand in pairs."""

    settings: list[Setting]
    snapshot: Snapshot
    versions: list[tuple[str, str]]
    hardware: list[tuple[str, str]]
    seconds: float | None
    parent: Run | None
    # The runs that went on from this one and are still there, by number.
    children: tuple[int, ...]


def details(session: Session, run: Run) -> RunDetails:
    """Tell how a run was made."""
    started, ended = run.job.started_at, run.job.finished_at
    return RunDetails(
        settings=setting_words.settings_of(run.recipe, run.config),
        snapshot=snapshot(session, run),
        versions=sorted(run.versions.items()),
        hardware=hardware_words(run.hardware),
        seconds=(ended - started).total_seconds() if started and ended else None,
        parent=session.get(Run, run.parent_id) if run.parent_id else None,
        children=run_parents.children_of(session, run),
    )


def snapshot(session: Session, run: Run) -> Snapshot:
    """Count what a run knew."""
    known = snapshots.truth_matrix(session, run)
    rows = {split: np.array([each is split for each in known.splits], dtype=np.bool_) for split in Split}
    splits = {split: int(given.sum()) for split, given in rows.items() if given.any()}
    labels = tuple(
        LabelThen(label, {split: _counts(known.truth[rows[split], column]) for split in splits})
        for column, label in enumerate(evidence.run_labels(session, run))
    )
    return Snapshot(len(known.image_ids), splits, sum(each is None for each in known.splits), labels)


def hardware_words(noted: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what the computer was; nothing of a run that was made before this was noted."""
    titles = {
        "processor": _("Processor"),
        "cores": _("Cores"),
        "memory_bytes": _("Memory"),
        "graphics": _("Graphics card"),
        "system": _("System"),
        "precision": _("Number format of the network"),
    }
    told = []
    for name in _HARDWARE:
        value = noted.get(name)
        if value is None:
            continue
        if name == "memory_bytes":
            value = _("%(count)s GB") % {"count": f"{value / GIB:.0f}"}
        told.append((titles[name], str(value or _("none"))))
    return told


def stream(run_id: int) -> Iterator[bytes]:
    """Write the snapshot of a run in a transaction of its own, which lasts as long as somebody is reading it."""
    with session_scope(writes=False) as session:
        run = session.get_one(Run, run_id)
        for chunk in snapshot_csv([label["name"] for label in run.labels], _rows(session, run)):
            yield chunk.encode("utf-8")


def _rows(session: Session, run: Run) -> Iterator[tuple[str, str, str, list[int]]]:
    query = (
        select(Image.id, Image.name, Image.sha256, SnapshotItem.split, SnapshotItem.truth)
        .join(SnapshotItem, SnapshotItem.image_id == Image.id)
        .where(SnapshotItem.run_id == run.id)
        .order_by(Image.id)
        .limit(BATCH)
    )
    after = 0
    while rows := session.execute(query.where(Image.id > after)).all():
        for image_id, name, sha256, split, truth in rows:
            yield name, sha256, split.value if split else "", np.frombuffer(truth, dtype=np.int8).tolist()
            after = image_id


def _counts(column: snapshots.Cells) -> tuple[int, int, int]:
    present, absent = int((column == 1).sum()), int((column == 0).sum())
    return present, absent, len(column) - present - absent
