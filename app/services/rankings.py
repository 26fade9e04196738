"""The order in which waiting images come up, reckoned before anybody is kept from writing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Select, and_
from sqlalchemy.orm import Session

from app.domain.sampling import Order, least_certain, shuffled
from app.models import Account, Image, Prediction, Project, Run
from app.services import labels, predictions, runs, thresholds
from app.services.predictions import Floats

# More than some people at their desks take within a moment; what lies behind is found when it is needed.
AHEAD = 100


@dataclass(frozen=True)
class Ranking:
    """Images in the order in which they were to come up a moment ago; in that of the import only the first ones."""

    order: Order
    image_ids: Sequence[int]


def rank(session: Session, project: Project, account: Account, order: Order, waiting: Select[int]) -> Ranking:
    """Put the images of a query of ids in order for a person; without a model there is nothing to be uncertain of."""
    if order is Order.RANDOM:
        return Ranking(order, shuffled(session.scalars(waiting).all(), seed=project.seed, person=account.id).tolist())
    run = runs.active_run(session, project.id) if order is Order.LEAST_CERTAIN else None
    if run is None:
        return Ranking(Order.SEQUENTIAL, session.scalars(waiting.limit(AHEAD)).all())
    image_ids, said = _said(session, run, waiting)
    live = {label.id for label in labels.live_labels(session, project.id)}
    columns = [column for column, label in enumerate(run.labels) if label["id"] in live]
    limits = np.array(thresholds.threshold_values(session, run), dtype=np.float64)[columns]
    return Ranking(order, least_certain(image_ids, said[:, columns], limits).tolist())


def _said(session: Session, run: Run, waiting: Select[int]) -> tuple[list[int], Floats]:
    """Read what a run says of the images of a query: their ids, and float64 [n, L], NaN where it says nothing."""
    # In one statement: that many ids one by one would take most of the time.
    query = waiting.with_only_columns(Image.id, Prediction.probabilities, maintain_column_froms=True)
    spoken = and_(Prediction.run_id == run.id, Prediction.image_id == Image.id)
    rows = session.execute(query.outerjoin(Prediction, spoken)).all()
    said = np.full((len(rows), len(run.labels)), np.nan)
    known = [place for place, row in enumerate(rows) if row[1] is not None]
    vectors = np.frombuffer(b"".join(rows[place][1] for place in known), dtype=predictions.STORED)
    said[known] = vectors.reshape(len(known), len(run.labels))
    return [row[0] for row in rows], said
