"""The order in which images come up where no index has it: reckoned in one go, before anybody is kept from writing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from sqlalchemy import Select, String, and_, case, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from app.domain.diversity import diverse
from app.domain.matrices import UNKNOWN, Cells
from app.domain.sampling import Ids, Order, against_model, least_certain, most_likely, rising, shuffled
from app.domain.single_label import against_rivals
from app.domain.statuses import Labelling, TruthValue
from app.i18n import gettext as _
from app.models import Account, Image, Prediction, Project, Run, Truth
from app.services import image_origins, labels, predictions, queue_wishes, runs, similarity, slices, thresholds, waiting
from app.services.predictions import Floats
from app.services.queue_wishes import Wish

# So many of the answered images, spread over all of them, stand for what need not come up again.
KNOWN_MOST = 1024
# Behind every year there is.
LAST = (9999, 0, 0)
_MARKS = {"p": 1, "a": 0}


@dataclass(frozen=True, eq=False)
class Ranking:
    """Images in the order in which they were to come up when it was reckoned.

    The first `ahead` are what the order is about; those behind wait as well and come as brought in.
    """

    image_ids: Ids
    ahead: int


def settled(session: Session, project: Project, given: Wish) -> tuple[Wish, str]:
    """Give the wish with the order that can be had, and a sentence where that is another one, or nothing."""
    order = given.order
    if order.asks_model and runs.active_run(session, project.id) is None:
        if similarity.vectors(session, project) is not None:
            told = _("There is no model yet: images come so that they differ as much as possible.")
            return replace(given, order=Order.DIVERSE), told
        return replace(given, order=Order.RANDOM), _("There is no model yet: images come in random order.")
    if order is Order.DIVERSE and similarity.vectors(session, project) is None:
        told = _("It is not known yet which images look alike: they come in random order.")
        return replace(given, order=Order.RANDOM), told
    return given, ""


def rank(session: Session, project: Project, account: Account, given: Wish) -> Ranking:
    """Put the images of a wish in order, whoever else has them before them."""
    images = select(Image.id).where(*queue_wishes.conditions(project, account, given)).order_by(Image.id)
    image_ids = _ORDERS[given.order](session, project, account, given, images)
    if given.narrow.asks_details:
        image_ids = image_ids[np.isin(image_ids, _narrowed(session, project, given, images))]
    if not given.order.looks_again:
        return Ranking(image_ids, len(image_ids))
    others = rank(session, project, account, replace(given, order=Order.SEQUENTIAL)).image_ids
    return Ranking(np.concatenate([image_ids, others[~np.isin(others, image_ids)]]), len(image_ids))


def _sequential(session: Session, _project: Project, _account: Account, _given: Wish, images: Select[int]) -> Ids:
    return np.array(session.scalars(images).all(), dtype=np.int64)


def _random(session: Session, project: Project, account: Account, _given: Wish, images: Select[int]) -> Ids:
    return shuffled(session.scalars(images).all(), seed=project.seed, person=account.id)


def _by_date(session: Session, _project: Project, _account: Account, _given: Wish, images: Select[int]) -> Ids:
    found = image_origins.origins(session, images)
    keyed = sorted(zip((moment or LAST for moment in found.moments), found.image_ids, strict=True))
    return np.array([image_id for _moment, image_id in keyed], dtype=np.int64)


def _by_source(session: Session, _project: Project, _account: Account, _given: Wish, images: Select[int]) -> Ids:
    found = image_origins.origins(session, images)
    # What names no source comes last.
    keyed = sorted(zip(((not each, each.casefold()) for each in found.sources), found.image_ids, strict=True))
    return np.array([image_id for _source, image_id in keyed], dtype=np.int64)


def _least_certain(session: Session, project: Project, _account: Account, given: Wish, images: Select[int]) -> Ids:
    run, columns = _columns(session, project, given.label_id)
    image_ids, said = _said(session, run, images)
    limits = np.array(thresholds.threshold_values(session, run), dtype=np.float64)
    return least_certain(image_ids, said[:, columns], limits[columns])


def _most_likely(session: Session, project: Project, _account: Account, given: Wish, images: Select[int]) -> Ids:
    run, columns = _columns(session, project, given.label_id)
    image_ids, said = _said(session, run, images)
    return most_likely(image_ids, said[:, columns])


def _against_model(session: Session, project: Project, _account: Account, given: Wish, images: Select[int]) -> Ids:
    run, columns = _columns(session, project, given.label_id)
    image_ids, said = _said(session, run, images.where(select(Truth).where(Truth.image_id == Image.id).exists()))
    known = _known(session, project, image_ids, [run.labels[column]["id"] for column in columns])
    limits = np.array(thresholds.threshold_values(session, run), dtype=np.float64)
    return against_model(image_ids, known, said[:, columns], limits[columns])


def _among_people(session: Session, _project: Project, _account: Account, given: Wish, images: Select[int]) -> Ids:
    counted = select(Truth.image_id, func.count()).where(*waiting.disputed(), Truth.image_id.in_(images.order_by(None)))
    if given.label_id is not None:
        counted = counted.where(Truth.label_id == given.label_id)
    rows = session.execute(counted.group_by(Truth.image_id)).all()
    return rising([row[0] for row in rows], [-row[1] for row in rows])


def _diverse(session: Session, project: Project, _account: Account, _given: Wish, images: Select[int]) -> Ids:
    image_ids = np.array(session.scalars(images).all(), dtype=np.int64)
    known = similarity.vectors(session, project)
    if known is None:
        return image_ids
    seen = np.isin(image_ids, known.ids)
    rows = np.searchsorted(known.ids, image_ids[seen])
    done = np.flatnonzero(~np.isin(known.ids, image_ids))
    spread = done[:: max(1, len(done) // KNOWN_MOST)]
    first = diverse(image_ids[seen], known.vectors[rows], known.vectors[spread], seed=project.seed)
    # Those that came since have no vector yet.
    return np.concatenate([first, image_ids[~seen]])


_ORDERS: dict[Order, Callable[[Session, Project, Account, Wish, Select[int]], Ids]] = {
    Order.SEQUENTIAL: _sequential,
    Order.RANDOM: _random,
    Order.DATE: _by_date,
    Order.SOURCE: _by_source,
    Order.LEAST_CERTAIN: _least_certain,
    Order.MOST_LIKELY: _most_likely,
    Order.AGAINST_MODEL: _against_model,
    Order.AMONG_PEOPLE: _among_people,
    Order.DIVERSE: _diverse,
}


def _narrowed(session: Session, project: Project, given: Wish, images: Select[int]) -> Ids:
    """Find the images of a slice, of some years, or of both."""
    narrow, found = given.narrow, []
    if narrow.slice:
        found.append(slices.member_ids(session, project.id, narrow.slice))
    if narrow.year_from is not None or narrow.year_to is not None:
        told = image_origins.origins(session, images)
        first, last = narrow.year_from or 0, narrow.year_to or LAST[0]
        years = zip(told.image_ids, told.moments, strict=True)
        found.append(np.array([one for one, moment in years if moment and first <= moment[0] <= last], dtype=np.int64))
    return reduce(np.intersect1d, found)


def _columns(session: Session, project: Project, label_id: int | None) -> tuple[Run, list[int]]:
    """Find the active run and the columns of what it says that count: those of live labels, or of one."""
    run = runs.active_run(session, project.id)
    if run is None:
        raise LookupError("a model is asked, and there is none")
    live = {label.id for label in labels.live_labels(session, project.id)}
    columns = [column for column, label in enumerate(run.labels) if label["id"] in live]
    # A label that came after the run: it can say nothing of that one alone.
    return run, [column for column in columns if run.labels[column]["id"] == label_id] or columns


def _said(session: Session, run: Run, images: Select[int]) -> tuple[Ids, Floats]:
    """Read what a run says of the images of a query: their ids, and float64 [n, L], NaN where it says nothing."""
    # In one statement: that many ids one by one would take most of the time.
    query = images.with_only_columns(Image.id, Prediction.probabilities, maintain_column_froms=True).order_by(None)
    spoken = and_(Prediction.run_id == run.id, Prediction.image_id == Image.id)
    rows = session.execute(query.outerjoin(Prediction, spoken)).all()
    said: Floats = np.full((len(rows), len(run.labels)), np.nan)
    known = [place for place, row in enumerate(rows) if row[1] is not None]
    vectors = np.frombuffer(b"".join(rows[place][1] for place in known), dtype=predictions.STORED)
    said[known] = vectors.reshape(len(known), len(run.labels))
    if run.labelling is Labelling.EXCLUSIVE:
        # A label is predicted that beats its rivals: then it has more than half of what it shares with the strongest.
        said[known] = against_rivals(said[known])
    return np.array([row[0] for row in rows], dtype=np.int64), said


def _known(session: Session, project: Project, image_ids: Ids, label_ids: list[int]) -> Cells:
    """Read the ground truth, int8 [n, L]."""
    # One row an image instead of one a label, which would take most of the time.
    mark = case((type_coerce(Truth.value, String) == TruthValue.PRESENT.value, "p"), else_="a")
    query = (
        select(Truth.image_id, func.aggregate_strings(mark + cast(Truth.label_id, String), ","))
        .join(Image, Image.id == Truth.image_id)
        .where(Image.project_id == project.id, Truth.value != TruthValue.DISPUTED, Truth.label_id.in_(label_ids))
        .group_by(Truth.image_id)
    )
    columns = {label_id: column for column, label_id in enumerate(label_ids)}
    found = np.full((len(image_ids), len(label_ids)), UNKNOWN, dtype=np.int8)
    rows = {image_id: row for row, image_id in enumerate(image_ids.tolist())}
    # Most images are alike in what is known of them: each such text is read once.
    read: dict[str, Cells] = {}
    for image_id, told in session.execute(query):
        if image_id not in rows:
            continue
        if told not in read:
            read[told] = np.full(len(label_ids), UNKNOWN, dtype=np.int8)
            for each in told.split(","):
                read[told][columns[int(each[1:])]] = _MARKS[each[0]]
        found[rows[image_id]] = read[told]
    return found
