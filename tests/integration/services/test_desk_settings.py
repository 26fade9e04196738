"""What a lead decides on tagging, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.sampling import Order
from app.domain.statuses import Suggestions
from app.errors import InvalidInputError
from app.models import DeskSettings
from app.services import desk_settings
from tests.factories import ProjectFactory


def test_a_project_starts_with_the_defaults_and_keeps_nothing(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    found = desk_settings.settings_of(session, project)
    assert (found.suggestions, found.order, found.opinions, found.blind) == (
        Suggestions.SHOWN, Order.SEQUENTIAL, 1, True,
    )  # fmt: skip
    assert (found.guide, found.control_share, found.train_after) == ("", 0, None)
    session.flush()
    assert session.get(DeskSettings, project.id) is None


def test_what_is_changed_stays_and_the_rest_does_not_change(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    desk_settings.change(session, project, {"suggestions": Suggestions.OFF})
    desk_settings.change(session, project, {"guide": "# Look twice", "train_after": 200})
    session.expire_all()
    found = desk_settings.settings_of(session, project)
    assert (found.suggestions, found.guide, found.train_after) == (Suggestions.OFF, "# Look twice", 200)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("guide", "x" * 40_001),
        ("opinions", 0),
        ("opinions", 21),
        ("opinions_share", 1.5),
        ("control_share", 0.6),
        ("train_after", 3),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(session: Session, field: str, value: object) -> None:
    project = ProjectFactory.create(session=session)
    with pytest.raises(InvalidInputError) as refusal:
        desk_settings.change(session, project, {field: value})
    assert set(refusal.value.fields) == {field}
