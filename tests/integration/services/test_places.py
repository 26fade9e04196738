"""A place tells a reviewer what people said, what the model says, and what holds today."""

from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Verdict, View
from app.services import comments, places, review_lists, reviews
from app.services.list_queries import ListQuery
from app.services.places import Place
from tests.run_factory import World, make_world


def place(session: Session, world: World, position: int = 0) -> Place:
    listed = review_lists.open_list(session, world.run, ListQuery())
    entry = review_lists.entries(session, listed, [position])[0]
    return places.describe(session, world.run, listed, entry, world.reviewer)


def test_a_place_tells_who_said_what(session: Session) -> None:
    world = make_world(session)
    shown = place(session, world)
    said = Answer.PRESENT if shown.entry.present else Answer.ABSENT
    assert [(voice.who, voice.answer, voice.view, voice.past) for voice in shown.voices] == [
        ("Annotator", said, View.ANNOTATE, False)
    ]
    assert [state.label.id for state in shown.states] == [label.id for label in world.labels]
    assert all(state.told == state.today for state in shown.states)
    assert not shown.changed
    assert shown.own_key == ""


def test_after_a_verdict_it_tells_of_the_decision_and_of_todays_truth(session: Session) -> None:
    world = make_world(session)
    entry = place(session, world).entry
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=entry.image.id,
        label_id=entry.label.id,
        verdict=Verdict.LABEL_ERROR,
        client_key="key-00001",
    )
    shown = place(session, world)
    assert shown.changed
    assert shown.today == int(not entry.present)
    assert shown.own_key == "key-00001"
    assert [voice.view for voice in shown.voices] == [View.REVIEW, View.ANNOTATE]
    reviews.undo(session, project=world.project, run=world.run, account=world.reviewer, client_key="key-00001")
    after = place(session, world)
    assert not after.changed
    assert [voice.past for voice in after.voices] == [True, False]


def test_names_are_replaced_for_who_may_not_see_them(session: Session) -> None:
    world = make_world(session)
    entry = place(session, world).entry
    comments.add(session, project=world.project, account=world.annotator, image_id=entry.image.id, text="Odd.")
    listed = review_lists.open_list(session, world.run, ListQuery())
    names = {world.annotator.id: "Person A"}
    shown = places.describe(session, world.run, listed, entry, world.reviewer, names)
    assert [voice.who for voice in shown.voices] == ["Person A"]
    assert [remark.who for remark in shown.remarks] == ["Person A"]
