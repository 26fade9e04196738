"""Images: what state each is in, listing them by filters, one image with its history, leaving one out."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, and_, bindparam, case, exists, func, select
from sqlalchemy.orm import Session, selectinload

from app.domain.statuses import Answer, Split, TruthValue, View
from app.errors import NotFoundError
from app.models import Account, Annotation, AnnotationAnswer, Image, Label, Skip, Truth
from app.models.types import now
from app.services import slices
from app.services.label_questions import counting, parts_unknown

# A screenful and a bit more on a wide screen; the next page is one key away.
PAGE_SIZE = 60
DECIDING = [view for view in View if view.decides]


class ImageStatus(StrEnum):
    """How far the tagging of an image is; "none apply" and "not tagged" are never the same."""

    TAGGED = "tagged"
    NONE_APPLY = "none_apply"
    NOT_TAGGED = "not_tagged"
    SKIPPED = "skipped"
    DISPUTED = "disputed"


class LabelState(StrEnum):
    """What is known of one label in one image, as a filter."""

    PRESENT = "present"
    ABSENT = "absent"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ImageCounts:
    """How many images are in each state; `total` is their sum and leaves the excluded ones out."""

    total: int
    tagged: int
    none_apply: int
    skipped: int
    disputed: int
    not_tagged: int
    excluded: int

    @property
    def looked_at(self) -> int:
        """Count the images somebody answered for."""
        return self.tagged + self.none_apply + self.disputed


@dataclass(frozen=True)
class ImageFilter:
    """Which images to list; an empty filter means all that are not excluded."""

    status: ImageStatus | None = None
    excluded: bool = False
    label_id: int | None = None
    label_state: LabelState = LabelState.PRESENT
    split: Split | None = None
    text: str = ""
    import_id: int | None = None
    group_key: str | None = None
    # The address of a slice, as services.slices writes it.
    slice: str = ""


@dataclass(frozen=True)
class ImagePage:
    """A part of the list in the order of names; the cursors are names to go on from, or None at an end."""

    images: list[Image]
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ImageUrls:
    """Where an image's page and its bytes are."""

    page: str
    thumbnail: str
    screen: str
    original: str


@dataclass(frozen=True)
class HistoryEntry:
    """An annotation as its history tells it: by whom, and what it answered for the labels there are."""

    annotation: Annotation
    account: Account | None
    answers: list[tuple[Label, Answer]]


def image_urls(project_id: int, image: Image | int) -> ImageUrls:
    """Give the addresses of an image."""
    page = f"/projects/{project_id}/images/{image if isinstance(image, int) else image.id}"
    return ImageUrls(page, f"{page}/thumbnail", f"{page}/screen", f"{page}/original")


def status_expression() -> ColumnElement[str]:
    """Say an image's status in SQL, for queries on Image.

    Disputed comes before all. An image with an unsure answer that nothing has settled is tagged: somebody looked, but
    "none apply" would claim more than was said.
    """
    answered = _current().where(Annotation.view.not_in(DECIDING))
    unsure = (
        _current()
        .where(AnnotationAnswer.annotation_id == Annotation.id, AnnotationAnswer.value == Answer.UNSURE)
        .where(AnnotationAnswer.label_id == Label.id, counting())
        .where(~exists().where(Truth.image_id == Annotation.image_id, Truth.label_id == AnnotationAnswer.label_id))
    )
    skipped = exists().where(Skip.image_id == Image.id, Skip.undone_at.is_(None))
    return case(
        (_resolved(TruthValue.DISPUTED), ImageStatus.DISPUTED.value),
        (_resolved(TruthValue.PRESENT), ImageStatus.TAGGED.value),
        (unsure, ImageStatus.TAGGED.value),
        (parts_unknown(), ImageStatus.TAGGED.value),
        (and_(answered, _resolved(TruthValue.ABSENT)), ImageStatus.NONE_APPLY.value),
        (skipped, ImageStatus.SKIPPED.value),
        else_=ImageStatus.NOT_TAGGED.value,
    )


def counts(session: Session, project_id: int) -> ImageCounts:
    """Count a project's images by status."""
    status = status_expression().label("status")
    states = (
        select(status).where(Image.project_id == project_id, Image.excluded_at.is_(None)).subquery()
    )  # a subquery, because PostgreSQL groups by columns only
    rows = session.execute(select(states.c.status, func.count()).group_by(states.c.status))
    by_status = {ImageStatus(name): count for name, count in rows}
    excluded = session.scalar(
        select(func.count()).where(Image.project_id == project_id, Image.excluded_at.is_not(None))
    )
    return ImageCounts(
        total=sum(by_status.values()),
        excluded=excluded or 0,
        **{state.value: by_status.get(state, 0) for state in ImageStatus},
    )


def statuses(session: Session, image_ids: Collection[int]) -> dict[int, ImageStatus]:
    """Tell the status of each of some images."""
    rows = session.execute(select(Image.id, status_expression()).where(Image.id.in_(image_ids)))
    return {image_id: ImageStatus(name) for image_id, name in rows}


def resolved_labels(session: Session, image_ids: Collection[int]) -> dict[int, dict[int, TruthValue]]:
    """Give the ground truth of each of some images, by label; a label that is missing is unknown."""
    rows = session.execute(
        select(Truth.image_id, Truth.label_id, Truth.value)
        .join(Label, Label.id == Truth.label_id)
        .where(Truth.image_id.in_(image_ids), Label.removed_at.is_(None))
        .order_by(Label.position)
    )
    resolved: dict[int, dict[int, TruthValue]] = defaultdict(dict)
    for image_id, label_id, value in rows:
        resolved[image_id][label_id] = value
    return resolved


def list_images(
    session: Session,
    project_id: int,
    wanted: ImageFilter,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE_SIZE,
) -> ImagePage:
    """List images by name, a page at a time, after or before a name."""
    query = filtered(session, select(Image), project_id, wanted)
    backwards = before is not None and after is None
    if backwards:
        query = query.where(Image.name < before).order_by(Image.name.desc())
    else:
        query = (query if after is None else query.where(Image.name > after)).order_by(Image.name)
    # One more than asked for tells whether there is a next page.
    found = list(session.scalars(query.limit(limit + 1)))
    more, images = len(found) > limit, found[:limit]
    if backwards:
        images.reverse()
    if not images:
        return ImagePage([], None, None)
    has_before = more if backwards else after is not None
    has_after = True if backwards else more
    return ImagePage(images, images[0].name if has_before else None, images[-1].name if has_after else None)


def count_images(session: Session, project_id: int, wanted: ImageFilter) -> int:
    """Count the images that a filter finds."""
    return session.scalar(filtered(session, select(func.count(Image.id)), project_id, wanted)) or 0


def get_image(session: Session, project_id: int, image_id: int) -> Image:
    """Load an image of a project."""
    image = session.get(Image, image_id)
    if image is None or image.project_id != project_id:
        raise NotFoundError
    return image


def neighbours(session: Session, image: Image, wanted: ImageFilter) -> tuple[int | None, int | None]:
    """Find the image before and the one after in a filtered list; the image itself may have left the filter."""
    query = filtered(session, select(Image.id), image.project_id, wanted)
    previous = session.scalar(query.where(Image.name < image.name).order_by(Image.name.desc()).limit(1))
    following = session.scalar(query.where(Image.name > image.name).order_by(Image.name).limit(1))
    return previous, following


def similar_images(session: Session, image: Image) -> list[Image]:
    """List the other images of the same group, which show nearly the same."""
    if image.group_key is None:
        return []
    query = select(Image).where(
        Image.project_id == image.project_id, Image.group_key == image.group_key, Image.id != image.id
    )
    return list(session.scalars(query.order_by(Image.name).limit(PAGE_SIZE)))


def history(session: Session, image: Image) -> list[HistoryEntry]:
    """Tell who answered what, when and where, latest first; superseded answers too."""
    rows = session.execute(
        select(Annotation, Account)
        .outerjoin(Account, Account.id == Annotation.account_id)
        .where(Annotation.image_id == image.id)
        .options(selectinload(Annotation.answers))
        .order_by(Annotation.created_at.desc(), Annotation.id.desc())
    ).all()
    labels = {label.id: label for label in session.scalars(select(Label).where(Label.project_id == image.project_id))}
    entries = []
    for annotation, account in rows:
        given = sorted(annotation.answers, key=lambda answer: labels[answer.label_id].position)
        entries.append(HistoryEntry(annotation, account, [(labels[one.label_id], one.value) for one in given]))
    return entries


def set_excluded(image: Image, *, excluded: bool) -> None:
    """Leave an image out of tagging, training and counts, or take it in again; its answers stay either way."""
    if excluded != (image.excluded_at is not None):
        image.excluded_at = now() if excluded else None


def _current() -> Exists:
    return exists().where(Annotation.image_id == Image.id, Annotation.superseded_at.is_(None))


def _resolved(value: TruthValue) -> Exists:
    return exists().where(
        Truth.image_id == Image.id, Truth.value == value, Truth.label_id == Label.id, Label.removed_at.is_(None)
    )


def filtered(session: Session, query: Select[Any], project_id: int, wanted: ImageFilter) -> Select[Any]:
    """Narrow a query on Image to the images of a project that a filter finds."""
    excluded = Image.excluded_at.is_not(None) if wanted.excluded else Image.excluded_at.is_(None)
    query = query.where(Image.project_id == project_id, excluded)
    if wanted.status is not None:
        query = query.where(status_expression() == wanted.status.value)
    if wanted.label_id is not None:
        query = query.where(_has_label(wanted.label_id, wanted.label_state))
    if wanted.split is not None:
        query = query.where(Image.split == wanted.split)
    if wanted.text:
        query = query.where(Image.name.icontains(wanted.text, autoescape=True))
    if wanted.import_id is not None:
        query = query.where(Image.import_id == wanted.import_id)
    if wanted.group_key is not None:
        query = query.where(Image.group_key == wanted.group_key)
    if wanted.slice:
        ids = slices.member_ids(session, project_id, wanted.slice).tolist()
        # Numbers of our own, written into the statement: as parameters they would be more than a database takes.
        query = query.where(Image.id.in_(bindparam("slice", ids, expanding=True, literal_execute=True)))
    return query


def _has_label(label_id: int, state: LabelState) -> ColumnElement[bool]:
    known = exists().where(Truth.image_id == Image.id, Truth.label_id == label_id)
    if state is LabelState.UNKNOWN:
        return ~known
    return known.where(Truth.value == TruthValue(state.value))
