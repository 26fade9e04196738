"""Answers that a table of labels brings in."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.models import Annotation, AnnotationAnswer, Project
from app.models.types import now
from app.services import annotations, truths
from app.services.annotations import Answers


def import_annotations(
    session: Session,
    *,
    project: Project,
    import_id: int,
    account_id: int | None,
    rows: Iterable[tuple[int, frozenset[int]]],
    label_ids: Sequence[int],
) -> int:
    """Keep what a CSV says: which of the labels it asks for are present in each image. Tells how many images changed.

    The same answers again make nothing; changed ones supersede what an earlier import said, and labels that this CSV
    does not ask for keep what that one said of them. An image that is named twice counts with its last row.
    """
    labels = annotations.labels_by_id(session, project.id)
    versions = {label_id: labels[label_id].definition_version for label_id in label_ids}
    made = 0
    for batch in truths.in_batches(list(dict(rows).items()) if versions else []):
        image_ids = [image_id for image_id, _present in batch]
        truths.lock_images(session, image_ids)
        known = _imported(session, image_ids)
        changed: dict[int, Answers] = {}
        for image_id, present in batch:
            before = known[image_id][1] if image_id in known else {}
            said = {i: (Answer.PRESENT if i in present else Answer.ABSENT, versions[i]) for i in versions}
            if any(i not in before or before[i][0] is not value for i, (value, _version) in said.items()):
                changed[image_id] = before | said
        _keep_imported(session, project.id, import_id, account_id, changed)
        truths.refresh(session, changed.keys())
        made += len(changed)
    return made


def _imported(session: Session, image_ids: Sequence[int]) -> dict[int, tuple[int, Answers]]:
    """Load the imported annotation of each image that counts now: its id and its answers."""
    query = (
        select(
            Annotation.image_id,
            Annotation.id,
            AnnotationAnswer.label_id,
            AnnotationAnswer.value,
            AnnotationAnswer.definition_version,
        )
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(Annotation.image_id.in_(image_ids), Annotation.superseded_at.is_(None), Annotation.view == View.IMPORT)
    )
    found: dict[int, tuple[int, Answers]] = {}
    for image_id, annotation_id, label_id, value, version in session.execute(query):
        found.setdefault(image_id, (annotation_id, {}))[1][label_id] = (value, version)
    return found


def _keep_imported(
    session: Session, project_id: int, import_id: int, account_id: int | None, changed: Mapping[int, Answers]
) -> None:
    if not changed:
        return
    moment = now()
    session.execute(
        update(Annotation)
        .where(
            Annotation.image_id.in_(changed.keys()),
            Annotation.superseded_at.is_(None),
            Annotation.view == View.IMPORT,
        )
        .values(superseded_at=moment)
    )
    shared = {"project_id": project_id, "import_id": import_id, "account_id": account_id, "view": View.IMPORT}
    made = session.scalars(
        insert(Annotation).returning(Annotation.id, sort_by_parameter_order=True),
        [shared | {"image_id": image_id, "comment": "", "created_at": moment} for image_id in changed],
    )
    session.execute(
        insert(AnnotationAnswer),
        [
            {"annotation_id": annotation_id, "label_id": i, "value": value, "definition_version": version}
            for annotation_id, answers in zip(made, changed.values(), strict=True)
            for i, (value, version) in answers.items()
        ],
    )
