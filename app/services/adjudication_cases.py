"""What a reviewer sees of an image in dispute: who said what of which label, why, and under which wording."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.domain import lineage as lineages
from app.domain.lineage import Lineage
from app.domain.statuses import Answer, TruthValue, View
from app.i18n import gettext as _
from app.models import Annotation, AnnotationAnswer, Image, Label, LabelDefinition, Project
from app.services import comments, images, labels, raters, truths
from app.services.adjudications import DECIDING
from app.services.annotations import VOTING_VIEWS
from app.services.images import ImageUrls
from app.services.raters import BY_TABLE, GONE, Rater


@dataclass(frozen=True)
class Opinion:
    """What one person said of a label, under which version of its definition; `wording` where it was another one."""

    who: str
    answer: Answer | None
    version: int = 0
    wording: str = ""


@dataclass(frozen=True)
class Dispute:
    """A label of an image with all opinions on it; `value` is what they come to so far, or what was decided."""

    label: Label
    value: TruthValue | None
    opinions: list[Opinion]
    open: bool


@dataclass(frozen=True)
class Said:
    """A remark on the image, or on one label of it."""

    who: str
    text: str
    about: str = ""


@dataclass(frozen=True)
class _Vote:
    who: str
    comment: str
    # By label: what was said, and under which version of its definition.
    answers: Mapping[int, tuple[Answer, int]]


@dataclass(frozen=True)
class Case:
    """An image to be settled: the labels people differ on first; `known` is the last decision on it so far."""

    image: Image
    urls: ImageUrls
    disputes: list[Dispute]
    others: list[Dispute]
    said: list[Said]
    known: int


def cases(session: Session, project: Project, image_ids: Sequence[int], *, hidden: bool) -> list[Case]:
    """Describe images in the given order; `hidden` puts letters in place of names."""
    voices = {rater.id: rater for rater in raters.raters(session, project, hidden=hidden)}
    live = labels.live_labels(session, project.id)
    found = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(image_ids)))}
    given = _votes(session, project, image_ids, voices)
    resolved = images.resolved_labels(session, image_ids)
    wordings = _wordings(session, [label.id for label in live])
    decided = _decisions(session, image_ids)
    made = []
    for image_id in image_ids:
        values, settled = resolved.get(image_id, {}), decided[image_id]
        rows = [_dispute(label, values.get(label.id), given[image_id], settled, wordings) for label in live]
        made.append(
            Case(
                image=found[image_id],
                urls=images.image_urls(project.id, image_id),
                disputes=[row for row in rows if row.open],
                others=[row for row in rows if not row.open],
                said=_said(session, image_id, given[image_id], voices, hidden=hidden),
                known=max(settled.values(), default=0),
            )
        )
    return made


def _dispute(
    label: Label,
    value: TruthValue | None,
    votes: Sequence[_Vote],
    settled: Mapping[int, int],
    wordings: Mapping[tuple[int, int], str],
) -> Dispute:
    opinions = []
    for vote in votes:
        answer, version = vote.answers.get(label.id, (None, 0))
        is_old = answer is not None and version != label.definition_version
        opinions.append(Opinion(vote.who, answer, version, wordings.get((label.id, version), "") if is_old else ""))
    sure = {opinion.answer for opinion in opinions} & {Answer.PRESENT, Answer.ABSENT}
    differ = len(sure) == 2 or value is TruthValue.DISPUTED
    return Dispute(label, value, opinions, open=differ and label.id not in settled)


def _said(
    session: Session, image_id: int, votes: Sequence[_Vote], voices: Mapping[int, Rater], *, hidden: bool
) -> list[Said]:
    with_answers = [Said(vote.who, vote.comment) for vote in votes if vote.comment]
    remarks = []
    for remark in comments.remarks(session, image_id):
        voice = voices.get(remark.comment.account_id or GONE)
        who = remark.who if not hidden else voice.name if voice else _("Somebody who has not answered")
        remarks.append(Said(who or _("Somebody who has left"), remark.comment.text, remark.label))
    return with_answers + remarks


def _votes(
    session: Session, project: Project, image_ids: Collection[int], voices: Mapping[int, Rater]
) -> dict[int, list[_Vote]]:
    query = (
        select(Annotation)
        .where(Annotation.image_id.in_(image_ids), Annotation.superseded_at.is_(None))
        .where(Annotation.view.in_(VOTING_VIEWS))
        .options(selectinload(Annotation.answers))
        .order_by(Annotation.id)
    )
    lineage = truths.lineage(session, project.id)
    votes: dict[int, list[_Vote]] = defaultdict(list)
    for annotation in session.scalars(query):
        account_id = GONE if annotation.account_id is None else annotation.account_id
        voice = voices.get(BY_TABLE if annotation.view is View.IMPORT else account_id)
        who = voice.name if voice else _("Somebody who has left")
        votes[annotation.image_id].append(_Vote(who, annotation.comment, _answers(annotation, lineage)))
    # The same person stands in the same place in every image.
    order = {voice.name: place for place, voice in enumerate(voices.values())}
    return defaultdict(
        list, {key: sorted(said, key=lambda vote: order.get(vote.who, -1)) for key, said in votes.items()}
    )


def _answers(annotation: Annotation, lineage: Lineage) -> dict[int, tuple[Answer, int]]:
    """Read what an annotation says of the labels there are now; version 0 where it was said of one merged since."""
    said = {one.label_id: lineages.Said(one.value, one.definition_version) for one in annotation.answers}
    return {
        label_id: (meant.answer, said[label_id].version if label_id in said else 0)
        for label_id, meant in lineage.meaning(said).items()
        if not meant.inherited
    }


def _wordings(session: Session, label_ids: Collection[int]) -> dict[tuple[int, int], str]:
    rows = session.scalars(select(LabelDefinition).where(LabelDefinition.label_id.in_(label_ids)))
    return {(row.label_id, row.version): row.text for row in rows}


def _decisions(session: Session, image_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """Find the last decision on each label that stands, by image and label."""
    query = (
        select(Annotation.image_id, AnnotationAnswer.label_id, func.max(Annotation.id))
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(Annotation.image_id.in_(image_ids), Annotation.view.in_(DECIDING), Annotation.superseded_at.is_(None))
        .group_by(Annotation.image_id, AnnotationAnswer.label_id)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for image_id, label_id, annotation_id in session.execute(query):
        found[image_id][label_id] = annotation_id
    return found
