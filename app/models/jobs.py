"""Background work that a person can see, and the workers that do it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.domain.statuses import JobKind, JobStatus
from app.models.types import UtcDateTime, now, text_enum


class Job(Base):
    """Background work and its life.

    *queued* → *running* when a worker claims it (`attempt` rises by one; a second delivery of the same message finds
    it running and does nothing) → *succeeded*, *failed* (with a sentence) or *cancelled*. While it runs the worker
    renews `heartbeat_at`; a silent one is queued again where the work can be repeated safely, else it fails.
    A final status never changes, and only the attempt that holds the job may end it.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_status_heartbeat_at", "status", "heartbeat_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    kind: Mapped[JobKind] = mapped_column(text_enum(JobKind))
    status: Mapped[JobStatus] = mapped_column(text_enum(JobStatus), default=JobStatus.QUEUED)
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    enqueued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(default=0)
    cancel_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stage: Mapped[str] = mapped_column(String(200), default="")  # what it is doing, as a sentence
    stage_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # what the time left is reckoned from
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")  # the cause of a failure, as a sentence
    worker: Mapped[str] = mapped_column(String(120), default="")


class Worker(Base):
    """A worker process that was alive at `seen_at`, and the queues it takes work from."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    queues: Mapped[str] = mapped_column(String(200))  # separated by commas
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
