"""Verdicts of reviewers on what a run says of an image, questions to a second person, and comments."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.domain.statuses import Answer, Verdict
from app.models.types import UtcDateTime, now, text_enum

OPEN = text("closed_at IS NULL")


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
    # The list in which the verdict was given, by its name in the address; empty where that was not kept yet.
    list_kind: Mapped[str] = mapped_column(String(32), default="")
    # What the reviewer answered before truth and probability were shown; null where they were shown at once.
    blind_answer: Mapped[Answer | None] = mapped_column(text_enum(Answer))
    # Verdicts that were given together are taken back together.
    batch_key: Mapped[str | None] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SecondOpinion(Base):
    """A question to a second person: open until somebody who has not answered for the image yet does."""

    __tablename__ = "second_opinions"
    # The queue asks for the open ones with every answer it gives.
    __table_args__ = (Index("ix_second_opinions_open", "asked_at", sqlite_where=OPEN, postgresql_where=OPEN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), index=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"))
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id", ondelete="SET NULL"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # Answered, or taken back.
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Comment(Base):
    """A remark on an image, or on one label of it, for everybody in the project."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), index=True)
    label_id: Mapped[int | None] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text)
    # Made by the browser: the same remark sent twice is kept once.
    client_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
