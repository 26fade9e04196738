"""What was answered day by day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.statuses import Answer, View
from app.models.types import now
from app.services import tagging_days
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory, ImageFactory


def submit(desk: Desk, days_ago: float, answers: dict[object, Answer], **more: object) -> None:
    image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
    made = desk.submit(answers, image_id=image.id, **more)  # type: ignore[arg-type]
    made.created_at = now() - timedelta(days=days_ago)
    desk.session.flush()


def test_answers_are_counted_by_day_and_person(session: object) -> None:
    desk = make_desk(session)  # type: ignore[arg-type]
    other = AccountFactory.create(session=desk.session, name="Zoe")
    submit(desk, 0, {desk.a: Answer.PRESENT})
    submit(desk, 0, {desk.a: Answer.PRESENT}, account=other)
    submit(desk, 2, {desk.a: Answer.ABSENT})
    submit(desk, 2, {desk.a: Answer.ABSENT})
    submit(desk, 40, {desk.a: Answer.ABSENT})
    submit(desk, 1, {desk.a: Answer.ABSENT}, whole=False)
    submit(desk, 1, {desk.a: Answer.ABSENT}, view=View.IMPORT)
    today = now().date()
    found = {(each.day, each.who): each.answers for each in tagging_days.by_person(desk.session, desk.project)}
    assert found == {
        (today, desk.person.name): 1,
        (today, "Zoe"): 1,
        (today - timedelta(days=2), desk.person.name): 2,
    }


def test_a_day_ends_at_midnight_in_utc(session: object) -> None:
    desk = make_desk(session)  # type: ignore[arg-type]
    today = now().date()
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=3)
    for moment in (midnight - timedelta(microseconds=1), midnight):
        image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
        desk.submit({desk.a: Answer.PRESENT}, image_id=image.id).created_at = moment
    desk.session.flush()
    found = [each.day for each in tagging_days.by_person(desk.session, desk.project)]
    assert found == [today - timedelta(days=4), today - timedelta(days=3)]


def test_a_day_is_that_of_a_zone_where_one_is_named(session: object) -> None:
    desk = make_desk(session)  # type: ignore[arg-type]
    zone = ZoneInfo("Pacific/Kiritimati")
    today = now().astimezone(zone).date()
    # There, on the line where days begin, it was the day after already.
    moment = datetime(today.year, today.month, today.day, 1, tzinfo=zone) - timedelta(days=3)
    image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
    desk.submit({desk.a: Answer.PRESENT}, image_id=image.id).created_at = moment
    desk.session.flush()
    assert moment.astimezone(UTC).date() == today - timedelta(days=4)
    assert [each.day for each in tagging_days.by_person(desk.session, desk.project, zone)] == [
        today - timedelta(days=3)
    ]
    found = [each.day for each in tagging_days.by_label(desk.session, desk.project, zone) if each.found]
    assert found == [today - timedelta(days=3)]


def test_labels_are_added_up_on_what_was_found_before(session: object) -> None:
    desk = make_desk(session)  # type: ignore[arg-type]
    submit(desk, 50, {desk.a: Answer.PRESENT})
    submit(desk, 2, {desk.a: Answer.PRESENT, desk.b: Answer.PRESENT})
    submit(desk, 0, {desk.a: Answer.PRESENT, desk.b: Answer.UNSURE})
    desk.decide(Answer.PRESENT)
    rows = tagging_days.by_label(desk.session, desk.project)
    assert len(rows) == 2 * tagging_days.DAYS
    of_a = [(each.found, each.total) for each in rows if each.label.id == desk.a.id]
    of_b = [(each.found, each.total) for each in rows if each.label.id == desk.b.id]
    assert (of_a[0], of_a[-4:]) == ((0, 1), [(0, 1), (1, 2), (0, 2), (1, 3)])
    assert (of_b[0], of_b[-4:]) == ((0, 0), [(0, 0), (1, 1), (0, 1), (0, 1)])


def test_the_rows_of_the_tables(session: object) -> None:
    desk = make_desk(session)  # type: ignore[arg-type]
    submit(desk, 0, {desk.a: Answer.PRESENT})
    (row,) = tagging_days.person_rows(tagging_days.by_person(desk.session, desk.project))
    assert row == {"day": now().date().isoformat(), "person": desk.person.name, "answers": 1}
    assert tagging_days.label_rows(tagging_days.by_label(desk.session, desk.project))[-2]["found_until_then"] == 1
