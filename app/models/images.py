"""Images; their bytes are in the storage, addressed by content hash."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.domain.statuses import Split
from app.models.types import UtcDateTime, now, text_enum

WAITING = text("needed > 0 AND excluded_at IS NULL")
PARTLY = text("needed > 0 AND needed < opinions AND excluded_at IS NULL")
EXCLUDED = text("excluded_at IS NOT NULL")


class Image(Base):
    """One image of a project."""

    __tablename__ = "images"
    __table_args__ = (
        UniqueConstraint("project_id", "sha256"),
        UniqueConstraint("project_id", "name"),
        Index("ix_images_project_id_split", "project_id", "split"),
        # The annotation queue looks at nothing else, so that it is as quick in a large collection as in a small one.
        Index("ix_images_waiting", "project_id", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_images_waiting_shuffled", "project_id", "sha256", sqlite_where=WAITING, postgresql_where=WAITING),
        # Where one answer is enough, none is in here.
        Index("ix_images_partly", "project_id", "id", sqlite_where=PARTLY, postgresql_where=PARTLY),
        # Few are left out: to count the others is to count all and take these off.
        Index("ix_images_excluded", "project_id", sqlite_where=EXCLUDED, postgresql_where=EXCLUDED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(1000))  # relative path as it came, e.g. "box 3/0012.jpg"
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    format: Mapped[str] = mapped_column(String(16))  # what the content is, e.g. "JPEG"
    width: Mapped[int]  # pixels, upright
    height: Mapped[int]
    perceptual_hash: Mapped[str | None] = mapped_column(String(16))  # 64 bits in hexadecimal
    group_key: Mapped[str | None] = mapped_column(String(64))  # images of one group never straddle a split
    split: Mapped[Split | None] = mapped_column(text_enum(Split))  # once given, it stays
    # What is known of where the image comes from, by the column it was called in the CSV: date, source, title, link ...
    details: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    # How many people shall answer for it, and how many of them are missing still, kept up to date with the truth.
    opinions: Mapped[int] = mapped_column(default=1, server_default="1")
    needed: Mapped[int] = mapped_column(default=1, server_default="1")
    excluded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
