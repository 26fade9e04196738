"""What lies on a light table: which images, in which order, and what is known of those that are seen."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Role, Suggestions, TruthValue
from app.domain.thresholds import DEFAULT_THRESHOLD
from app.models import Account, Annotation, AnnotationAnswer, Image, Prediction, Project, Run, Truth
from app.services import blindness, desk_settings, images, runs, similarity, thresholds, waiting
from app.services.annotations import VOTING_VIEWS
from app.services.images import ImageFilter
from app.services.predictions import STORED

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class TableOrder(StrEnum):
    """Say in which order images lie on the table; all but the first two are about a label or an image."""

    SEQUENTIAL = "sequential"
    NAME = "name"
    LIKELY = "likely"
    UNLIKELY = "unlikely"
    UNCERTAIN = "uncertain"
    ALIKE = "alike"

    @property
    def by_model(self) -> bool:
        """Tell whether the order follows the model's probability of a label."""
        return self in {TableOrder.LIKELY, TableOrder.UNLIKELY, TableOrder.UNCERTAIN}


class Instead(StrEnum):
    """Say why images lie in another order than was asked for."""

    NO_MODEL = "no_model"
    NO_VECTORS = "no_vectors"


@dataclass(frozen=True)
class Wanted:
    """What is to lie on the table: the images of a filter in an order, which may be about a label or like an image.

    `ask` leaves only images of which nothing is known yet for `label_id`, and no answer of this person.
    """

    filter: ImageFilter
    order: TableOrder = TableOrder.SEQUENTIAL
    label_id: int | None = None
    like: int | None = None
    ask: bool = False
    together: bool = True


@dataclass(frozen=True, eq=False)
class Laid:
    """Hold the ids of all images on the table, int64 [n], in their order, and why that is not the one asked for."""

    ids: Ids
    instead: Instead | None = None


@dataclass(frozen=True)
class Seen:
    """What is shown of one image: the labels known of it by all, this person's own answers, and the model's word."""

    image: Image
    truth: dict[int, TruthValue]
    own: dict[int, Answer]
    probability: float | None


@dataclass(frozen=True)
class LabelProgress:
    """How far one label is, in images that are not left out."""

    total: int
    known: int
    present: int


def sees_others(session: Session, project: Project, role: Role) -> bool:
    """Tell whether a person may see what others answered: annotators may not where several opinions are asked blind."""
    return not blindness.is_blind(session, project, role)


def hears_model(session: Session, project: Project, role: Role) -> bool:
    """Tell whether a person may see what the model says before answering."""
    if role.at_least(Role.REVIEWER):
        return True
    return desk_settings.settings_of(session, project).suggestions in {Suggestions.SHOWN, Suggestions.PRESELECTED}


def keeps_out(session: Session, project: Project, account: Account) -> bool:
    """Tell whether images of a project were given to other people, and to this one not."""
    given = select(Image.id).where(Image.project_id == project.id, waiting.barred(account))
    return session.scalar(given.limit(1)) is not None


def lay_out(
    session: Session,
    project: Project,
    account: Account,
    wanted: Wanted,
    *,
    open_: bool = True,
    overseeing: bool = False,
) -> Laid:
    """Find the images of a table and put them in order; where not `open_`, what others answered plays no part.

    Images that were given to other people are left out; whoever oversees the work sees them, and is not asked of them.
    """
    query = images.filtered(session, select(Image.id), project.id, wanted.filter)
    if wanted.ask or not overseeing:
        query = query.where(~waiting.barred(account))
    if wanted.ask and wanted.label_id is not None:
        query = query.where(*asked(account, wanted.label_id, open_=open_))
    if wanted.order is TableOrder.NAME:
        ids, instead = _numbers(session.scalars(query.order_by(Image.name))), None
    else:
        ids, instead = _in_order(session, project, _numbers(session.scalars(query.order_by(Image.id))), wanted)
    return Laid(_together(session, project, ids) if wanted.together else ids, instead)


def see(
    session: Session, project: Project, account: Account, image_ids: Sequence[int], label_id: int | None
) -> list[Seen]:
    """Read what is shown of some images, in their order; those that are not of the project are left out."""
    query = select(Image).where(Image.project_id == project.id, Image.id.in_(image_ids))
    found = {image.id: image for image in session.scalars(query)}
    known = images.resolved_labels(session, list(found))
    own = _own_answers(session, account, list(found))
    said = _said(session, project, label_id, list(found))
    return [
        Seen(found[each], known.get(each, {}), own.get(each, {}), said.get(each)) for each in image_ids if each in found
    ]


def progress(session: Session, project: Project, label_id: int) -> LabelProgress:
    """Count for how many images it is known whether a label is present."""
    there = (Image.project_id == project.id, Image.excluded_at.is_(None))
    total = session.scalar(select(func.count()).select_from(Image).where(*there)) or 0
    query = select(Truth.value, func.count()).join(Image, Image.id == Truth.image_id)
    counts = dict(session.execute(query.where(*there, Truth.label_id == label_id).group_by(Truth.value)).all())
    return LabelProgress(total, sum(counts.values()), counts.get(TruthValue.PRESENT, 0))


def limit(session: Session, project: Project, label_id: int | None) -> float | None:
    """Tell from which probability on the active run says that a label is present; None where no run knows it."""
    run = runs.active_run(session, project.id)
    if run is None or not any(label["id"] == label_id for label in run.labels):
        return None
    return thresholds.limits_of(session, run.id).get(label_id or 0, DEFAULT_THRESHOLD)


def asked(account: Account, label_id: int, *, open_: bool) -> tuple[ColumnElement[bool], ...]:
    """Say in SQL, for queries on Image, that a person is still asked for a label; others' answers count if `open_`."""
    unanswered = ~answered_by(account, label_id)
    return (unanswered, ~_known(label_id)) if open_ else (unanswered,)


def answered_by(account: Account, label_id: int) -> ColumnElement[bool]:
    """Say in SQL, for queries on Image, that a person has answered for a label, be it that nobody can tell."""
    return (
        exists()
        .where(Annotation.image_id == Image.id, Annotation.account_id == account.id)
        .where(Annotation.superseded_at.is_(None), Annotation.view.in_(VOTING_VIEWS))
        .where(AnnotationAnswer.annotation_id == Annotation.id, AnnotationAnswer.label_id == label_id)
    )


def _known(label_id: int) -> ColumnElement[bool]:
    return exists().where(Truth.image_id == Image.id, Truth.label_id == label_id)


def _numbers(ids: Iterable[int]) -> Ids:
    return np.fromiter(ids, dtype=np.int64)


def _in_order(session: Session, project: Project, ids: Ids, wanted: Wanted) -> tuple[Ids, Instead | None]:
    """Put rising ids in order; where nothing is known to go by, they stay, and it is said why."""
    if wanted.order is TableOrder.ALIKE and wanted.like is not None:
        vectors = similarity.vectors(session, project)
        alike = None if vectors is None else vectors.alike(wanted.like)
        if vectors is None or alike is None:
            return ids, Instead.NO_VECTORS
        return _by(ids, -_matched(ids, vectors.ids, alike.astype(np.float64))), None
    if wanted.order.by_model and wanted.label_id is not None:
        spoken = _column(session, project, wanted.label_id)
        if spoken is None:
            return ids, Instead.NO_MODEL
        run, known, said = spoken
        limit = thresholds.limits_of(session, run.id).get(wanted.label_id, DEFAULT_THRESHOLD)
        likely = _matched(ids, known, said)
        doubt = np.abs(likely - limit)
        keys = {TableOrder.LIKELY: -likely, TableOrder.UNLIKELY: likely, TableOrder.UNCERTAIN: doubt}
        return _by(ids, keys[wanted.order]), None
    return ids, None


def _by(ids: Ids, keys: Floats) -> Ids:
    """Sort ids by rising keys; those without one, NaN, come last."""
    return ids[np.argsort(keys, kind="stable")]


def _matched(ids: Ids, known: Ids, values: Floats) -> Floats:
    """Give the value of each id, float64 [n]; NaN where it has none. `known` rises."""
    if not len(known):
        return np.full(len(ids), np.nan)
    places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[places] == ids, values[places], np.nan)


def _column(session: Session, project: Project, label_id: int) -> tuple[Run, Ids, Floats] | None:
    """Read the active run's probabilities of one label: the run, rising ids int64 [n], float64 [n]; None without."""
    run = runs.active_run(session, project.id)
    columns = [] if run is None else [column for column, label in enumerate(run.labels) if label["id"] == label_id]
    if run is None or not columns:
        return None
    query = select(Prediction.image_id, Prediction.probabilities).where(Prediction.run_id == run.id)
    rows = session.execute(query.order_by(Prediction.image_id)).all()
    said = np.frombuffer(b"".join(row[1] for row in rows), dtype=STORED).reshape(len(rows), len(run.labels))
    return run, _numbers(row[0] for row in rows), said[:, columns[0]].astype(np.float64)


def _together(session: Session, project: Project, ids: Ids) -> Ids:
    """Move near-duplicates to the first of them that lies on the table."""
    query = select(Image.id, Image.group_key).where(Image.project_id == project.id, Image.group_key.is_not(None))
    groups = dict(session.execute(query).all())
    if not groups:
        return ids
    first: dict[str, int] = {}
    ranks = np.arange(len(ids))
    for rank, image_id in enumerate(ids.tolist()):
        key = groups.get(image_id)
        if key is not None:
            ranks[rank] = first.setdefault(key, rank)
    return ids[np.argsort(ranks, kind="stable")]


def _own_answers(session: Session, account: Account, image_ids: Collection[int]) -> dict[int, dict[int, Answer]]:
    query = (
        select(Annotation.image_id, AnnotationAnswer.label_id, AnnotationAnswer.value)
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(Annotation.image_id.in_(image_ids), Annotation.account_id == account.id)
        .where(Annotation.superseded_at.is_(None), Annotation.view.in_(VOTING_VIEWS))
    )
    own: dict[int, dict[int, Answer]] = defaultdict(dict)
    for image_id, label_id, value in session.execute(query):
        own[image_id][label_id] = value
    return own


def _said(session: Session, project: Project, label_id: int | None, image_ids: Collection[int]) -> dict[int, float]:
    """Read what the active run says of a label in some images."""
    run = None if label_id is None else runs.active_run(session, project.id)
    columns = [] if run is None else [column for column, label in enumerate(run.labels) if label["id"] == label_id]
    if run is None or not columns:
        return {}
    query = select(Prediction.image_id, Prediction.probabilities)
    rows = session.execute(query.where(Prediction.run_id == run.id, Prediction.image_id.in_(image_ids)))
    return {image_id: float(np.frombuffer(said, dtype=STORED)[columns[0]]) for image_id, said in rows}
