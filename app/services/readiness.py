"""Readiness: what stands in the way of a training, and what its lead should know before starting it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.broker import TRAINING_QUEUE
from app.domain.statuses import TruthValue
from app.i18n import gettext as _
from app.i18n import ngettext
from app.models import Image, Label, Project, Truth
from app.services import jobs, labels

# With fewer images showing a label, a split leaves hardly any to learn from or to measure on.
FEW_POSITIVES = 10
# Below this the figures of a report say little: their intervals are wider than most differences.
FEW_IMAGES = 50


@dataclass(frozen=True)
class LabelReadiness:
    """How often one label is present, absent and disputed in the ground truth of the images that can be used."""

    label: Label
    present: int
    absent: int
    disputed: int

    @property
    def is_learnable(self) -> bool:
        """Tell whether there is something to tell apart."""
        return self.present > 0 and self.absent > 0


@dataclass(frozen=True)
class Readiness:
    """What a training would have to work with; with a refusal it cannot start."""

    n_images: int
    n_annotated: int
    labels: tuple[LabelReadiness, ...]
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]
    has_worker: bool

    @property
    def is_ready(self) -> bool:
        """Tell whether a training can start."""
        return not self.refusals


def check(session: Session, project: Project) -> Readiness:
    """Look at a project as a training would."""
    n_images = count_images(session, project.id)
    live = labels.live_labels(session, project.id)
    counted = _label_counts(session, project.id, live)
    n_annotated = _annotated(session, project.id, live)
    has_worker = jobs.worker_alive(session, TRAINING_QUEUE)
    refusals = _refusals(n_images, n_annotated, counted)
    warnings = () if refusals else _warnings(n_annotated, counted)
    return Readiness(n_images, n_annotated, counted, refusals, warnings, has_worker)


def count_images(session: Session, project_id: int) -> int:
    """Count the images that can be used."""
    usable = (Image.project_id == project_id, Image.excluded_at.is_(None))
    return session.scalar(select(func.count()).select_from(Image).where(*usable)) or 0


def _label_counts(session: Session, project_id: int, live: list[Label]) -> tuple[LabelReadiness, ...]:
    query = (
        select(Truth.label_id, Truth.value, func.count())
        .join(Image, Image.id == Truth.image_id)
        .where(Image.project_id == project_id, Image.excluded_at.is_(None))
        .group_by(Truth.label_id, Truth.value)
    )
    found = {(label_id, value): count for label_id, value, count in session.execute(query)}
    return tuple(
        LabelReadiness(
            label,
            found.get((label.id, TruthValue.PRESENT), 0),
            found.get((label.id, TruthValue.ABSENT), 0),
            found.get((label.id, TruthValue.DISPUTED), 0),
        )
        for label in live
    )


def _annotated(session: Session, project_id: int, live: list[Label]) -> int:
    query = (
        select(func.count(Truth.image_id.distinct()))
        .join(Image, Image.id == Truth.image_id)
        .where(
            Image.project_id == project_id,
            Image.excluded_at.is_(None),
            Truth.label_id.in_([label.id for label in live]),
            Truth.value != TruthValue.DISPUTED,
        )
    )
    return session.scalar(query) or 0


def _refusals(n_images: int, n_annotated: int, counted: tuple[LabelReadiness, ...]) -> tuple[str, ...]:
    missing = []
    if not n_images:
        missing.append(_("There are no images to learn from yet. Bring some in first."))
    if not counted:
        missing.append(_("There are no labels to learn yet. Define at least one first."))
    if missing:
        return tuple(missing)
    if n_images == 1:
        return (_("There is only one image. A model learns by comparing: it needs at least two that are tagged."),)
    if not n_annotated:
        return (_("No image is tagged yet. Tag some first, so that there is something to learn from."),)
    if n_annotated == 1:
        return (_("Only one image is tagged. A model learns by comparing: please tag at least one more."),)
    if not any(each.is_learnable for each in counted):
        return (
            _(
                "No label can be learned yet: each needs at least one tagged image that shows it "
                "and one that does not. (%(labels)s)"
            )
            % {"labels": "; ".join(_one_sided(each) for each in counted)},
        )
    return ()


def _warnings(n_annotated: int, counted: tuple[LabelReadiness, ...]) -> tuple[str, ...]:
    warnings = []
    one_sided = [each for each in counted if not each.is_learnable]
    if one_sided:
        warnings.append(
            _("These labels cannot be learned yet and will get the same probability everywhere: %(labels)s.")
            % {"labels": "; ".join(_one_sided(each) for each in one_sided)}
        )
    rare = [each for each in counted if each.is_learnable and each.present < FEW_POSITIVES]
    if rare:
        warnings.append(
            _("These labels are seen in few tagged images, so expect little of them: %(labels)s.")
            % {"labels": ", ".join(f"{each.label.name} ({each.present})" for each in rare)}
        )
    if n_annotated < FEW_IMAGES:
        warnings.append(
            _("Only %(count)s images are tagged. The figures of the report will be rough.") % {"count": n_annotated}
        )
    disputed = sum(each.disputed for each in counted)
    if disputed:
        warnings.append(
            ngettext(
                "%(count)s answer is disputed and will be left out until somebody decides it.",
                "%(count)s answers are disputed and will be left out until somebody decides them.",
                disputed,
            )
            % {"count": disputed}
        )
    return tuple(warnings)


def _one_sided(each: LabelReadiness) -> str:
    name = {"label": each.label.name}
    if not each.present and not each.absent:
        return _("“%(label)s” has no answer yet") % name
    if not each.present:
        return _("“%(label)s” is present in no image") % name
    return _("“%(label)s” is present in every image") % name
