"""A project with labels, one answered image and a person in each role, for the pages of labels."""

from dataclasses import dataclass

from app.db import session_scope
from app.domain.statuses import Answer, Role, View
from app.models import Account, Image, Label, Project
from app.services import annotations, labels
from tests.factories import AccountFactory, ImageFactory, MemberFactory, ProjectFactory


@dataclass
class LabelWorld:
    project: Project
    image: Image
    human: Label
    animal: Label
    people: dict[Role, Account]

    @property
    def root(self) -> str:
        return f"/projects/{self.project.id}"


def make_label_world() -> LabelWorld:
    """Make it; the image shows a human."""
    with session_scope() as session:
        project = ProjectFactory.create(session=session)
        people = {role: AccountFactory.create(session=session) for role in Role}
        for role, account in people.items():
            MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=role)
        human, animal = labels.create_labels(session, project, "human, animal", people[Role.LEAD])
        image = ImageFactory.create(session=session, project_id=project.id, name="barn.jpg")
        annotations.submit(
            session,
            project=project,
            image_id=image.id,
            account=people[Role.ANNOTATOR],
            answers={human.id: Answer.PRESENT},
            view=View.ANNOTATE,
        )
    return LabelWorld(project, image, human, animal, people)
