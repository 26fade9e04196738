"""Runs, what they knew (snapshot), what they say (predictions) and how they are judged."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.domain.statuses import Recipe, Split
from app.models.jobs import Job
from app.models.types import UtcDateTime, now, text_enum


class Run(Base):
    """One training; its state is that of its job."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        # At most one checkpoint of a project is active: it gives the suggestions.
        Index(
            "uq_runs_project_id_active",
            "project_id",
            unique=True,
            sqlite_where=text("is_active"),
            postgresql_where=text("is_active"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    number: Mapped[int]  # counted per project, as people speak of it
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    recipe: Mapped[Recipe] = mapped_column(text_enum(Recipe))
    config: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    seed: Mapped[int]
    # The labels of this run in the order of every vector: {"id", "name", "definition", "definition_version"}.
    labels: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    versions: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    is_active: Mapped[bool] = mapped_column(default=False)
    checkpoint: Mapped[str | None] = mapped_column(String(200))  # folder below the storage's checkpoints
    # Per-batch training loss: [[batch, loss], ...], thinned to some hundred points.
    loss_curve: Mapped[list[list[float]]] = mapped_column(JSON, default=list)
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)  # what a lead should know, as sentences
    # Reports as app.domain.metrics makes them: {"at_half": {...}, "tuned": {...}}; tuned is cross-fitted.
    evaluation: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    job: Mapped[Job] = relationship()


class Epoch(Base):
    """One line of the epoch table."""

    __tablename__ = "epochs"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)  # counted from 1 through all stages
    stage: Mapped[str] = mapped_column(String(32))  # frozen, unfrozen, head
    train_loss: Mapped[float | None]
    valid_loss: Mapped[float | None]
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    seconds: Mapped[float]


class SnapshotItem(Base):
    """An image as a run knew it: its split and its ground truth then.

    `truth` holds one int8 a label, in the order of `Run.labels`: 1 present, 0 absent, -1 unknown or disputed.
    """

    __tablename__ = "snapshot_items"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True, index=True)
    split: Mapped[Split | None] = mapped_column(text_enum(Split))
    truth: Mapped[bytes] = mapped_column(LargeBinary)


class Prediction(Base):
    """What a run says of an image: one little-endian float32 probability a label, in the order of `Run.labels`."""

    __tablename__ = "predictions"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True, index=True)
    probabilities: Mapped[bytes] = mapped_column(LargeBinary)
    # True where the model that says it was not trained on this image.
    held_out: Mapped[bool]
