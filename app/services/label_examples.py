"""Example images of labels: what shows one, what does not, and where it is hard to tell."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session

from app.domain.statuses import ExampleKind
from app.models import Image, Label, LabelExample
from app.services.images import image_urls

# What a label looks like comes before what it does not.
_ORDER = {kind: place for place, kind in enumerate(ExampleKind)}


@dataclass(frozen=True)
class Example:
    """An image that was chosen to explain a label, with its addresses."""

    label_id: int
    image_id: int
    name: str
    kind: ExampleKind
    note: str
    thumbnail: str
    screen: str
    page: str


def examples_of(session: Session, project_id: int) -> dict[int, list[Example]]:
    """Give the examples of each live label that has any: positive ones first, then negative, then borderline."""
    rows = session.execute(_examples().where(Label.project_id == project_id, Label.removed_at.is_(None)))
    found: dict[int, list[Example]] = defaultdict(list)
    for example, image in rows:
        found[example.label_id].append(_shown(example, image))
    return dict(found)


def examples_for(session: Session, label: Label) -> list[Example]:
    """List the examples of one label, archived or not, in the same order."""
    rows = session.execute(_examples().where(Label.id == label.id))
    return [_shown(example, image) for example, image in rows]


def _examples() -> Select[LabelExample, Image]:
    return (
        select(LabelExample, Image)
        .join(Image, Image.id == LabelExample.image_id)
        .join(Label, Label.id == LabelExample.label_id)
        .order_by(case(_ORDER, value=LabelExample.kind), LabelExample.chosen_at, LabelExample.image_id)
    )


def _shown(example: LabelExample, image: Image) -> Example:
    urls = image_urls(image.project_id, image)
    return Example(
        label_id=example.label_id,
        image_id=image.id,
        name=image.name,
        kind=example.kind,
        note=example.note,
        thumbnail=urls.thumbnail,
        screen=urls.screen,
        page=urls.page,
    )
