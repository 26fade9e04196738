"""What a way of dividing would do, counted."""

from collections import Counter

import numpy as np

from app.domain.statuses import Split, SplitMethod
from app.models import Label
from app.services.split_choices import SplitChoice
from app.services.split_plans import Material
from app.services.split_previews import preview

LIVE = [Label(name="human"), Label(name="animal")]


def material(
    n: int, *, values: list[str | None] | None = None, splits: list[Split | None] | None = None, near: int = 0
) -> Material:
    truth = np.zeros((n, 2), dtype=np.int8)
    truth[: n // 2, 0] = 1
    truth[: n // 5, 1] = 1
    return Material(
        ids=np.arange(1, n + 1),
        near_alike=tuple("near-1" if row < near else None for row in range(n)),
        splits=tuple(splits or [None] * n),
        values=tuple(values or [None] * n),
        truth=truth,
        known=np.ones(n, dtype=np.bool_),
    )


def chosen(method: SplitMethod, detail: str = "") -> SplitChoice:
    return SplitChoice(method, detail, 30, 0, 42)


def test_counts_are_those_of_the_planned_splits() -> None:
    splits: list[Split | None] = [Split.TRAIN] * 20 + [None] * 80
    seen = material(100, splits=splits)
    made = preview(seen, LIVE, chosen(SplitMethod.STRATIFIED))
    assert made.n_new == 80
    for split in Split:
        rows = [row for row, each in enumerate(made.planned) if each is split]
        assert made.held[split].images == len(rows)
        assert made.held[split].present == tuple(int((seen.truth[rows, column] == 1).sum()) for column in (0, 1))
        assert made.received[split].images == len([row for row in rows if row >= 20])
    assert made.held[Split.VALIDATION].images == 30
    assert made.splits == [Split.TRAIN, Split.VALIDATION]
    anew = preview(seen, LIVE, chosen(SplitMethod.STRATIFIED), anew=True)
    assert anew.n_new == 100
    assert Counter(anew.planned) == {Split.TRAIN: 70, Split.VALIDATION: 30}


def test_a_column_says_how_many_it_does_not_name_and_how_many_follow_their_group() -> None:
    values: list[str | None] = ["train", "train", "valid", *["valid"] * 4, *["?"] * 3]
    told = " ".join(preview(material(10, values=values, near=3), LIVE, chosen(SplitMethod.COLUMN, "set")).notes)
    assert "names no split for 3 of these images" in told
    assert "1 image goes elsewhere" in told


def test_a_column_that_leaves_a_split_empty_is_warned_of() -> None:
    seen = material(10, values=["train"] * 10)
    assert "left to measure on" in " ".join(preview(seen, LIVE, chosen(SplitMethod.COLUMN, "set")).notes)
    seen = material(10, values=["valid"] * 10)
    assert "left to learn from" in " ".join(preview(seen, LIVE, chosen(SplitMethod.COLUMN, "set")).notes)


def test_groups_are_counted_and_a_large_one_is_warned_of() -> None:
    values: list[str | None] = ["box 1"] * 6 + ["box 2"] * 2 + [None] * 2
    told = " ".join(preview(material(10, values=values), LIVE, chosen(SplitMethod.GROUPED, "source")).notes)
    assert "4 groups; the largest holds 6 of 10" in told
    assert "far from what you chose" in told
    assert "2 images have nothing there" in told
