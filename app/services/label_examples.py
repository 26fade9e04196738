"""Example images of labels: what shows one, what does not, and where it is hard to tell."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session

from app.domain.statuses import ExampleKind
from app.errors import ConflictError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Image, Label, LabelExample, Project
from app.models.types import now
from app.services import similarity
from app.services.images import image_urls

# An annotator glances at them between two images.
MOST_EXAMPLES = 24
NOTE_MAX_LENGTH = 300
# Enough to choose from; whoever does not find the image types more of its name.
LISTED = 12
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


def examples_in(session: Session, image: Image) -> dict[int, LabelExample]:
    """Give by label what an image is an example of."""
    query = select(LabelExample).where(LabelExample.image_id == image.id)
    return {example.label_id: example for example in session.scalars(query)}


def choose(
    session: Session, label: Label, image: Image, *, kind: ExampleKind, note: str, account: Account | None
) -> LabelExample:
    """Make an image an example of a label; chosen before, it becomes the kind and gets the note given now."""
    if image.project_id != label.project_id:
        raise NotFoundError
    example = session.get(LabelExample, (label.id, image.id))
    if example is None:
        if len(examples_for(session, label)) >= MOST_EXAMPLES:
            raise ConflictError(
                _("“%(name)s” has %(count)s examples; nobody would look at more. Take one away first.")
                % {"name": label.name, "count": MOST_EXAMPLES}
            )
        example = LabelExample(label_id=label.id, image_id=image.id)
        session.add(example)
    example.kind, example.note = kind, " ".join(note.split())[:NOTE_MAX_LENGTH]
    example.chosen_by_id, example.chosen_at = (account.id if account else None), now()
    session.flush()  # a list read next shows it
    return example


def take_away(session: Session, label: Label, image_id: int) -> None:
    """Let an image no longer be an example of a label; its answers stay."""
    example = session.get(LabelExample, (label.id, image_id))
    if example is not None:
        session.delete(example)
        session.flush()  # a list read next no longer shows it


def candidates(session: Session, label: Label, text: str) -> list[Image]:
    """Find images by a part of their name that are no examples of a label yet."""
    chosen = select(LabelExample.image_id).where(LabelExample.label_id == label.id)
    query = select(Image).where(
        Image.project_id == label.project_id,
        Image.excluded_at.is_(None),
        Image.name.icontains(text.strip(), autoescape=True),
        Image.id.not_in(chosen),
    )
    return list(session.scalars(query.order_by(Image.name).limit(LISTED)))


def alike(session: Session, project: Project, label: Label, image_id: int) -> list[Image] | None:
    """Find the images most like one that are no examples of a label yet; None where nobody can tell yet."""
    chosen = {example.image_id for example in examples_for(session, label)}
    near = similarity.nearest(session, project, image_id, LISTED + len(chosen))
    if near is None:
        return None
    ids = [each for each in near.ids.tolist() if each not in chosen][:LISTED]
    found = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(ids)))}
    # An image that was deleted since is passed over.
    return [found[each] for each in ids if each in found]


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
