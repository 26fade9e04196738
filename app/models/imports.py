"""Imports and what they refused."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.models.types import UtcDateTime, now


class Import(Base):
    """One bringing-in of images: first files are gathered, then its job reads them."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(String(16))  # upload, folder, zip or sample
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # how to read the CSV, labels to create
    accepted: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    labelled: Mapped[int] = mapped_column(default=0)
    unknown_labels: Mapped[list[str]] = mapped_column(JSON, default=list)
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ImportRefusal(Base):
    """A file or a row of the CSV that an import did not take, and why."""

    __tablename__ = "import_refusals"
    __table_args__ = (Index("ix_import_refusals_import_id", "import_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    file: Mapped[str | None] = mapped_column(String(1000))
    row: Mapped[int | None]  # line of the CSV, as a spreadsheet counts it
    reason: Mapped[str] = mapped_column(Text)
