"""Rankings kept in the process; no database."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from app.services import kept_rankings
from app.services.rankings import Ranking


def ranking_of(*image_ids: int) -> Ranking:
    return Ranking(np.array(image_ids, dtype=np.int64), len(image_ids))


def counting(made: list[Ranking]) -> Callable[[], Ranking]:
    def make() -> Ranking:
        made.append(ranking_of(len(made)))
        return made[-1]

    return make


def test_a_ranking_is_made_once_until_it_is_old_or_forgotten() -> None:
    made: list[Ranking] = []
    make = counting(made)
    first = kept_rankings.ranking("once", 60, make)
    assert kept_rankings.ranking("once", 60, make) is first
    assert kept_rankings.ranking("once", 0, make) is made[1]
    kept_rankings.forget("once", older_than=60)
    assert kept_rankings.ranking("once", 60, make) is made[1]
    kept_rankings.forget("once", older_than=-1)
    assert kept_rankings.ranking("once", 60, make) is made[2]


def test_while_one_waits_for_a_new_ranking_others_get_the_old() -> None:
    old = kept_rankings.ranking("stale", 60, lambda: ranking_of(1))
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Ranking:
        begun.set()
        go_on.wait(10)
        return ranking_of(2)

    thread = threading.Thread(target=kept_rankings.ranking, args=("stale", 0, slow))
    thread.start()
    begun.wait(10)
    assert kept_rankings.ranking("stale", 0, lambda: ranking_of(3)) is old
    go_on.set()
    thread.join(10)
    assert kept_rankings.ranking("stale", 60, lambda: ranking_of(3)).image_ids.tolist() == [2]


def test_what_failed_is_tried_again() -> None:
    def fail() -> Ranking:
        raise OSError("no database")

    with pytest.raises(OSError, match="no database"):
        kept_rankings.ranking("failed", 60, fail)
    assert kept_rankings.ranking("failed", 60, lambda: ranking_of(1)).image_ids.tolist() == [1]


def test_only_some_are_kept() -> None:
    made: list[Ranking] = []
    for number in range(kept_rankings.MOST_KEPT + 1):
        kept_rankings.ranking(("many", number), 60, counting(made))
    kept_rankings.ranking(("many", 0), 60, counting(made))
    assert len(made) == kept_rankings.MOST_KEPT + 2


def test_a_front_holds_for_a_while_and_for_its_ranking(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = ranking_of(1), ranking_of(2)
    assert kept_rankings.front("front", one) is None
    kept_rankings.move_front("front", 3, one)
    assert kept_rankings.front("front", one) == 3
    assert kept_rankings.front("front", two) is None
    kept_rankings.move_front("front", 5, two)
    assert kept_rankings.front("front", two) == 5
    monkeypatch.setattr(kept_rankings, "FRONT_SECONDS", 0.0)
    assert kept_rankings.front("front", two) is None
