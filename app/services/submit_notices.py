"""What has changed between an image's coming up and its answer: told beside the answer, which is kept all the same."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import LabelChangeKind, View
from app.i18n import gettext as _
from app.models import Annotation, AnnotationAnswer, Label, LabelChange, Project
from app.services.annotations import labels_by_id

DECIDING = [view for view in View if view.decides]


def notices(
    session: Session,
    project: Project,
    annotation: Annotation,
    *,
    asked: Mapping[int, int] | None = None,
    shown: datetime | None = None,
) -> list[str]:
    """Say in sentences what the person who answered could not know.

    `asked` holds the labels on the screen with the versions of their definitions there; `shown` is when the image was
    handed out, without which the time that the person took tells.
    """
    labels = labels_by_id(session, project.id)
    since = shown if shown is not None else _appeared(annotation)
    told = [] if since is None else _decided(session, annotation, labels, since)
    told += [] if since is None else _renamed(session, project, since)
    for label_id, version in sorted((asked or {}).items()):
        told += _changed(labels, label_id, version)
    return told


def _appeared(annotation: Annotation) -> datetime | None:
    return None if annotation.seconds is None else annotation.created_at - timedelta(seconds=annotation.seconds)


def _decided(session: Session, annotation: Annotation, labels: Mapping[int, Label], since: datetime) -> list[str]:
    # Decisions of earlier are no news, and to tell of them would tell control images from others.
    query = (
        select(AnnotationAnswer.label_id)
        .join(Annotation, Annotation.id == AnnotationAnswer.annotation_id)
        .where(Annotation.image_id == annotation.image_id, Annotation.superseded_at.is_(None))
        .where(Annotation.view.in_(DECIDING), Annotation.created_at > since)
        .where(Annotation.account_id.is_distinct_from(annotation.account_id))
    )
    return [
        _("Whether “%(label)s” is present was decided meanwhile. Your answer is kept beside the decision.")
        % {"label": labels[label_id].name}
        for label_id in sorted(set(session.scalars(query)))
        if labels[label_id].removed_at is None
    ]


def _renamed(session: Session, project: Project, since: datetime) -> list[str]:
    query = select(LabelChange).where(
        LabelChange.project_id == project.id,
        LabelChange.kind == LabelChangeKind.RENAME,
        LabelChange.created_at > since,
        LabelChange.undone_at.is_(None),
    )
    told = []
    for change in session.scalars(query.order_by(LabelChange.id)):
        names = {"before": change.before.get("name", ""), "after": change.after.get("name", "")}
        told.append(_("The label “%(before)s” is called “%(after)s” now.") % names)
    return told


def _changed(labels: Mapping[int, Label], label_id: int, version: int) -> list[str]:
    label = labels.get(label_id)
    if label is None:
        return []
    into = labels.get(label.merged_into_id) if label.merged_into_id is not None else None
    if into is not None:
        told = _("The label “%(label)s” was merged into “%(into)s” meanwhile. Please load the page again.")
        return [told % {"label": label.name, "into": into.name}]
    if label.removed_at is not None:
        told = _("The label “%(label)s” is no longer asked for. Please load the page again.")
        return [told % {"label": label.name}]
    if version < label.definition_version:
        told = _("The definition of “%(label)s” has changed. Your answer counts under the wording you saw.")
        return [told % {"label": label.name}]
    return []
