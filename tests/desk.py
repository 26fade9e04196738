"""An image, a person and two labels, to answer with."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, TruthValue, View
from app.models import Account, Annotation, Image, Import, Label, Project, Truth
from app.services import annotations, imported_annotations
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory


@dataclass
class Desk:
    session: Session
    project: Project
    image: Image
    person: Account
    a: Label
    b: Label

    def submit(self, answers: dict[Label, Answer], **more: object) -> Annotation:
        given = {label.id: value for label, value in answers.items()}
        arguments = {"account": self.person, "image_id": self.image.id, "view": View.ANNOTATE} | more
        return annotations.submit(self.session, project=self.project, answers=given, **arguments)  # type: ignore[arg-type]

    def decide(self, answer: Answer, view: View = View.REVIEW) -> Annotation:
        return annotations.decide(
            self.session,
            project=self.project,
            image_id=self.image.id,
            account=self.person,
            label_id=self.a.id,
            answer=answer,
            view=view,
        )

    def bring_in(self, *present: Label, asked: list[Label] | None = None) -> int:
        brought = Import(project_id=self.project.id, source="upload")
        self.session.add(brought)
        self.session.flush()
        return imported_annotations.import_annotations(
            self.session,
            project=self.project,
            import_id=brought.id,
            account_id=None,
            rows=[(self.image.id, frozenset(label.id for label in present))],
            label_ids=[label.id for label in (asked or [self.a, self.b])],
        )

    def truth(self) -> dict[int, TruthValue]:
        query = select(Truth.label_id, Truth.value).where(Truth.image_id == self.image.id)
        return dict(self.session.execute(query).all())

    def count(self) -> int:
        return self.session.scalar(select(func.count()).select_from(Annotation)) or 0

    def needed(self) -> int:
        return self.session.scalar(select(Image.needed).where(Image.id == self.image.id)) or 0


def make_desk(session: Session) -> Desk:
    project = ProjectFactory.create(session=session)
    return Desk(
        session,
        project,
        ImageFactory.create(session=session, project_id=project.id),
        AccountFactory.create(session=session),
        *(LabelFactory.create(session=session, project_id=project.id) for _ in range(2)),
    )
