"""Labels and the wordings of their definitions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.models.types import UtcDateTime, now


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
