import numpy as np
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus
from app.models import Inspection, KeptReport
from app.models.types import now
from app.services import inspections, jobs
from app.services.inspections import Findings
from app.services.predictions import STORED
from tests.run_factory import World, make_world


def inspect(session: Session, world: World) -> Findings:
    """Write what an inspection would: quality falls with the row, every image is next to the two after it."""
    n, n_labels = world.truth.shape
    ids = np.array([image.id for image in world.images], dtype=np.int64)
    quality = np.where(world.truth >= 0, np.linspace(1, 0, n)[:, None] * np.linspace(0.9, 1, n_labels), np.nan)
    found = Findings(ids, quality, np.append(np.linspace(0.1, 0.2, n - 1), np.nan))
    near = [ids[[(row + 1) % n, (row + 2) % n]] for row in range(n)]
    inspections.write(session, world.run.id, found, near, [np.array([0.9, 0.4])] * n)
    return found


def test_nothing_counts_before_the_inspection_is_complete(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    written = inspect(session, world)
    assert inspections.figures(session, world.run) is None
    assert np.isnan(inspections.findings(session, world.run, written.image_ids).quality).all()
    inspections.complete(session, world.run.id, {"estimated": {}})
    # As a list asks: some of the images, in an order of its own.
    some = written.image_ids[[7, 2, 59]]
    read = inspections.findings(session, world.run, some)
    assert np.allclose(read.quality, written.quality[[7, 2, 59]], equal_nan=True)
    assert np.allclose(read.outlier, written.outlier[[7, 2, 59]], equal_nan=True)


def test_neighbours_are_kept_with_how_alike_they_are(session: Session) -> None:
    world = make_world(session)
    inspect(session, world)
    row = session.get_one(Inspection, (world.run.id, world.images[0].id))
    assert np.frombuffer(row.neighbours, inspections.STORED_IDS).tolist() == [image.id for image in world.images[1:3]]
    assert np.allclose(np.frombuffer(row.similarities, STORED), [0.9, 0.4])


def test_images_that_were_deleted_meanwhile_are_passed_by(session: Session) -> None:
    world = make_world(session)
    gone = Findings(np.array([10**6]), np.ones((1, 4)), np.ones(1))
    inspections.write(session, world.run.id, gone, [np.array([1])], [np.array([1.0])])
    assert session.get(Inspection, (world.run.id, 10**6)) is None


def test_while_one_is_open_no_second_is_made(session: Session, sent: list[tuple[str, int]]) -> None:
    world = make_world(session)
    assert inspections.state(session, world.run).job is None
    first = inspections.request(session, world.run, account_id=world.lead.id)
    assert inspections.request(session, world.run).id == first.id
    assert inspections.state(session, world.run).is_open
    session.commit()
    assert sent == [("loupe.inspect", first.id)]
    first.status, first.finished_at = JobStatus.FAILED, now()
    again = inspections.request(session, world.run)
    assert again.id != first.id
    assert [job.id for job in jobs.open_jobs(session, world.project.id, JobKind.INSPECT)] == [again.id]


def test_forgetting_leaves_nothing_but_other_reports(session: Session) -> None:
    world = make_world(session)
    inspect(session, world)
    inspections.complete(session, world.run.id, {"estimated": {}})
    session.add(KeptReport(run_id=world.run.id, key="another", figures={}))
    session.flush()
    assert inspections.state(session, world.run).done
    inspections.forget(session, world.run.id)
    assert not inspections.state(session, world.run).done
    assert session.get(Inspection, (world.run.id, world.images[0].id)) is None
    assert session.get(KeptReport, (world.run.id, "another")) is not None
