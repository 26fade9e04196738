"""Rows for tests, with what a test does not care about filled in."""

import hashlib
from typing import Any

import factory
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Role, View
from app.models import Account, Annotation, AnnotationAnswer, Image, Label, Member, Project
from app.security import hash_password

PASSWORD = "correct horse battery"
# Hashing is slow on purpose; every account of the tests shares one password.
PASSWORD_HASH = hash_password(PASSWORD)


class RowFactory(factory.Factory[Any]):
    """Adds the row to the session it is given and flushes."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type, *args: Any, **kwargs: Any) -> Any:
        session: Session = kwargs.pop("session")
        row = model_class(*args, **kwargs)
        session.add(row)
        session.flush()
        return row


class AccountFactory(RowFactory):
    class Meta:
        model = Account

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    password_hash = PASSWORD_HASH


class ProjectFactory(RowFactory):
    class Meta:
        model = Project

    name = factory.Sequence(lambda n: f"Project {n}")


class MemberFactory(RowFactory):
    class Meta:
        model = Member

    role = Role.ANNOTATOR


class LabelFactory(RowFactory):
    class Meta:
        model = Label

    name = factory.Sequence(lambda n: f"label {n}")
    colour = "ochre"
    key = factory.Sequence(lambda n: "123456789abcdefghijklmopqrtvwxyz"[n % 32])
    position = factory.Sequence(lambda n: n)


class ImageFactory(RowFactory):
    class Meta:
        model = Image

    name = factory.Sequence(lambda n: f"image{n:04}.jpg")
    sha256 = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    size_bytes = 1000
    format = "JPEG"
    width = 640
    height = 480


def annotate(
    session: Session, image: Image, account: Account | None, answers: dict[Label, Answer], view: View = View.ANNOTATE
) -> Annotation:
    """Store an annotation as it is, without resolving the ground truth anew."""
    annotation = Annotation(
        project_id=image.project_id,
        image_id=image.id,
        account_id=account.id if account else None,
        view=view,
        answers=[
            AnnotationAnswer(label_id=label.id, value=value, definition_version=label.definition_version)
            for label, value in answers.items()
        ],
    )
    session.add(annotation)
    session.flush()
    return annotation
