"""Projects and their members."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.domain.statuses import Role, SplitMethod
from app.models.accounts import Account
from app.models.types import UtcDateTime, now, text_enum


class Project(Base):
    """A collection, its labels, its people and its runs."""

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint("valid_share > 0 AND test_share >= 0 AND valid_share + test_share < 1", name="shares"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    # The lesson's 70/30; a split, once given to an image, stays.
    valid_share: Mapped[float] = mapped_column(default=0.3)
    test_share: Mapped[float] = mapped_column(default=0.0)
    seed: Mapped[int] = mapped_column(default=42)
    split_method: Mapped[SplitMethod] = mapped_column(text_enum(SplitMethod), default=SplitMethod.STRATIFIED)
    # The detail whose values stay together (grouped) or name the split (column); "/" for an image's folder.
    split_detail: Mapped[str] = mapped_column(String(120), default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    members: Mapped[list["Member"]] = relationship(
        back_populates="project", cascade="all, delete-orphan", passive_deletes=True
    )


class Member(Base):
    """An account's role in a project."""

    __tablename__ = "members"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(text_enum(Role))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    project: Mapped[Project] = relationship(back_populates="members")
    account: Mapped[Account] = relationship()
