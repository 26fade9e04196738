"""Runs, what they knew (snapshot), what they say (predictions) and how they are judged."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.domain.statuses import Labelling, Recipe, Split
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
    labelling: Mapped[Labelling] = mapped_column(text_enum(Labelling), default=Labelling.OVERLAPPING)
    # The run whose checkpoint this one went on from.
    parent_id: Mapped[int | None]
    # What people write of a run, as opposed to `notes`.
    remark: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Processor, cores, memory, graphics card; what a result may depend on besides `versions`.
    hardware: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Per-batch learning rates and momentum: [[batch, lowest rate, highest rate, momentum], ...], thinned.
    schedule_curve: Mapped[list[list[float]]] = mapped_column(JSON, default=list)
    # Searches for a learning rate, by stage: {"frozen": {"rates": [...], "losses": [...], "picks": {...}}}.
    rate_searches: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # What is so at this moment of a training: {"images_per_second": ..., "memory_bytes": ..., "batch": ...}.
    live: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # What a lead should see while it trains: [{"kind": ..., "epoch": ..., ...}]; the words stand in the code.
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    # Asked for with the wish to stop: make a model of the best epoch so far.
    keeps_best: Mapped[bool] = mapped_column(default=False)
    # Layers as `learn.summary()` lists them: {"layers": [...], "parameters": ..., "trainable": ...}.
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # "Would more labels help?": the latest answer, with the moment it was reckoned.
    learning_curve: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Its model, predictions and figures are gone; number and verdicts stay, so that neither is given twice.
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    job: Mapped[Job] = relationship()


class Configuration(Base):
    """A named way to train, kept for another time."""

    __tablename__ = "configurations"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    recipe: Mapped[Recipe] = mapped_column(text_enum(Recipe))
    config: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


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
