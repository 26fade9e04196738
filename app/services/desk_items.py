"""What the desk is told of each image: its bytes, where it comes from, what the model says where that may be seen."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Role, SkipReason, Suggestions, TruthValue, View
from app.models import Account, Annotation, Image, Project, Skip, Truth
from app.services import blindness, desk_settings, flags, predictions
from app.services.images import image_urls


@dataclass(frozen=True)
class Suggested:
    """What the active run says of one label; `chosen` where the desk chooses it for the annotator to check."""

    label: int
    probability: float
    predicted: bool
    chosen: bool


@dataclass(frozen=True)
class Detail:
    """Something that is known of where an image comes from."""

    name: str
    value: str
    is_link: bool


@dataclass(frozen=True)
class Skipped:
    """Why this person passed an image by, as far as they said."""

    reason: SkipReason | None
    note: str


@dataclass(frozen=True)
class DeskItem:
    """An image as the desk shows it to one person."""

    id: int
    name: str
    width: int
    height: int
    screen: str
    page: str
    details: list[Detail]
    flagged: bool
    skipped: Skipped | None
    suggestions: list[Suggested]
    # What is settled of its labels, told only where a single label is asked.
    known: dict[int, TruthValue]


def items(
    session: Session,
    project: Project,
    account: Account,
    images: Iterable[Image],
    *,
    one_label: bool = False,
    role: Role = Role.ANNOTATOR,
) -> list[DeskItem]:
    """Tell what the desk shows of some images to a person.

    Where one label is asked, also how the others stand, as far as somebody of this role may know it.
    """
    listed = list(images)
    ids = [image.id for image in listed]
    said = suggestions(session, project, account, ids)
    flagged = flags.flagged_by(session, account, ids)
    passed = _skips(session, account, ids)
    hidden = blindness.hidden_among(session, project, account, role, listed) if one_label else set()
    known = _known(session, set(ids) - hidden) if one_label else {}
    return [
        DeskItem(
            id=image.id,
            name=image.name,
            width=image.width,
            height=image.height,
            screen=(urls := image_urls(project.id, image)).screen,
            page=urls.page,
            details=[Detail(name, value, _is_link(value)) for name, value in image.details.items() if value],
            flagged=image.id in flagged,
            skipped=passed.get(image.id),
            suggestions=said.get(image.id, []),
            known=known.get(image.id, {}),
        )
        for image in listed
    ]


def suggestions(
    session: Session, project: Project, account: Account, image_ids: Collection[int]
) -> dict[int, list[Suggested]]:
    """Tell what the model says of images, as far as this person may see it by now.

    Where a project hides it until an answer is given, nothing of it leaves the server before.
    """
    mode = desk_settings.settings_of(session, project).suggestions
    if mode is Suggestions.OFF:
        return {}
    seen = _answered(session, account, image_ids) if mode is Suggestions.AFTER else image_ids
    return {
        image_id: [
            Suggested(one.label_id, one.probability, one.predicted, one.predicted and mode is Suggestions.PRESELECTED)
            for one in found
        ]
        for image_id, found in predictions.suggestions(session, project.id, list(seen)).items()
    }


def revealed(session: Session, project: Project, account: Account, image_id: int) -> list[Suggested]:
    """Tell what the model says of an image that was just answered, where the project hides it until then."""
    if desk_settings.settings_of(session, project).suggestions is not Suggestions.AFTER:
        return []
    return suggestions(session, project, account, [image_id]).get(image_id, [])


def _answered(session: Session, account: Account, image_ids: Collection[int]) -> list[int]:
    # What came in by a table is not this person's look at the image.
    query = select(Annotation.image_id).where(
        Annotation.image_id.in_(image_ids),
        Annotation.account_id == account.id,
        Annotation.superseded_at.is_(None),
        Annotation.whole,
        Annotation.view != View.IMPORT,
    )
    return list(session.scalars(query.distinct()))


def _skips(session: Session, account: Account, image_ids: Collection[int]) -> dict[int, Skipped]:
    query = select(Skip).where(Skip.image_id.in_(image_ids), Skip.account_id == account.id, Skip.undone_at.is_(None))
    # Of several skips of one image the last one counts.
    return {skip.image_id: Skipped(skip.reason, skip.note) for skip in session.scalars(query.order_by(Skip.id))}


def _known(session: Session, image_ids: Collection[int]) -> dict[int, dict[int, TruthValue]]:
    query = select(Truth.image_id, Truth.label_id, Truth.value).where(Truth.image_id.in_(image_ids))
    found: dict[int, dict[int, TruthValue]] = defaultdict(dict)
    for image_id, label_id, value in session.execute(query):
        found[image_id][label_id] = value
    return found


def _is_link(value: str) -> bool:
    return value.startswith(("https://", "http://"))
