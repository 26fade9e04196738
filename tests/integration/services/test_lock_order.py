"""Work of several people and imports at the same moment never ends in each waiting for the other, on both databases."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer, View
from app.errors import AppError
from app.models import Account, Image, Import, Label, Project
from app.services import annotations, claims, details, import_results, imported_annotations, imports, projects, truths
from app.services.import_results import NewImage
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory

# Each of the first half has a twin in the other half, so that the order of groups is not that of the ids.
COUNT = 120
ROUNDS = 5
# Long enough for another thread to have come to the lock it waits for.
AHEAD_SECONDS = 0.5


class World:
    """A project with images that others answer for, import and delete at once."""

    def __init__(self, session: Session) -> None:
        self.project: Project = ProjectFactory.create(session=session, name="busy")
        self.label: Label = LabelFactory.create(session=session, project_id=self.project.id)
        self.person: Account = AccountFactory.create(session=session)
        self.import_: Import = imports.create_import(session, self.project, None)
        images = [self._image(session, place) for place in range(COUNT)]
        self.ids: Sequence[int] = [image.id for image in images]
        session.commit()

    def _image(self, session: Session, place: int) -> Image:
        # Image 0 is near the last, 1 near the last but one, and so on.
        pair = min(place, COUNT - 1 - place)
        look = hashlib.sha256(bytes([pair])).hexdigest()[:16]
        image: Image = ImageFactory.create(session=session, project_id=self.project.id, perceptual_hash=look)
        return image

    def answer(self, session: Session, image_id: int) -> None:
        annotations.submit(
            session,
            project=self.project,
            image_id=image_id,
            account=self.person,
            answers={self.label.id: Answer.PRESENT},
            view=View.ANNOTATE,
        )


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    return World(session)


def at_once(*work: Callable[[], None]) -> None:
    """Do things in threads, from one moment on; what fails is raised."""
    gate = threading.Barrier(len(work))

    def run(step: Callable[[], None]) -> None:
        gate.wait()
        step()

    with ThreadPoolExecutor(len(work)) as threads:
        for future in [threads.submit(run, step) for step in work]:
            future.result()


def test_groups_are_written_while_a_table_is_applied_and_pages_are_confirmed(world: World) -> None:
    page = world.ids[COUNT // 2 :]

    def group() -> None:
        with session_scope() as session:
            import_results.group_near_duplicates(session, session.get_one(Import, world.import_.id))

    def apply() -> None:
        with session_scope() as session:
            imported_annotations.import_annotations(
                session,
                project=world.project,
                import_id=world.import_.id,
                account_id=None,
                rows=[(image_id, frozenset([world.label.id])) for image_id in reversed(page)],
                label_ids=[world.label.id],
            )

    def describe() -> None:
        with session_scope() as session:
            details.keep(session, [(image_id, {"date": "1913"}) for image_id in reversed(page)])

    def confirm() -> None:
        with session_scope() as session:
            truths.lock_images(session, page)

    for _round in range(ROUNDS):
        with session_scope() as session:
            for image in session.scalars(select(Image)):
                image.group_key = None
        at_once(group, apply, describe, confirm, group)


def test_images_are_stored_while_people_answer_and_choose(world: World) -> None:
    def store() -> None:
        for number in range(ROUNDS):
            with session_scope() as session:
                made = session.get_one(Import, world.import_.id)
                new = [NewImage(f"{number}-{n}", f"{number}-{n}", 1, "JPEG", 1, 1, "0" * 16) for n in range(20)]
                import_results.store_images(session, made, new)

    def answer() -> None:
        for image_id in world.ids[: 4 * ROUNDS]:
            with session_scope() as session:
                world.answer(session, image_id)

    def choose() -> None:
        for _number in range(4 * ROUNDS):
            with session_scope() as session:
                claims.take(session, world.project, world.person, world.ids[:10])

    at_once(store, answer, choose, store)


def test_a_project_can_be_deleted_while_somebody_saves_an_answer(world: World) -> None:
    def delete() -> None:
        with session_scope() as session:
            projects.delete_project(session, session.get_one(Project, world.project.id), confirmation="busy")

    with ThreadPoolExecutor(1) as threads:
        with session_scope() as session:
            truths.lock_images(session, world.ids[:1])
            deleting = threads.submit(delete)
            time.sleep(AHEAD_SECONDS)
            world.answer(session, world.ids[0])
        deleting.result()
    with session_scope() as session, pytest.raises(AppError):
        world.answer(session, world.ids[0])
