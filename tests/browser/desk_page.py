"""The annotator's desk as tests in a browser speak of it: what it shows, and what the database has."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus, Recipe
from app.models import Annotation, AnnotationAnswer, Claim, Image, Job, Label, Run, Skip
from app.services import predictions
from tests.browser.conftest import Collection, Visits

HUMAN = {"human": "present", "animal": "absent", "landscape": "absent"}
NONE = {"human": "absent", "animal": "absent", "landscape": "absent"}


def open_desk(visit: Visits, collection: Collection, account: str = "annotator", **options: object) -> Page:
    page = visit(f"{collection.path}/annotate", account=getattr(collection, account), **options)
    expect(page.locator("[data-ground] img")).to_be_visible()
    return page


def shown(page: Page) -> str:
    return page.locator("[data-image-name]").inner_text()


def shows(page: Page, image: Image) -> None:
    expect(page.locator("[data-image-name]")).to_have_text(image.name)
    expect(page.locator("[data-ground] img")).to_have_attribute("src", re.compile(rf"/images/{image.id}/screen$"))


def chosen(page: Page) -> list[str]:
    return page.locator(".desk-label:has([data-present][aria-pressed=true]) .desk-label__name").all_inner_texts()


def eventually(page: Page, condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something outside the page; what the page asks for meanwhile is answered."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        page.wait_for_timeout(50)


def answers_of(image: Image, *, current: bool = True) -> list[dict[str, str]]:
    """Read the answers for an image, by label name, in the order they were given."""
    with session_scope(writes=False) as session:
        query = select(Annotation).where(Annotation.image_id == image.id).order_by(Annotation.id)
        if current:
            query = query.where(Annotation.superseded_at.is_(None))
        told = []
        for annotation in session.scalars(query):
            rows = session.execute(
                select(Label.name, AnnotationAnswer.value)
                .join(Label, Label.id == AnnotationAnswer.label_id)
                .where(AnnotationAnswer.annotation_id == annotation.id)
            )
            told.append({name: value.value for name, value in rows})
        return told


def skips_of(image: Image) -> int:
    with session_scope(writes=False) as session:
        query = select(func.count()).select_from(Skip).where(Skip.image_id == image.id, Skip.undone_at.is_(None))
        return session.scalar(query) or 0


def claimed() -> dict[int, int]:
    with session_scope(writes=False) as session:
        return {claim.image_id: claim.account_id for claim in session.scalars(select(Claim))}


def suggest(collection: Collection, probabilities: list[float]) -> None:
    with session_scope() as session:
        job = Job(kind=JobKind.TRAIN, project_id=collection.project.id, status=JobStatus.SUCCEEDED)
        session.add(job)
        session.flush()
        run = Run(
            project_id=collection.project.id,
            number=1,
            job_id=job.id,
            recipe=Recipe.QUICK,
            seed=1,
            labels=[
                {"id": label.id, "name": label.name, "definition": "", "definition_version": 1}
                for label in collection.labels
            ],
            is_active=True,
        )
        session.add(run)
        session.flush()
        ids = [image.id for image in collection.images]
        predictions.write_predictions(session, run.id, ids, [probabilities] * len(ids), [True] * len(ids))
