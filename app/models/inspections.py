"""What looking through a run's images found out, and the figures that were reckoned once and kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.models.types import UtcDateTime, now


class Inspection(Base):
    """What inspecting a run found out of one annotated image; vectors are in the order of `Run.labels`.

    `label_quality` holds one little-endian float32 a label, from 0 (surely wrong) to 1, NaN where the answer is unknown
    or the model has learned from it. `neighbours` holds the ids of the nearest annotated images as little-endian int64,
    the nearest first, `similarities` their cosine similarities as float32.
    """

    __tablename__ = "inspections"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True, index=True)
    label_quality: Mapped[bytes] = mapped_column(LargeBinary)
    # Mean cosine distance to the nearest images: high where nothing in the collection looks like it.
    outlier: Mapped[float | None]
    neighbours: Mapped[bytes] = mapped_column(LargeBinary)
    similarities: Mapped[bytes] = mapped_column(LargeBinary)


class KeptReport(Base):
    """Figures of a run that follow from what never changes, reckoned once; `key` says which."""

    __tablename__ = "kept_reports"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
