"""Lists that do not start from errors: doubtful answers, divided twins, odd images, and what two models dispute."""

from collections.abc import Mapping

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.label_errors import divided_groups, strangest
from app.domain.losses import cell_losses
from app.models import Image, Run, SnapshotItem
from app.services import evidence, inspections, runs
from app.services.evidence import Evidence
from app.services.list_cells import Chooser, Chosen, column_of, no_cells
from app.services.list_queries import ListKind, ListQuery

# Below one half, model and nearest images together say rather the opposite of the answer.
DOUBTFUL_BELOW = 0.5


def suspects(session: Session, run: Run, _query: ListQuery, seen: Evidence) -> Chosen:
    """Choose the answers that model and nearest images contradict, the least trustworthy first."""
    quality = inspections.findings(session, run, seen.image_ids).quality
    doubt = 1 - quality
    # A comparison with NaN is false: where nobody can say, nothing is suspected.
    return Chosen((seen.truth >= 0) & (quality < DOUBTFUL_BELOW), doubt, doubt)


def outliers(session: Session, run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    """Choose the images least like the others, one place each: of the label asked for, or of the largest loss."""
    distance = inspections.findings(session, run, seen.image_ids).outlier
    losses = cell_losses(seen.truth, seen.probabilities)
    worst = np.where(np.isnan(losses), -1, losses).argmax(axis=1)
    if query.label is not None:
        worst = np.full(len(worst), column_of(seen, query.label))
    cells = strangest(distance)[:, None] & (np.arange(len(seen.labels)) == worst[:, None])
    rank = np.nan_to_num(distance)[:, None]
    return Chosen(cells & (seen.truth >= 0), rank, rank)


def duplicates(session: Session, run: Run, _query: ListQuery, seen: Evidence) -> Chosen:
    """Choose near-duplicates with different answers for a label, twins next to each other, the largest loss first."""
    query = select(Image.id, Image.group_key).join(SnapshotItem, SnapshotItem.image_id == Image.id)
    keys = dict(session.execute(query.where(SnapshotItem.run_id == run.id, Image.group_key.is_not(None))).all())
    found = divided_groups(seen.truth, [keys.get(image_id) for image_id in seen.image_ids.tolist()])
    losses = cell_losses(seen.truth, seen.probabilities)
    found.sort(key=lambda each: -losses[each[0], each[1]].max())
    number = np.zeros(seen.truth.shape)
    for place, (rows, column) in enumerate(found, start=1):
        number[rows, column] = place
    return Chosen(number > 0, -number, number)


def disagreement(session: Session, run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    """Choose what another run judges differently, the largest difference of probabilities first."""
    if query.other is None:
        return no_cells(seen)
    other = evidence.load(session, runs.finished_run(session, run.project_id, query.other), query.split, seen.basis)
    beside = np.full(seen.truth.shape, np.nan)
    differs = np.zeros(seen.truth.shape, dtype=np.bool_)
    _shared, here, there = np.intersect1d(seen.image_ids, other.image_ids, assume_unique=True, return_indices=True)
    for column, label in enumerate(seen.labels):
        known = other.column(label.id)
        if known >= 0:
            beside[here, column] = other.probabilities[there, known]
            differs[here, column] = other.predictions[there, known] != seen.predictions[here, column]
    distance = np.nan_to_num(np.abs(beside - seen.probabilities))
    return Chosen(differs & (seen.truth >= 0), distance, beside)


CHOOSERS: Mapping[ListKind, Chooser] = {
    ListKind.SUSPECTS: suspects,
    ListKind.OUTLIERS: outliers,
    ListKind.DUPLICATES: duplicates,
    ListKind.DISAGREEMENT: disagreement,
}
