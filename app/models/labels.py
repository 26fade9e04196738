"""Labels, the wordings of their definitions, groups, example images, and what was changed of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.domain.statuses import ExampleKind, LabelChangeKind
from app.models.types import UtcDateTime, now, text_enum


class Label(Base):
    """One thing that can be present in an image; removed labels stay for the answers given under them."""

    __tablename__ = "labels"
    __table_args__ = (
        # Two live labels never share a name or a key.
        Index(
            "uq_labels_project_id_name",
            "project_id",
            "name",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index(
            "uq_labels_project_id_key",
            "project_id",
            "key",
            unique=True,
            sqlite_where=text("removed_at IS NULL AND key <> ''"),
            postgresql_where=text("removed_at IS NULL AND key <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    colour: Mapped[str] = mapped_column(String(16))  # name of a palette colour
    key: Mapped[str] = mapped_column(String(1))  # the annotator's key, lower case; empty when all keys were taken
    definition: Mapped[str] = mapped_column(Text, default="")
    definition_version: Mapped[int] = mapped_column(default=1)
    position: Mapped[int]
    # No foreign keys, since SQLite adds them to a table only by copying it: labels go with their project alone, and
    # whoever removes a group frees its labels.
    group_id: Mapped[int | None]
    # Its answers count for that label now; nothing is rewritten, so that parting them again loses nothing.
    merged_into_id: Mapped[int | None]
    # The version of that label's definition from which on an answer for it speaks for both.
    merged_since: Mapped[int | None]
    # Where the label that it was split from is absent, it is absent too, until somebody says otherwise.
    split_from_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LabelDefinition(Base):
    """A wording of a label's definition, kept for the answers that were given under it."""

    __tablename__ = "label_definitions"
    __table_args__ = (UniqueConstraint("label_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class LabelGroup(Base):
    """Labels that are shown together under a title; of an exclusive group exactly one applies."""

    __tablename__ = "label_groups"
    __table_args__ = (UniqueConstraint("project_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(80))
    exclusive: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)


class LabelExample(Base):
    """An image of the collection that shows what a label means, what it does not, or where it is hard to tell."""

    __tablename__ = "label_examples"

    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[ExampleKind] = mapped_column(text_enum(ExampleKind))
    note: Mapped[str] = mapped_column(Text, default="")
    chosen_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class LabelQuestion(Base):
    """A lead asks images that were answered earlier for a label they were not asked for; open until it is closed."""

    __tablename__ = "label_questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id", ondelete="CASCADE"), index=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LabelChange(Base):
    """What was done to labels, so that it can be told and undone: what they were before, and what they became."""

    __tablename__ = "label_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    kind: Mapped[LabelChangeKind] = mapped_column(text_enum(LabelChangeKind))
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
