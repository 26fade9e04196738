"""A collection with two finished runs, and what a test looks at on the screen that judges their errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import Split, Verdict
from app.models import Account, Review, Run
from app.services import review_lists
from app.services.list_queries import ListQuery
from tests.run_factory import answer, made_up, make_run


@dataclass
class Reviewed:
    """A collection with two finished runs; the errors of the first in the order of its list."""

    collection: Any
    run: Run
    errors: list[tuple[int, int]]

    @property
    def root(self) -> str:
        return f"{self.collection.path}/runs/1"

    @property
    def reviewer(self) -> Account:
        account: Account = self.collection.reviewer
        return account


def make_reviewed(make_collection: Callable[..., Any]) -> Reviewed:
    made = make_collection(images=24)
    truth, probabilities = made_up(24, 3, seed=5)
    better = (0.6 * truth + 0.4 * probabilities).astype(np.float32)
    splits = [Split.VALIDATION if row % 2 else Split.TRAIN for row in range(24)]
    with session_scope() as session:
        answer(session, made.images, made.labels, truth, made.annotator)
        given = (session, made.project, made.labels, made.images, splits, truth)
        run = make_run(*given, probabilities, account=made.lead)
        make_run(*given, better, number=2, account=made.lead, active=False)
        errors = list(review_lists.open_list(session, run, ListQuery()).pairs())
    assert len(errors) > 6
    return Reviewed(made, run, errors)


def place(page: Page) -> Any:
    return page.locator("[data-place]")


def expect_place(page: Page, world: Reviewed, position: int) -> None:
    image_id, label_id = world.errors[position]
    expect(place(page)).to_have_attribute("data-position", str(position))
    expect(place(page)).to_have_attribute("data-image", str(image_id))
    expect(place(page)).to_have_attribute("data-label", str(label_id))


def verdicts(world: Reviewed) -> dict[tuple[int, int], Verdict]:
    with session_scope(writes=False) as session:
        rows = session.scalars(select(Review).where(Review.run_id == world.run.id, Review.undone_at.is_(None)))
        return {(row.image_id, row.label_id): row.verdict for row in rows}
