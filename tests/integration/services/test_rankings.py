"""The order of waiting images, on both databases; the queue's own tests cover what becomes of it."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.sampling import Order, shuffled
from app.domain.statuses import JobKind, JobStatus, Recipe
from app.models import Account, Image, Job, Label, Project, Run
from app.models.types import now
from app.services import predictions, rankings
from app.services.rankings import Ranking
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory


def make(session: Session, labels: int) -> tuple[Project, Account, list[int], list[Label], Select[int]]:
    project = ProjectFactory.create(session=session)
    ids = [ImageFactory.create(session=session, project_id=project.id).id for _ in range(5)]
    made = [LabelFactory.create(session=session, project_id=project.id) for _ in range(labels)]
    waiting = select(Image.id).where(Image.project_id == project.id, Image.id != ids[0]).order_by(Image.id)
    return project, AccountFactory.create(session=session), ids, made, waiting


def run_of(session: Session, project: Project, labels: list[Label]) -> Run:
    job = Job(kind=JobKind.TRAIN, project_id=project.id, status=JobStatus.SUCCEEDED)
    session.add(job)
    session.flush()
    run = Run(project_id=project.id, number=1, job_id=job.id, recipe=Recipe.QUICK, seed=1, is_active=True)
    run.labels = [{"id": each.id, "name": each.name, "definition": "", "definition_version": 1} for each in labels]
    session.add(run)
    session.flush()
    return run


def test_random_is_each_persons_own(session: Session) -> None:
    project, account, ids, _labels, waiting = make(session, 1)
    ranking = rankings.rank(session, project, account, Order.RANDOM, waiting)
    assert ranking == Ranking(Order.RANDOM, shuffled(ids[1:], seed=project.seed, person=account.id).tolist())


def test_without_a_model_the_order_is_that_of_the_import(session: Session) -> None:
    project, account, ids, _labels, waiting = make(session, 1)
    for order in (Order.SEQUENTIAL, Order.LEAST_CERTAIN):
        assert rankings.rank(session, project, account, order, waiting) == Ranking(Order.SEQUENTIAL, ids[1:])


def test_the_most_doubtful_label_that_still_exists_speaks_for_its_image(session: Session) -> None:
    project, account, ids, labels, waiting = make(session, 2)
    run = run_of(session, project, labels)
    labels[1].removed_at = now()
    # Of the removed label the run would be least certain in the last image; of the third it says nothing.
    said = {0: [0.5, 0.5], 1: [0.9, 0.1], 3: [0.6, 0.9], 4: [0.95, 0.5]}
    places = [ids[place] for place in said]
    predictions.write_predictions(session, run.id, places, list(said.values()), [True] * len(places))
    ranking = rankings.rank(session, project, account, Order.LEAST_CERTAIN, waiting)
    assert ranking == Ranking(Order.LEAST_CERTAIN, [ids[place] for place in (3, 1, 4, 2)])


def test_a_run_that_has_said_nothing_yet_leaves_the_order_of_the_import(session: Session) -> None:
    project, account, ids, labels, waiting = make(session, 1)
    run_of(session, project, labels)
    assert rankings.rank(session, project, account, Order.LEAST_CERTAIN, waiting).image_ids == ids[1:]
