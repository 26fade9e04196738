"""How a project's people tag: the settings of its desk, who gets which images, and images with known answers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.domain.sampling import Order
from app.domain.statuses import Suggestions
from app.models.types import UtcDateTime, now, text_enum


class DeskSettings(Base):
    """What a lead decided on tagging; a project without a row has the defaults."""

    __tablename__ = "desk_settings"
    __table_args__ = (
        CheckConstraint("opinions >= 1", name="opinions"),
        CheckConstraint("opinions_share >= 0 AND opinions_share <= 1", name="opinions_share"),
        CheckConstraint("control_share >= 0 AND control_share <= 0.5", name="control_share"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    # Markdown, for annotators.
    guide: Mapped[str] = mapped_column(Text, default="")
    suggestions: Mapped[Suggestions] = mapped_column(text_enum(Suggestions), default=Suggestions.SHOWN)
    order: Mapped[Order] = mapped_column(text_enum(Order), default=Order.SEQUENTIAL)
    # The label that the order is about, where it is about one.
    order_label_id: Mapped[int | None] = mapped_column(ForeignKey("labels.id", ondelete="SET NULL"))
    # So many people answer for this share of the images, chosen at random; one person for each of the others.
    opinions: Mapped[int] = mapped_column(default=1)
    opinions_share: Mapped[float] = mapped_column(default=1.0)
    # In a blind project annotators see neither others' answers nor comments before they have answered.
    blind: Mapped[bool] = mapped_column(default=True)
    # Whether whoever adjudicates sees who said what.
    names_hidden: Mapped[bool] = mapped_column(default=False)
    # One image in 1 / share is one whose answers are known; nobody can tell which.
    control_share: Mapped[float] = mapped_column(default=0.0)
    # A quick run starts by itself after so many new annotations; null where it does not.
    train_after: Mapped[int | None]


class Assignment(Base):
    """An image that is this person's to tag, and only theirs and that of others it is assigned to."""

    __tablename__ = "assignments"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True)


class ControlImage(Base):
    """An image whose answers are known by decision, mixed in unseen to tell how well people answer."""

    __tablename__ = "control_images"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    chosen_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    chosen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Adjudicating(Base):
    """A short lease: a reviewer has the disputes of this image before them, and no other gets it until it expires."""

    __tablename__ = "adjudicating"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
