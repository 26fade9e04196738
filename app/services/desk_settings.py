"""What a lead decides on tagging in a project: suggestions, order, opinions, control images, the guide."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from app.domain.sampling import Order
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import DeskSettings, Label, Project

# Some pages of print; what is longer is a book, and belongs behind a link.
GUIDE_MAX_LENGTH = 40_000
# More opinions on one image than this are a survey, not a collection.
OPINIONS_MOST = 20
CONTROL_SHARE_MOST = 0.5
# A run after every few answers would be out of date before it ends.
TRAIN_AFTER_LEAST = 10
# The orders that are about one label: this one cannot do without, the other one can.
ORDERS_OF_LABELS = frozenset({Order.MOST_LIKELY, Order.LEAST_CERTAIN})


def settings_of(session: Session, project: Project) -> DeskSettings:
    """Load the settings of a project's desk, or the defaults where nobody has changed them; those are not kept."""
    found = session.get(DeskSettings, project.id)
    return found if found is not None else defaults(project.id)


def defaults(project_id: int) -> DeskSettings:
    """Give the settings of a project in which nobody has changed them."""
    return DeskSettings(project_id=project_id, **_column_defaults())


def change(session: Session, project: Project, values: Mapping[str, object]) -> DeskSettings:
    """Change some settings of a project's desk, by the names of their columns."""
    _check(defaults(project.id), values)
    _check_order(session, project, values)
    settings = session.get(DeskSettings, project.id)
    if settings is None:
        settings = defaults(project.id)
        session.add(settings)
    for name, value in values.items():
        setattr(settings, name, value)
    session.flush()  # what follows reads the settings anew
    return settings


@lru_cache(maxsize=1)
def _column_defaults() -> dict[str, Any]:
    columns = DeskSettings.__table__.c
    return {c.name: c.default.arg for c in columns if c.default is not None and c.default.is_scalar}


def _check(settings: DeskSettings, values: Mapping[str, object]) -> None:
    """Refuse what makes no sense, before the row of a session has it."""
    for name, value in values.items():
        setattr(settings, name, value)
    fields = {}
    if len(settings.guide) > GUIDE_MAX_LENGTH:
        fields["guide"] = _("Please keep the guide under %(count)s characters.") % {"count": GUIDE_MAX_LENGTH}
    if not 1 <= settings.opinions <= OPINIONS_MOST:
        fields["opinions"] = _("Please choose 1 to %(most)s people.") % {"most": OPINIONS_MOST}
    if not 0 <= settings.opinions_share <= 1:
        fields["opinions_share"] = _("Please choose 0 to 100 per cent.")
    if not 0 <= settings.control_share <= CONTROL_SHARE_MOST:
        fields["control_share"] = _("Please choose 0 to 50 per cent.")
    if settings.train_after is not None and settings.train_after < TRAIN_AFTER_LEAST:
        fields["train_after"] = _("Please choose at least %(least)s answers.") % {"least": TRAIN_AFTER_LEAST}
    if fields:
        raise InvalidInputError(next(iter(fields.values())), fields=fields)


def _check_order(session: Session, project: Project, values: Mapping[str, object]) -> None:
    """Refuse an order about a label where there is no such label."""
    if not {"order", "order_label_id"} & values.keys():
        return
    settings = settings_of(session, project)
    order, label_id = values.get("order", settings.order), values.get("order_label_id", settings.order_label_id)
    label = None if label_id is None else session.get(Label, label_id)
    usable = label is not None and label.project_id == project.id and label.removed_at is None
    if label_id is not None and not usable:
        sentence = _("This label is not one of this project, or no longer.")
    elif order is Order.MOST_LIKELY and not usable:
        sentence = _("Please say which label is meant.")
    else:
        return
    raise InvalidInputError(sentence, fields={"order_label_id": sentence})
