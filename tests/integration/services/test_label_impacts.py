"""What a change of a label would touch."""

from sqlalchemy.orm import Session

from app.domain.statuses import Answer, ExampleKind, JobKind, JobStatus, Recipe
from app.models import Job, LabelExample, Project, Run
from app.services import label_impacts, label_merging, label_questions
from app.services.label_impacts import Impact
from tests.desk import make_desk
from tests.factories import AccountFactory, ImageFactory


def learn(session: Session, project: Project, number: int, label_ids: list[int], status: JobStatus) -> None:
    job = Job(project_id=project.id, kind=JobKind.TRAIN, status=status)
    session.add(job)
    session.flush()
    learned = [{"id": one, "name": "", "definition": "", "definition_version": 1} for one in label_ids]
    session.add(Run(project_id=project.id, number=number, job_id=job.id, recipe=Recipe.QUICK, seed=1, labels=learned))
    session.flush()


def test_what_hangs_on_a_label_is_counted(session: Session) -> None:
    desk = make_desk(session)
    assert label_impacts.impact_of(session, desk.a) == Impact(0, 0, 0, 0, [], 0, 0)
    second = ImageFactory.create(session=session, project_id=desk.project.id)
    desk.submit({desk.a: Answer.PRESENT})
    desk.submit({desk.a: Answer.ABSENT})
    desk.submit({}, account=AccountFactory.create(session=session))
    desk.submit({}, image_id=second.id)
    desk.bring_in(desk.a)
    learn(session, desk.project, 1, [desk.a.id, desk.b.id], JobStatus.SUCCEEDED)
    learn(session, desk.project, 2, [desk.b.id], JobStatus.SUCCEEDED)
    learn(session, desk.project, 3, [desk.a.id], JobStatus.FAILED)
    session.add(LabelExample(label_id=desk.a.id, image_id=second.id, kind=ExampleKind.POSITIVE))
    label_questions.ask(session, desk.a, None)
    assert label_impacts.impact_of(session, desk.a) == Impact(4, 2, 1, 2, [1], 1, 1)


def test_answers_of_merged_labels_hang_on_the_one_that_stays(session: Session) -> None:
    desk = make_desk(session)
    desk.submit({desk.a: Answer.PRESENT})
    label_merging.merge(session, desk.project, desk.a, desk.b, definition="", account=None)
    found = label_impacts.impact_of(session, desk.b)
    assert (found.answers, found.people, found.images) == (2, 1, 1)
