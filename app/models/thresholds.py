"""Threshold sets: from which probability on a run's model counts each label as predicted."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.models.types import UtcDateTime, now


class ThresholdSet(Base):
    """One version of a run's thresholds; never changed once made, exactly one of a run is active."""

    __tablename__ = "threshold_sets"
    __table_args__ = (
        UniqueConstraint("run_id", "version"),
        Index(
            "uq_threshold_sets_run_id_active",
            "run_id",
            unique=True,
            sqlite_where=text("is_active"),
            postgresql_where=text("is_active"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    version: Mapped[int]  # counted per run
    name: Mapped[str] = mapped_column(String(120), default="")
    # What the set was tuned for as a whole, as services.thresholds writes an objective; null where labels differ.
    objective: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    is_active: Mapped[bool] = mapped_column(default=False)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Threshold(Base):
    """One label's threshold in a set."""

    __tablename__ = "thresholds"

    set_id: Mapped[int] = mapped_column(ForeignKey("threshold_sets.id", ondelete="CASCADE"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True)
    value: Mapped[float]
    objective: Mapped[str] = mapped_column(String(64))  # f1, or "by hand"
    tuned: Mapped[bool]  # false where there was nothing to tune on and 0.5 was kept
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
