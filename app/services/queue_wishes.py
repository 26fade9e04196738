"""What a person asks of the queue: an order, a filter in front of it, or the images of a question; said in SQL."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.domain.sampling import Order
from app.domain.statuses import TruthValue
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Account, Annotation, Flag, Image, Label, Project, Truth
from app.services import desk_settings, label_questions, waiting
from app.services.annotations import VOTING_VIEWS
from app.services.images import LabelState


class QueueStatus(StrEnum):
    """Say how far the tagging of the wanted images is."""

    NOT_TAGGED = "not_tagged"
    TAGGED_BY_ONE = "tagged_by_one"
    FLAGGED = "flagged"
    # By this person.
    SKIPPED = "skipped"


@dataclass(frozen=True)
class QueueFilter:
    """Which images may come up; an empty filter lets all through that wait."""

    # The address of a slice, as services.slices writes it.
    slice: str = ""
    year_from: int | None = None
    year_to: int | None = None
    label_id: int | None = None
    label_state: LabelState = LabelState.PRESENT
    status: QueueStatus | None = None
    annotator: int | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is kept out."""
        return self == QueueFilter()

    @property
    def asks_details(self) -> bool:
        """Tell whether it looks at what is known of where images come from."""
        return bool(self.slice) or self.year_from is not None or self.year_to is not None

    @property
    def looks_again(self) -> bool:
        """Tell whether it is about images that were answered: they come up for one more opinion."""
        known = self.label_id is not None and self.label_state is not LabelState.UNKNOWN
        return known or self.annotator is not None or self.status in {QueueStatus.TAGGED_BY_ONE, QueueStatus.FLAGGED}


# The round of those that this person passed by.
SKIPPED = QueueFilter(status=QueueStatus.SKIPPED)


@dataclass(frozen=True)
class Asked:
    """The label that a question is about, and since when it is open."""

    label_id: int
    since: datetime


@dataclass(frozen=True)
class Wish:
    """What a person wants from the queue; `label_id` is what the order is about, where it is about one label."""

    order: Order = Order.SEQUENTIAL
    label_id: int | None = None
    narrow: QueueFilter = field(default_factory=QueueFilter)
    asked: Asked | None = None

    @property
    def is_plain(self) -> bool:
        """Tell whether an index has the images in this order, so that nothing need be reckoned."""
        return self.order in {Order.SEQUENTIAL, Order.RANDOM} and self.narrow.is_empty and self.asked is None

    @property
    def looks_again(self) -> bool:
        """Tell whether images come up that have all the answers they want."""
        return self.order.looks_again or self.narrow.looks_again

    @property
    def is_personal(self) -> bool:
        """Tell whether somebody else who wishes the same gets other images, or another order."""
        return self.order is Order.RANDOM or self.narrow.status is QueueStatus.SKIPPED


def wish(
    session: Session,
    project: Project,
    *,
    order: Order | None = None,
    label_id: int | None = None,
    narrow: QueueFilter | None = None,
    question: int | None = None,
) -> Wish:
    """Complete what a person asks for: where no order is named, the project's holds."""
    settings = desk_settings.settings_of(session, project)
    if order is None:
        order, label_id = settings.order, settings.order_label_id
    asked = None
    if question is not None:
        found = label_questions.get_question(session, project.id, question)
        if found.closed_at is not None:
            raise ConflictError(_("This question was closed meanwhile: nothing more is asked."))
        asked = Asked(found.label_id, found.asked_at)
    return Wish(order, _live(session, project, label_id), narrow or QueueFilter(), asked)


def conditions(project: Project, account: Account, given: Wish) -> list[ColumnElement[bool]]:
    """Say which images of a project a wish is about, whoever else has answered, holds or skipped them."""
    return [Image.project_id == project.id, *conditions_of_each(project, account, given)]


def conditions_of_each(project: Project, account: Account, given: Wish) -> list[ColumnElement[bool]]:
    """Say what a wish asks of each image, where it is known to be the project's.

    SQLite would look for images that are named one by one along an index of all of the project's, if it were asked.
    """
    found: list[ColumnElement[bool]] = [Image.excluded_at.is_(None)]
    if given.asked is not None:
        return [*found, label_questions.still_asked(given.asked.label_id), *_narrowed(project, account, given.narrow)]
    if given.order is Order.AMONG_PEOPLE:
        found.append(waiting.is_missing_or(waiting.is_disputed()))
    elif not given.looks_again:
        found.append(waiting.is_missing())
    return [*found, *_narrowed(project, account, given.narrow)]


def free(account: Account, given: Wish, moment: datetime) -> list[ColumnElement[bool]]:
    """Say which of these images this person can get now."""
    if given.asked is not None:
        # Who answered for the other labels is asked too; an earlier skip was not about this question.
        return [waiting.free(account, moment), ~waiting.skipped_by(account, since=given.asked.since)]
    passed = waiting.skipped_by(account)
    wanted = passed if given.narrow.status is QueueStatus.SKIPPED else ~passed
    return [~waiting.answered_by(account), waiting.free(account, moment), wanted]


def _live(session: Session, project: Project, label_id: int | None) -> int | None:
    label = None if label_id is None else session.get(Label, label_id)
    return label.id if label is not None and label.project_id == project.id and label.removed_at is None else None


def _narrowed(project: Project, account: Account, narrow: QueueFilter) -> list[ColumnElement[bool]]:
    """Say what a filter lets through, as far as the database can tell."""
    found: list[ColumnElement[bool]] = []
    if narrow.label_id is not None:
        known = exists().where(Truth.image_id == Image.id, Truth.label_id == narrow.label_id)
        unknown = narrow.label_state is LabelState.UNKNOWN
        found.append(~known if unknown else known.where(Truth.value == TruthValue(narrow.label_state.value)))
    if narrow.annotator is not None:
        who = (Annotation.project_id == project.id, Annotation.account_id == narrow.annotator)
        found.append(Image.id.in_(select(Annotation.image_id).where(*who, *_votes())))
    if narrow.status is QueueStatus.NOT_TAGGED:
        found.append(~exists().where(Annotation.image_id == Image.id, Annotation.whole, *_votes()))
    elif narrow.status is QueueStatus.TAGGED_BY_ONE:
        given = select(func.count()).select_from(Annotation).where(Annotation.image_id == Image.id, Annotation.whole)
        found.append(given.where(*_votes()).scalar_subquery() == 1)
    elif narrow.status is QueueStatus.FLAGGED:
        found.append(Image.id.in_(select(Flag.image_id).where(Flag.removed_at.is_(None))))
    elif narrow.status is QueueStatus.SKIPPED:
        found.append(waiting.was_skipped(account))
    return found


def _votes() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Annotation.superseded_at.is_(None), Annotation.view.in_(VOTING_VIEWS)
