"""How many people answer for each image, on both databases."""

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobKind, View
from app.models import Assignment, Image, Project
from app.services import annotations, desk_settings, import_results, imports, label_resolving, overlaps
from app.services.import_results import NewImage
from tests.desk import make_desk
from tests.factories import AccountFactory, ImageFactory, ProjectFactory


def opinions(session: Session, project: Project) -> dict[str, int]:
    session.expire_all()
    query = select(Image.sha256, Image.opinions).where(Image.project_id == project.id)
    return dict(session.execute(query).all())


def test_a_share_of_the_images_is_chosen_and_a_larger_share_keeps_them(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    for _ in range(600):
        ImageFactory.create(session=session, project_id=project.id)
    desk_settings.change(session, project, {"opinions": 3, "opinions_share": 0.3})
    changed = overlaps.apply(session, project)
    first = opinions(session, project)
    # Four standard deviations of 600 draws.
    assert abs(changed - 180) < 45
    assert Counter(first.values()) == {3: changed, 1: 600 - changed}
    desk_settings.change(session, project, {"opinions_share": 0.6})
    overlaps.apply(session, project)
    second = opinions(session, project)
    assert all(second[sha256] == 3 for sha256, count in first.items() if count == 3)
    desk_settings.change(session, project, {"opinions": 1})
    overlaps.apply(session, project)
    assert set(opinions(session, project).values()) == {1}


def test_what_is_missing_is_counted_anew_and_answers_given_count(session: Session) -> None:
    desk = make_desk(session)
    desk.submit({desk.a: Answer.PRESENT})
    assert desk.needed() == 0
    desk_settings.change(session, desk.project, {"opinions": 3})
    assert overlaps.apply(session, desk.project) == 1
    assert desk.needed() == 2
    assert overlaps.apply(session, desk.project) == 0
    annotations.submit(
        session, project=desk.project, image_id=desk.image.id, account=AccountFactory.create(session=session),
        answers={}, view=View.ANNOTATE,
    )  # fmt: skip
    assert desk.needed() == 1


def test_everybody_whom_an_image_is_assigned_to_answers_for_it(session: Session) -> None:
    desk = make_desk(session)
    people = [AccountFactory.create(session=session) for _ in range(2)]
    session.add_all(Assignment(image_id=desk.image.id, account_id=person.id) for person in people)
    overlaps.recount(session, desk.project, [desk.image.id])
    assert desk.needed() == 2


def test_other_projects_are_left_alone(session: Session) -> None:
    desk, other = make_desk(session), make_desk(session)
    desk_settings.change(session, desk.project, {"opinions": 2})
    overlaps.apply(session, desk.project)
    assert (desk.needed(), other.needed()) == (2, 1)


def test_a_new_image_wants_as_many_opinions_as_the_settings_say(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    desk_settings.change(session, project, {"opinions": 2, "opinions_share": 0.5})
    brought = imports.create_import(session, project, None)
    new = [
        NewImage(f"{n}.jpg", f"{n:064}", size_bytes=1, format="JPEG", width=1, height=1, perceptual_hash=f"{n:016x}")
        for n in range(40)
    ]
    import_results.store_images(session, brought, new)
    stored = opinions(session, project)
    assert set(stored.values()) == {1, 2}
    assert overlaps.apply(session, project) == 0
    needed = session.execute(select(Image.sha256, Image.needed).where(Image.project_id == project.id)).all()
    assert dict(needed) == stored


def test_a_small_collection_is_brought_in_line_at_once_and_a_large_one_by_a_job(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(session)
    desk_settings.change(session, desk.project, {"opinions": 2})
    assert overlaps.settle(session, desk.project, desk.person) is None
    assert desk.needed() == 2
    monkeypatch.setattr(label_resolving, "AT_ONCE", 0)
    desk_settings.change(session, desk.project, {"opinions": 3})
    job = overlaps.settle(session, desk.project, desk.person)
    assert job is not None
    assert (job.kind, job.params) == (JobKind.RESOLVE, {"opinions": True})
    assert desk.needed() == 2
