"""What a report and its lists rest on: truth, probabilities and predictions of one run, side by side."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from sqlalchemy import String, and_, func, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.matrices import UNKNOWN, Cells, Floats
from app.domain.single_label import decide
from app.domain.statuses import Split, TruthValue
from app.domain.thresholds import DEFAULT_THRESHOLD, F1, Objective, cross_fitted
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Image, Label, Prediction, Run, SnapshotItem, Threshold, Truth
from app.services import kept_reports
from app.services.predictions import STORED
from app.services.thresholds import BY_HAND, objective_from_dict, objective_from_name, thresholds_of

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# From here on one sweep over the project's truths is quicker than naming the images.
FEW_IMAGES = 500


class Basis(StrEnum):
    """Say from which probability on a label counts as predicted."""

    TUNED = "tuned"
    HALF = "half"


@dataclass(frozen=True)
class RunLabel:
    """A label as the run knew it, in the colour and with the key it has now."""

    id: int
    name: str
    colour: str
    key: str
    definition: str
    definition_version: int
    # The wording in force now, and its version; a removed label keeps its last one.
    definition_now: str
    version_now: int
    removed: bool


@dataclass(frozen=True, eq=False)
class Evidence:
    """Hold one split of a run, or all: row i belongs to `image_ids[i]`, columns are in the order of `Run.labels`.

    `truth` is int8 [n, L] as the run knew it, `probabilities` float64 [n, L], `predictions` int8 [n, L] on the basis
    asked for, `thresholds` float64 [L] in force, `held_out` bool [n].
    """

    labels: tuple[RunLabel, ...]
    basis: Basis
    image_ids: Ids
    splits: tuple[Split | None, ...]
    truth: Cells
    probabilities: Floats
    predictions: Cells
    thresholds: Floats
    held_out: Flags
    # Which labels' predictions were made by thresholds that the image's own answer did not tune, bool [L].
    cross_fitted: Flags

    @property
    def seen_in_training(self) -> int:
        """Count the images on which the model that speaks of them was trained."""
        return int((~self.held_out).sum())

    def part(self, rows: Sequence[int] | Ids, columns: Sequence[int]) -> "Evidence":
        """Keep some images and labels, in the order given."""
        chosen = np.ix_(np.asarray(rows, dtype=np.intp), np.asarray(columns, dtype=np.intp))
        return replace(
            self,
            labels=tuple(self.labels[column] for column in columns),
            image_ids=self.image_ids[chosen[0][:, 0]],
            splits=tuple(self.splits[row] for row in rows),
            truth=self.truth[chosen],
            probabilities=self.probabilities[chosen],
            predictions=self.predictions[chosen],
            thresholds=self.thresholds[chosen[1][0]],
            held_out=self.held_out[chosen[0][:, 0]],
            cross_fitted=self.cross_fitted[chosen[1][0]],
        )

    def column(self, label_id: int) -> int:
        """Find a label's column; -1 where the run does not know it."""
        return next((column for column, label in enumerate(self.labels) if label.id == label_id), -1)


def load(session: Session, run: Run, split: Split | None = Split.VALIDATION, basis: Basis = Basis.TUNED) -> Evidence:
    """Read what a run knew and says of the images of a split (None: of all its images).

    On the validation images, predictions at tuned thresholds are cross-fitted, so that all counts of a report agree
    with its figures; a threshold that was set by hand, and every other split, is judged as it stands.
    """
    known = _read(session, run, split)
    rows = thresholds_of(session, run)
    in_use = limits(run, rows, basis)
    predictions = decide(run.labelling, known.probabilities, in_use)
    crossed = was_cross_fitted(run, rows, basis)
    if crossed.any():
        _cross_fit(session, run, rows, known, predictions, crossed)
    return Evidence(
        labels=tuple(run_labels(session, run)),
        basis=basis,
        image_ids=known.image_ids,
        splits=known.splits,
        truth=known.truth,
        probabilities=known.probabilities,
        predictions=predictions,
        thresholds=in_use,
        held_out=known.held_out,
        cross_fitted=crossed & any(each is Split.VALIDATION for each in known.splits),
    )


def at_thresholds(session: Session, run: Run, basis: Basis, image_ids: Sequence[int]) -> Evidence:
    """Read what a run knew and says of some images, by id, each judged by the thresholds as they stand."""
    known = _read(session, run, None, image_ids)
    in_use = limits(run, thresholds_of(session, run), basis)
    return Evidence(
        labels=tuple(run_labels(session, run)),
        basis=basis,
        image_ids=known.image_ids,
        splits=known.splits,
        truth=known.truth,
        probabilities=known.probabilities,
        predictions=decide(run.labelling, known.probabilities, in_use),
        thresholds=in_use,
        held_out=known.held_out,
        cross_fitted=np.zeros(len(run.labels), dtype=np.bool_),
    )


def limits(run: Run, rows: dict[int, Threshold], basis: Basis) -> Floats:
    """Give the threshold of each label that counts on a basis, float64 [L]."""
    if basis is Basis.HALF:
        return np.full(len(run.labels), DEFAULT_THRESHOLD)
    values = [rows[label["id"]].value if label["id"] in rows else DEFAULT_THRESHOLD for label in run.labels]
    return np.array(values, dtype=np.float64)


def was_cross_fitted(run: Run, rows: dict[int, Threshold], basis: Basis) -> Flags:
    """Tell which labels are judged by cross-fitted thresholds on validation images, bool [L]."""
    ids = [label["id"] for label in run.labels]
    tuned = [each in rows and rows[each].objective != BY_HAND for each in ids]
    return np.array(tuned, dtype=np.bool_) & (basis is Basis.TUNED)


def run_labels(session: Session, run: Run) -> list[RunLabel]:
    """List the labels of a run in the order of its vectors."""
    ids = [label["id"] for label in run.labels]
    now = {label.id: label for label in session.scalars(select(Label).where(Label.id.in_(ids)))}
    return [
        RunLabel(
            id=known["id"],
            name=known["name"],
            colour=now[known["id"]].colour,
            key=now[known["id"]].key,
            definition=known.get("definition", ""),
            definition_version=known.get("definition_version", 1),
            definition_now=now[known["id"]].definition,
            version_now=now[known["id"]].definition_version,
            removed=now[known["id"]].removed_at is not None,
        )
        for known in run.labels
    ]


def split_counts(session: Session, run: Run) -> dict[Split, int]:
    """Count the images of each split that a run knew; splits without any are left out."""
    query = select(SnapshotItem.split, func.count()).where(SnapshotItem.run_id == run.id).group_by(SnapshotItem.split)
    found = dict(session.execute(query).all())
    return {split: found[split] for split in (Split.VALIDATION, Split.TEST, Split.TRAIN) if split in found}


def truth_today(session: Session, run: Run, image_ids: Sequence[int]) -> Cells:
    """Read today's ground truth of images as int8 [n, L], in the order of the run's labels."""
    cells = np.full((len(image_ids), len(run.labels)), UNKNOWN, dtype=np.int8)
    rows = {int(image_id): row for row, image_id in enumerate(image_ids)}
    columns = {label["id"]: column for column, label in enumerate(run.labels)}
    # The database compares its own text: making each value an enumeration would take most of the time.
    present = type_coerce(Truth.value, String) == TruthValue.PRESENT.value
    query = select(Truth.image_id, Truth.label_id, present).where(
        Truth.label_id.in_(columns), Truth.value != TruthValue.DISPUTED
    )
    if len(rows) <= FEW_IMAGES:
        query = query.where(Truth.image_id.in_(rows))
    else:
        query = query.join(Image, Image.id == Truth.image_id).where(Image.project_id == run.project_id)
    for image_id, label_id, is_present in session.execute(query):
        if image_id in rows:
            cells[rows[image_id], columns[label_id]] = is_present
    return cells


def objective_of(run: Run) -> Objective:
    """Tell what a run's thresholds were tuned for."""
    given = run.evaluation.get("objective")
    return objective_from_dict(given) if given else F1


@dataclass(frozen=True, eq=False)
class _Known:
    """What a run knew and says, row by row."""

    image_ids: Ids
    splits: tuple[Split | None, ...]
    truth: Cells
    probabilities: Floats
    held_out: Flags


def _read(session: Session, run: Run, split: Split | None, image_ids: Sequence[int] | None = None) -> _Known:
    """Read snapshot and predictions in one sweep, of a split or of a few images."""
    query = (
        select(
            SnapshotItem.image_id,
            # Making each value an enumeration would take a third of the time.
            type_coerce(SnapshotItem.split, String),
            SnapshotItem.truth,
            Prediction.probabilities,
            Prediction.held_out,
        )
        .outerjoin(
            Prediction, and_(Prediction.run_id == SnapshotItem.run_id, Prediction.image_id == SnapshotItem.image_id)
        )
        .where(SnapshotItem.run_id == run.id)
        .order_by(SnapshotItem.image_id)
    )
    if split is not None:
        query = query.where(SnapshotItem.split == split)
    if image_ids is not None:
        query = query.where(SnapshotItem.image_id.in_(image_ids))
    rows = session.execute(query).all()
    if any(row[3] is None for row in rows):
        raise ConflictError(_("Some predictions of run %(number)s are missing.") % {"number": run.number})
    shape = (len(rows), len(run.labels))
    names = {each.value: each for each in Split}
    said = np.frombuffer(b"".join(row[3] for row in rows), dtype=STORED).reshape(shape)
    return _Known(
        image_ids=np.array([row[0] for row in rows], dtype=np.int64),
        splits=tuple(names.get(row[1]) for row in rows),
        truth=np.frombuffer(b"".join(row[2] for row in rows), dtype=np.int8).reshape(shape),
        probabilities=said.astype(np.float64),
        held_out=np.array([row[4] for row in rows], dtype=np.bool_),
    )


def _cross_fit(
    session: Session, run: Run, rows: dict[int, Threshold], known: _Known, predictions: Cells, crossed: Flags
) -> None:
    """Replace the predictions of validation images by cross-fitted ones, exactly as the run's evaluation made them."""
    here = np.flatnonzero([split is Split.VALIDATION for split in known.splits])
    if not here.size:
        return
    columns = np.flatnonzero(crossed).tolist()
    keys = {column: _cross_fit_key(run, rows, column) for column in columns}
    kept = kept_reports.read(session, run, list(keys.values()), len(here))
    missing = [column for column in columns if keys[column] not in kept]
    if missing:
        made = _cross_fit_anew(run, rows, known.truth[here], known.probabilities[here])
        new = {keys[column]: {"bits": _packed(made[:, column])} for column in missing}
        kept_reports.keep(session, run, new, len(here))
        kept = {**kept, **new}
    for column in columns:
        predictions[here, column] = _unpacked(kept[keys[column]]["bits"], len(here))


def _cross_fit_key(run: Run, rows: dict[int, Threshold], column: int) -> str:
    """Name what the cross-fitted predictions of a label depend on, besides snapshot, predictions and seed."""
    label_id = run.labels[column]["id"]
    return f"cross-fitted:{label_id}:{rows[label_id].objective}"


def _cross_fit_anew(run: Run, rows: dict[int, Threshold], truth: Cells, probabilities: Floats) -> Cells:
    names = [rows[label["id"]].objective if label["id"] in rows else BY_HAND for label in run.labels]
    # What was not tuned is not cross-fitted either: whatever stands in its place is not used.
    objectives = [F1 if name == BY_HAND else objective_from_name(name) for name in names]
    return cross_fitted(truth, probabilities, objectives, run.seed)


def _packed(predicted: Cells) -> str:
    return base64.b64encode(np.packbits(predicted.astype(np.bool_)).tobytes()).decode("ascii")


def _unpacked(bits: str, n: int) -> Cells:
    return np.unpackbits(np.frombuffer(base64.b64decode(bits), dtype=np.uint8), count=n).astype(np.int8)
