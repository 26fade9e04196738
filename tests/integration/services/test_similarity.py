import numpy as np
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus
from app.models import Project
from app.models.types import now
from app.services import jobs, similarity
from app.services.jobs import Held
from tests.factories import ImageFactory, ProjectFactory
from tests.vectors import keep_vectors


def project_of(session: Session, n: int) -> tuple[Project, list[int]]:
    project = ProjectFactory.create(session=session)
    return project, [ImageFactory.create(session=session, project_id=project.id).id for _ in range(n)]


def test_before_they_are_made_nobody_can_tell(session: Session) -> None:
    project, ids = project_of(session, 2)
    assert similarity.vectors(session, project) is None
    assert similarity.nearest(session, project, ids[0], 5) is None


def test_vectors_are_read_as_they_were_kept_and_anew_when_the_file_changed(session: Session) -> None:
    project, ids = project_of(session, 3)
    made = keep_vectors(project, ids[:2], [[1, 0], [0, 1]])
    read = similarity.vectors(session, project)
    assert read is not None
    assert read.ids.tolist() == ids[:2]
    assert read.vectors.dtype == np.float32
    assert np.allclose(read.vectors, made)
    assert read.row(ids[2]) is None
    assert read.alike(ids[2]) is None
    assert similarity.vectors(session, project) is read
    keep_vectors(project, ids, [[1, 0], [0, 1], [1, 0]])
    again = similarity.vectors(session, project)
    assert again is not None
    assert again.row(ids[2]) == 2


def test_the_nearest_come_first_without_the_image_itself_and_what_was_left_out(session: Session) -> None:
    project, ids = project_of(session, 5)
    keep_vectors(project, ids, np.array([[1, 0], [0.8, 0.6], [0.96, 0.28], [-1, 0], [1, 0]]))
    session.get_one(type(project), project.id)
    excluded = similarity.images_of(session, project.id)[4]
    excluded.excluded_at = now()
    session.flush()
    near = similarity.nearest(session, project, ids[0], 2)
    assert near is not None
    assert near.ids.tolist() == [ids[2], ids[1]]
    assert np.allclose(near.similarities, [0.96, 0.8], atol=1e-3)
    later = ImageFactory.create(session=session, project_id=project.id)
    assert similarity.nearest(session, project, later.id, 2) is None


def test_a_later_project_of_the_same_number_has_no_vectors(session: Session) -> None:
    project, ids = project_of(session, 1)
    keep_vectors(project, ids, [[1, 0]])
    project.created_at = now()
    assert similarity.vectors(session, project) is None


def test_one_job_waits_for_all_that_ask_and_one_more_while_it_works(
    session: Session, sent: list[tuple[str, int]]
) -> None:
    project, _ids = project_of(session, 1)
    assert not similarity.is_open(session, project.id)
    first = similarity.request(session, project.id)
    assert similarity.request(session, project.id).id == first.id
    assert similarity.is_open(session, project.id)
    first.status = JobStatus.RUNNING
    session.flush()
    assert similarity.request(session, project.id).id != first.id
    session.commit()
    assert sent == []


def test_it_gives_way_to_all_others_and_an_inspection_does_not_give_way_to_it(session: Session) -> None:
    project, _ids = project_of(session, 1)
    ours = jobs.create_job(session, JobKind.SIMILARITY, project_id=project.id)
    inspection = jobs.create_job(session, JobKind.INSPECT, project_id=project.id)
    assert jobs.others_wait(session, Held(ours.id, 1))
    assert not jobs.others_wait(session, Held(inspection.id, 1))
    training = jobs.create_job(session, JobKind.TRAIN, project_id=project.id)
    assert jobs.others_wait(session, Held(inspection.id, 1))
    assert jobs.others_wait(session, Held(training.id, 1))
