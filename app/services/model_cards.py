"""Model cards: all that is known of a run's model, for whoever is handed it, and the paragraph a lead adds."""

from collections import Counter
from math import isnan

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.intervals import Interval
from app.domain.slice_comparison import Measure
from app.domain.statuses import Labelling, Split
from app.errors import InvalidInputError
from app.formats.model_card import Figure, LabelCard, ModelCard
from app.i18n import gettext as _
from app.models import Annotation, Image, Project, Run, SnapshotItem
from app.services import (
    agreements,
    evaluations,
    image_origins,
    raters,
    run_details,
    setting_words,
    slice_reports,
    slices,
)
from app.services.evaluations import FEW_IMAGES, LabelReport, Report
from app.services.evidence import Basis
from app.services.run_details import LabelThen
from app.services.threshold_words import origin_words

# A card is read, not searched: the rest stands in the report.
MOST_CONFUSED = 5
MOST_SLICES = 5
MOST_SOURCES = 8
REMARK_MOST = 4000


def card_of(session: Session, run: Run) -> ModelCard:
    """Gather what a model card says."""
    project = session.get_one(Project, run.project_id)
    made, knew = evaluations.report(session, run), run_details.snapshot(session, run)
    settings = setting_words.settings_of(run.recipe, run.config)
    figures = made.evaluation
    return ModelCard(
        project=project.name,
        description=project.description,
        run=run.number,
        trained_at=run.job.finished_at or run.created_at,
        recipe=_("quick recipe") if run.recipe == "quick" else _("finetune recipe"),
        network=str(run.config.get("backbone", "")),
        exclusive=run.labelling is Labelling.EXCLUSIVE,
        labels=[_label(row, then, run) for row, then in zip(made.labels, knew.labels, strict=True)],
        n_images=knew.n_images,
        splits=[(_split_name(split), count) for split, count in knew.splits.items()],
        annotators=_annotators(session, run),
        dates=_dates(session, run),
        sources=_sources(session, run),
        agreement=_agreement(session, project),
        macro_f1=_number(figures.macro.f1),
        micro_f1=_number(figures.micro.f1),
        mean_average_precision=_number(figures.mean_average_precision),
        subset_accuracy=_number(figures.subset_accuracy),
        cross_fitted=made.cross_fitted,
        confused=_confused(made),
        slices=_slices(session, run),
        rare=[row.label.name for row in made.labels if row.is_rough],
        settings=[(each.title, each.value) for each in settings if each.is_used],
        versions=sorted(run.versions.items()),
        seed=run.seed,
        remark=run.remark,
        notes=run.notes,
    )


def remark_on(run: Run, text: str) -> None:
    """Keep what a lead writes of a run; it stands on the card and in the list of runs.

    Raises:
        InvalidInputError: when it is too long.

    """
    cleaned = "\n".join(line.rstrip() for line in text.replace("\x00", "").strip().splitlines())
    if len(cleaned) > REMARK_MOST:
        sentence = _("Please keep the paragraph under %(count)s characters.") % {"count": REMARK_MOST}
        raise InvalidInputError(sentence, fields={"remark": sentence})
    run.remark = cleaned


def _label(row: LabelReport, then: LabelThen, run: Run) -> LabelCard:
    metrics, ranking = row.metrics, row.ranking
    training = then.counts.get(Split.TRAIN, (0, 0, 0))
    return LabelCard(
        name=row.label.name,
        definition=row.label.definition,
        version=row.label.definition_version,
        training=training[0],
        validation=metrics.support,
        precision=_figure(metrics.precision, metrics.precision_interval),
        recall=_figure(metrics.recall, metrics.recall_interval),
        f1=_figure(metrics.f1, metrics.f1_interval),
        average_precision=_figure(ranking.average_precision, ranking.average_precision_interval),
        calibration_error=_number(ranking.calibration.error),
        threshold=row.threshold,
        origin=origin_words(row.origin) if row.origin else _("not tuned"),
        constant=run.labelling is Labelling.OVERLAPPING and not (training[0] and training[1]),
    )


def _annotators(session: Session, run: Run) -> int:
    known = select(SnapshotItem.image_id).where(SnapshotItem.run_id == run.id)
    query = select(func.count(func.distinct(Annotation.account_id))).where(
        Annotation.project_id == run.project_id,
        Annotation.image_id.in_(known),
        Annotation.created_at <= run.created_at,
    )
    return session.scalar(query) or 0


def _dates(session: Session, run: Run) -> tuple[str, str] | None:
    found = image_origins.origins(session, _images(run))
    moments = sorted(f"{moment[0]:04}" for moment in found.moments if moment is not None)
    return (moments[0], moments[-1]) if moments else None


def _sources(session: Session, run: Run) -> list[tuple[str, int]]:
    found = Counter(each for each in image_origins.origins(session, _images(run)).sources if each)
    return found.most_common(MOST_SOURCES)


def _agreement(session: Session, project: Project) -> list[tuple[str, float, int]]:
    """Tell how far people agree, without saying who they are."""
    measured = agreements.by_label(session, project, raters.raters(session, project, hidden=True))
    return [
        (each.label.name, each.together.alpha.value, each.together.images)
        for each in measured
        if each.together.images >= FEW_IMAGES and not isnan(each.together.alpha.value)
    ]


def _confused(made: Report) -> list[tuple[str, str, int]]:
    pairs = [
        (row.label.name, made.labels[column].label.name, count)
        for row in made.instead
        for column, count in enumerate(row.counts)
        if count
    ]
    return sorted(pairs, key=lambda pair: -pair[2])[:MOST_CONFUSED]


def _slices(session: Session, run: Run) -> list[str]:
    keys = [each.key for each in slices.dimensions(session, run.project_id) if each.key != slices.ANNOTATOR]
    made = slice_reports.slice_report(session, run, Split.VALIDATION, Basis.TUNED, keys[0]) if keys else None
    if made is None or made.dimension is None:
        return []
    worse = [found for found in made.findings if found.figure.value < found.figure.rest]
    told = _("“%(label)s” is judged worse where %(dimension)s is %(value)s: %(figure)s %(share)s, elsewhere %(rest)s")
    words = {Measure.F1: _("F1"), Measure.PRECISION: _("precision"), Measure.RECALL: _("recall")}
    return [
        told
        % {
            "label": found.label.name,
            "dimension": made.dimension.name,
            "value": found.row.value.name,
            "figure": words[found.measure],
            "share": f"{found.figure.value:.2f}",
            "rest": f"{found.figure.rest:.2f}",
        }
        for found in worse[:MOST_SLICES]
    ]


def _images(run: Run) -> Select[int]:
    return select(Image.id).join(SnapshotItem, SnapshotItem.image_id == Image.id).where(SnapshotItem.run_id == run.id)


def _split_name(split: Split) -> str:
    return {Split.TRAIN: _("training"), Split.VALIDATION: _("validation"), Split.TEST: _("test")}[split]


def _figure(value: float, interval: Interval) -> Figure:
    return None if isnan(value) or isnan(interval.low) else (value, interval.low, interval.high)


def _number(value: float) -> float | None:
    return None if isnan(value) else float(value)
