"""Verdicts of reviewers on what a run says of an image."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.domain.statuses import Verdict
from app.models.types import UtcDateTime, now, text_enum


class Review(Base):
    """A reviewer's verdict on one label of one image, with the annotation it made, if any."""

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_run_id_image_id_label_id", "run_id", "image_id", "label_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"))
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"))
    verdict: Mapped[Verdict] = mapped_column(text_enum(Verdict))
    annotation_id: Mapped[int | None] = mapped_column(ForeignKey("annotations.id", ondelete="SET NULL"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    # Made by the browser: the same verdict sent twice counts once.
    client_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
