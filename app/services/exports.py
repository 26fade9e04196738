"""Exports: the labels of a project as the lesson's table, which can be imported again, or with all that is known."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.lineage import Lineage
from app.domain.statuses import Answer, Labelling, TruthValue, View
from app.domain.thresholds import DEFAULT_THRESHOLD
from app.formats.full_csv import Answer as Word
from app.formats.full_csv import FullRow, LabelCells, Status, full_csv
from app.formats.labels_csv import write_lesson_csv
from app.models import Account, Annotation, AnnotationAnswer, Image, Label, Project, Run
from app.models.types import now
from app.services import details, images, labels, predictions, runs, truths
from app.services.images import ImageStatus
from app.services.thresholds import active_set, limits_of, set_words

# Images read at a time: the answer begins at once, and memory stays small however large the collection is.
BATCH = 500
# What stands for a person where a table brought the answer in.
BY_IMPORT = "import"
PREVIEW_ROWS = 4
STATUS_WORDS: Mapping[ImageStatus, Status] = {
    ImageStatus.TAGGED: "tagged",
    ImageStatus.NONE_APPLY: "none apply",
    ImageStatus.NOT_TAGGED: "not tagged",
    ImageStatus.SKIPPED: "skipped",
    ImageStatus.DISPUTED: "disputed",
}
TRUTH_WORDS: Mapping[TruthValue, Word] = {
    TruthValue.PRESENT: "present",
    TruthValue.ABSENT: "absent",
    TruthValue.DISPUTED: "disputed",
}


class ExportForm(StrEnum):
    """The two forms in which labels go out."""

    LESSON = "lesson"
    FULL = "full"


@dataclass
class _Said:
    """What is known of some images, by id."""

    statuses: Mapping[int, ImageStatus]
    truths: Mapping[int, Mapping[int, TruthValue]]
    who: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    when: dict[int, datetime] = field(default_factory=dict)
    unsure: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    probabilities: dict[int, dict[int, float]] = field(default_factory=dict)
    thresholds: Mapping[int, float] = field(default_factory=dict)
    labelling: Labelling = Labelling.OVERLAPPING
    threshold_set: str = ""


def lesson_lines(session: Session, project: Project) -> Iterator[str]:
    """Write the lesson's table; what is not tagged is left out, an empty cell says that none apply."""
    return write_lesson_csv((row.file, row.labels) for row in export_rows(session, project) if in_lesson_form(row))


def full_lines(session: Session, project: Project) -> Iterator[str]:
    """Write everything that is known of every image."""
    names = [label.name for label in labels.live_labels(session, project.id)]
    return full_csv(names, export_rows(session, project), details.names(session, project.id))


def stream(project_id: int, form: ExportForm) -> Iterator[bytes]:
    """Write an export in a transaction of its own, which lasts as long as somebody is reading it."""
    with session_scope(writes=False) as session:
        project = session.get_one(Project, project_id)
        lines = lesson_lines(session, project) if form is ExportForm.LESSON else full_lines(session, project)
        for line in lines:
            yield line.encode("utf-8")


def file_name(project: Project, form: ExportForm) -> str:
    """Name the file of an export by project and day."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in project.name)
    name = "-".join(part for part in kept.split("-") if part) or "loupe"
    return f"{name}-{'labels' if form is ExportForm.LESSON else 'full'}-{now():%Y-%m-%d}.csv"


def in_lesson_form(row: FullRow) -> bool:
    """Tell whether the lesson's table can say what is known of an image.

    It knows present labels and "none apply" only: an image of which nothing is settled but a dispute or a doubt
    would be taken for one to which no label applies.
    """
    return bool(row.labels) or row.status == "none apply"


def export_rows(session: Session, project: Project) -> Iterator[FullRow]:
    """Go over the images of a project by name, excluded ones left out."""
    live = labels.live_labels(session, project.id)
    run = runs.active_run(session, project.id)
    after: str | None = None
    while True:
        page = images.list_images(session, project.id, images.ImageFilter(), after=after, limit=BATCH)
        said = _said(session, project.id, run, [image.id for image in page.images])
        for image in page.images:
            yield _row(image, live, said)
        if page.after is None:
            return
        after = page.after


def preview_rows(session: Session, project: Project) -> list[FullRow]:
    """Give some of the first rows that an export has, those that the lesson's form can tell before others."""
    # A few hundred are looked at, because a collection may begin with many images that are not tagged.
    rows = list(islice(export_rows(session, project), BATCH))
    return sorted(rows, key=lambda row: not in_lesson_form(row))[:PREVIEW_ROWS]


def _said(session: Session, project_id: int, run: Run | None, ids: Sequence[int]) -> _Said:
    said = _Said(images.statuses(session, ids), images.resolved_labels(session, ids))
    _read_answers(session, ids, said, truths.lineage(session, project_id))
    if run is not None:
        said.thresholds = limits_of(session, run.id)
        said.labelling = run.labelling
        said.threshold_set = set_words(run, active_set(session, run.id))
        matrix = predictions.probability_matrix(session, run, ids)
        label_ids = [label["id"] for label in run.labels]
        for image_id, row in zip(matrix.image_ids.tolist(), matrix.probabilities.tolist(), strict=True):
            said.probabilities[image_id] = dict(zip(label_ids, row, strict=True))
    return said


def _read_answers(session: Session, ids: Sequence[int], said: _Said, descent: Lineage) -> None:
    current = (Annotation.image_id.in_(ids), Annotation.superseded_at.is_(None))
    rows = session.execute(
        select(Annotation.image_id, Annotation.view, Annotation.created_at, Account.name)
        .outerjoin(Account, Account.id == Annotation.account_id)
        .where(*current)
        .order_by(Annotation.created_at, Annotation.id)
    )
    for image_id, view, moment, name in rows:
        who = BY_IMPORT if view is View.IMPORT or name is None else name
        if who not in said.who[image_id]:
            said.who[image_id].append(who)
        said.when[image_id] = moment
    unsure = session.execute(
        select(Annotation.image_id, AnnotationAnswer.label_id)
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(*current, AnnotationAnswer.value == Answer.UNSURE)
    )
    for image_id, label_id in unsure:
        said.unsure[image_id].add(descent.root(label_id))


def _row(image: Image, live: Sequence[Label], said: _Said) -> FullRow:
    truth = said.truths.get(image.id, {})
    return FullRow(
        file=image.name,
        status=STATUS_WORDS[said.statuses[image.id]],
        labels=[label.name for label in live if truth.get(label.id) is TruthValue.PRESENT],
        who=said.who[image.id],
        when=said.when.get(image.id),
        split=image.split.value if image.split else None,
        cells={label.name: _cells(image, label, said) for label in live},
        details=image.details,
        threshold_set=said.threshold_set if image.id in said.probabilities else "",
    )


def _cells(image: Image, label: Label, said: _Said) -> LabelCells:
    truth = said.truths.get(image.id, {}).get(label.id)
    probability = said.probabilities.get(image.id, {}).get(label.id)
    answer: Word = "unsure" if label.id in said.unsure[image.id] else "unknown"
    if truth is not None:
        answer = TRUTH_WORDS[truth]
    if probability is None:
        return LabelCells(answer)
    if said.labelling is Labelling.EXCLUSIVE:
        every = said.probabilities[image.id]
        return LabelCells(answer, probability, None, is_meant=label.id == max(every, key=every.__getitem__))
    return LabelCells(answer, probability, said.thresholds.get(label.id, DEFAULT_THRESHOLD))
