"""What the desk is told of images, on both databases."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Role, SkipReason, Suggestions, TruthValue, View
from app.models import Account, Annotation, Image
from app.models.types import now
from app.services import desk_items, desk_settings, flags, queue, skip_reasons, thresholds
from tests.desk import make_desk
from tests.factories import AccountFactory, ImageFactory, annotate
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=12)


def fresh(session: Session, world: World) -> Image:
    """An image of the run that nobody has answered."""
    image = world.images[0]
    for annotation in session.scalars(select(Annotation).where(Annotation.image_id == image.id)):
        annotation.superseded_at = now()
    session.flush()
    return image


def test_an_item_tells_where_an_image_is_and_where_it_comes_from(session: Session) -> None:
    desk = make_desk(session)
    image = ImageFactory.create(
        session=session,
        project_id=desk.project.id,
        details={"title": "A plough", "link": "https://example.org/1", "note": "", "trap": "javascript:alert(1)"},
    )
    (item,) = desk_items.items(session, desk.project, desk.person, [image])
    assert item.screen == f"/projects/{desk.project.id}/images/{image.id}/screen"
    assert [(one.name, one.value, one.is_link) for one in item.details] == [
        ("title", "A plough", False),
        ("link", "https://example.org/1", True),
        ("trap", "javascript:alert(1)", False),
    ]
    assert (item.flagged, item.skipped, item.suggestions) == (False, None, [])


def test_an_item_tells_of_this_persons_own_flag_and_skip(session: Session) -> None:
    desk = make_desk(session)
    flags.put(session, desk.project, desk.person, desk.image.id)
    queue.skip(session, desk.project, desk.person, image_id=desk.image.id, client_key="a" * 32)
    skip_reasons.give(session, desk.project, desk.person, image_id=desk.image.id, reason=SkipReason.DUPLICATE)
    (item,) = desk_items.items(session, desk.project, desk.person, [desk.image])
    assert item.flagged
    assert item.skipped == desk_items.Skipped(SkipReason.DUPLICATE, "")
    (other,) = desk_items.items(session, desk.project, AccountFactory.create(session=session), [desk.image])
    assert (other.flagged, other.skipped) == (False, None)


def test_shown_suggestions_choose_nothing(session: Session, world: World) -> None:
    image = fresh(session, world)
    (item,) = desk_items.items(session, world.project, world.annotator, [image])
    said = {one.label: one.probability for one in item.suggestions}
    assert said == pytest.approx(
        {label.id: float(value) for label, value in zip(world.labels, world.probabilities[0], strict=True)}
    )
    assert not any(one.chosen for one in item.suggestions)


def test_preselected_suggestions_are_those_above_their_thresholds(session: Session, world: World) -> None:
    desk_settings.change(session, world.project, {"suggestions": Suggestions.PRESELECTED})
    (item,) = desk_items.items(session, world.project, world.annotator, [fresh(session, world)])
    limits = thresholds.threshold_values(session, world.run)
    above = {
        label.id
        for label, value, limit in zip(world.labels, world.probabilities[0], limits, strict=True)
        if value >= limit
    }
    assert {one.label for one in item.suggestions if one.chosen} == above


def test_suggestions_that_are_off_never_leave_the_server(session: Session, world: World) -> None:
    desk_settings.change(session, world.project, {"suggestions": Suggestions.OFF})
    for item in desk_items.items(session, world.project, world.annotator, world.images):
        assert item.suggestions == []


def test_hidden_suggestions_are_seen_by_whoever_has_answered(session: Session, world: World) -> None:
    desk_settings.change(session, world.project, {"suggestions": Suggestions.AFTER})
    image, answered = fresh(session, world), world.images[1]
    told = desk_items.suggestions(session, world.project, world.annotator, [image.id, answered.id])
    assert set(told) == {answered.id}
    # Neither somebody else's answer nor what a table brought in is this person's look at the image.
    annotate(session, image, world.reviewer, {world.labels[0]: Answer.PRESENT})
    annotate(session, image, world.annotator, {world.labels[0]: Answer.PRESENT}, View.IMPORT)
    assert desk_items.suggestions(session, world.project, world.annotator, [image.id]) == {}
    assert set(desk_items.suggestions(session, world.project, world.reviewer, [image.id, answered.id])) == {image.id}


def test_an_answer_reveals_what_was_hidden_and_nothing_else(session: Session, world: World) -> None:
    answered = world.images[1].id
    assert desk_items.revealed(session, world.project, world.annotator, answered) == []
    desk_settings.change(session, world.project, {"suggestions": Suggestions.AFTER})
    assert len(desk_items.revealed(session, world.project, world.annotator, answered)) == len(world.labels)
    assert desk_items.revealed(session, world.project, world.annotator, fresh(session, world).id) == []


def test_where_one_label_is_asked_the_others_are_told_as_they_stand(session: Session) -> None:
    desk = make_desk(session)
    desk.submit({desk.a: Answer.PRESENT})
    (item,) = desk_items.items(session, desk.project, desk.person, [desk.image])
    assert item.known == {}
    (item,) = desk_items.items(session, desk.project, desk.person, [desk.image], one_label=True)
    assert item.known == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.ABSENT}


def test_a_blind_project_tells_nobody_how_labels_stand_before_they_have_answered(session: Session) -> None:
    desk = make_desk(session)
    desk.submit({desk.a: Answer.PRESENT})
    desk_settings.change(session, desk.project, {"opinions": 2})
    other = AccountFactory.create(session=session)

    def known(account: Account, role: Role) -> bool:
        (item,) = desk_items.items(session, desk.project, account, [desk.image], one_label=True, role=role)
        return bool(item.known)

    assert known(desk.person, Role.ANNOTATOR)
    assert not known(other, Role.ANNOTATOR)
    assert known(other, Role.REVIEWER)
