"""Walking through images in the order of a wish, from where a person stands to the first ones that are free."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.config import get_settings
from app.domain.sampling import Order, starting_point
from app.models import Account, Image, Project
from app.models.types import now
from app.services import kept_rankings, queue_wishes, rankings, runs
from app.services.queue_wishes import Wish
from app.services.rankings import Ranking

# Order by what a model says, by date and so on changes little by little; what follows the answers sooner.
LASTS, FOLLOWS = 600.0, 60.0
# An exhausted ranking may have missed what came since; to reckon it anew at every question would take all the time.
AT_MOST_EVERY = 20.0
# The next images are mostly right where one stands; if not, larger pieces find them in fewer statements.
FIRST_PIECE, PIECE = 40, 500


@dataclass(frozen=True)
class Plan:
    """A wish as it can be fulfilled, with its ranking where no index has the order, and what to say of a change."""

    wish: Wish
    key: Hashable
    ranking: Ranking | None
    fallback: str


@dataclass(frozen=True)
class Found:
    """Images in order; `past` tells that they come from behind what the order is about."""

    image_ids: list[int]
    past: bool


def plan(session: Session, project: Project, account: Account, wish: Wish) -> Plan:
    """Put the images of a wish in order, where that is not known yet.

    With many images that takes a while: asked for in a transaction that only reads, it keeps nobody from saving.
    """
    given, fallback = rankings.settled(session, project, wish)
    # The process has one database, except where tests run.
    key: tuple[Hashable, ...] = (get_settings().database, project.id, given)
    if given.is_plain:
        return Plan(given, key, None, fallback)
    if given.order.asks_model:
        run = runs.active_run(session, project.id)
        key = (*key, run.id if run is not None else None)
    if given.is_personal:
        key = (*key, account.id)
    follows = given.looks_again or not given.narrow.is_empty or given.asked is not None
    made = kept_rankings.ranking(
        key, FOLLOWS if follows else LASTS, lambda: rankings.rank(session, project, account, given)
    )
    return Plan(given, key, made, fallback)


@dataclass(frozen=True)
class Walk:
    """One person's walk at one moment; `held` are images that the person's screen has already."""

    session: Session
    project: Project
    account: Account
    plan: Plan
    held: Collection[int]

    def find(self, wanted: int) -> Found:
        """Find the next images that are free for the person."""
        if wanted <= 0:
            return Found([], past=False)
        if self.plan.ranking is None:
            return Found(self._along_index(wanted, self.plan.wish.order), past=False)
        found, past = self._along_ranking(self.plan.ranking, wanted)
        if len(found) < wanted and self._has_rest:
            # What came to wait since the ranking was made.
            rest = Walk(self.session, self.project, self.account, self.plan, {*self.held, *found})
            found, past = found + rest._along_index(wanted - len(found), Order.SEQUENTIAL), past or not found
        if not found:
            kept_rankings.forget(self.plan.key, older_than=AT_MOST_EVERY)
        return Found(found, past)

    @property
    def _has_rest(self) -> bool:
        return self.plan.wish.narrow.is_empty and self.plan.wish.asked is None

    def _free(self, given: Wish, moment: datetime) -> Select[int]:
        free = queue_wishes.free(self.account, given, moment)
        return select(Image.id).where(*free, Image.id.not_in(self.held))

    def _along_index(self, wanted: int, order: Order) -> list[int]:
        place: InstrumentedAttribute[Any] = Image.sha256 if order is Order.RANDOM else Image.id
        wanted_here = queue_wishes.conditions(self.project, self.account, Wish(order))
        query = self._free(Wish(order), now()).where(*wanted_here).add_columns(place).order_by(place)
        key = (self.plan.key, self.account.id, order)
        rows: list[tuple[int, int | str]] = []
        for stretch in self._stretches(place, order, self._front(key)):
            seen = [row[0] for row in rows]
            rows += self.session.execute(query.where(stretch, Image.id.not_in(seen)).limit(wanted - len(rows))).all()
            if len(rows) >= wanted:
                break
        if rows:
            kept_rankings.move_front(key, rows[0][1])
        return [row[0] for row in rows]

    def _stretches(
        self, place: InstrumentedAttribute[Any], order: Order, front: int | str | None
    ) -> list[ColumnElement[bool]]:
        """Cut a round into pieces that an index can walk along: from where one stands, then from its beginning."""
        if order is not Order.RANDOM:
            return ([place >= front] if front is not None else []) + [place >= 0]
        start = starting_point(seed=self.project.seed, person=self.account.id)
        whole = [place >= start, place < start]
        if front is None:
            return whole
        ahead = [place >= front, place < start] if str(front) >= start else [(place >= front) & (place < start)]
        return [*ahead, *whole]

    def _along_ranking(self, ranking: Ranking, wanted: int) -> tuple[list[int], bool]:
        key = (self.plan.key, self.account.id)
        front = self._front(key, ranking)
        found, first = self._scan(ranking, int(front or 0), wanted)
        if not found and front:
            found, first = self._scan(ranking, 0, wanted)
        if not found:
            return [], False
        kept_rankings.move_front(key, first, ranking)
        return found, first >= ranking.ahead

    def _scan(self, ranking: Ranking, start: int, wanted: int) -> tuple[list[int], int]:
        """Go through a ranking piece by piece; give what is free, and the place of the first of it."""
        wish = self.plan.wish
        wanted_of_each = queue_wishes.conditions_of_each(self.project, self.account, wish)
        query = self._free(wish, now()).where(*wanted_of_each)
        found: list[int] = []
        place, size, first = start, FIRST_PIECE, start
        while len(found) < wanted and place < len(ranking.image_ids):
            piece = ranking.image_ids[place : place + size].tolist()
            free = set(self.session.scalars(query.where(Image.id.in_(piece))))
            got = [image_id for image_id in piece if image_id in free]
            if got and not found:
                first = place + piece.index(got[0])
            found += got
            place, size = place + size, PIECE
        return found[:wanted], first

    def _front(self, key: Hashable, of: object = None) -> int | str | None:
        # A page that was just opened holds nothing, and gets back what it had claimed before.
        return kept_rankings.front(key, of) if self.held else None
