"""Annotations, the ground truth resolved from them, skips, flags and claims."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.domain.statuses import Answer, SkipReason, TruthValue, View
from app.models.types import UtcDateTime, now, text_enum

DISPUTED = text("value = 'disputed'")

# Answers to all labels that count now; SQLite finds an index only by the very words of the question.
COUNTING, COUNTING_SQLITE = text("superseded_at IS NULL AND whole"), text("superseded_at IS NULL AND whole = 1")


class Annotation(Base):
    """One person's answer for one image; never overwritten, a correction supersedes it.

    In the views review and adjudicate it is a decision about the labels it answers, and nothing about the others.
    """

    __tablename__ = "annotations"
    __table_args__ = (
        Index("ix_annotations_image_id_current", "image_id", "superseded_at"),
        Index("ix_annotations_project_id_account_id", "project_id", "account_id", "created_at"),
        # What was answered lately, and by whom, is asked for every few seconds: the index knows it by itself.
        Index(
            "ix_annotations_counting",
            "project_id",
            "created_at",
            "view",
            "account_id",
            "superseded_at",
            "whole",
            sqlite_where=COUNTING_SQLITE,
            postgresql_where=COUNTING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"))
    # Null for what a CSV brought in, or when the account has gone.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"))
    view: Mapped[View] = mapped_column(text_enum(View))
    # Whether all labels of the time were asked; one that was asked for a single label leaves its image in the queue.
    whole: Mapped[bool] = mapped_column(default=True, server_default=true())
    # Answers that were given together are taken back together.
    batch_key: Mapped[str | None] = mapped_column(String(64), index=True)
    # Made by the browser: the same save sent twice counts once.
    client_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    comment: Mapped[str] = mapped_column(Text, default="")
    seconds: Mapped[float | None]  # from the image's appearance to the submission
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    answers: Mapped[list["AnnotationAnswer"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class AnnotationAnswer(Base):
    """What an annotation says of one label; a label without a row was not asked."""

    __tablename__ = "annotation_answers"

    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id", ondelete="CASCADE"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True, index=True)
    value: Mapped[Answer] = mapped_column(text_enum(Answer))
    definition_version: Mapped[int]


class Truth(Base):
    """The ground truth of one label in one image, resolved anew whenever an annotation changes; no row is unknown."""

    __tablename__ = "truths"
    # What people disagree on is little, and is looked for among all that is known.
    __table_args__ = (Index("ix_truths_disputed", "image_id", sqlite_where=DISPUTED, postgresql_where=DISPUTED),)

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True, index=True)
    value: Mapped[TruthValue] = mapped_column(text_enum(TruthValue))


class Skip(Base):
    """An annotator passed an image by without an answer."""

    __tablename__ = "skips"
    __table_args__ = (Index("ix_skips_image_id_account_id", "image_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    client_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    # Why, where the annotator said so.
    reason: Mapped[SkipReason | None] = mapped_column(text_enum(SkipReason))
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Flag(Base):
    """Somebody marked an image, to find it again or to have a lead look at it."""

    __tablename__ = "flags"

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Claim(Base):
    """A short lease: this image is before this person until it expires; of one image as many as it needs opinions."""

    __tablename__ = "claims"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PageClaim(Base):
    """A short lease on one question about one image: this label is asked of it on this person's light table."""

    __tablename__ = "page_claims"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True, index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
