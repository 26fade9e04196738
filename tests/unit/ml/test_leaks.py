"""What a model is measured on does not reach what it learns from; where it would, that is an error."""

import numpy as np
import pytest

from app.domain.statuses import Split
from worker.ml import head
from worker.ml.head import fit_head
from worker.ml.leaks import LeakError, check_fold, check_training, set_aside_too


def flags(*places: int, count: int = 6) -> np.ndarray:
    return np.isin(np.arange(count), places)


def test_a_fold_that_sees_its_own_rows_is_caught() -> None:
    check_fold(flags(0, 1), flags(2, 3))
    with pytest.raises(LeakError, match="2 rows"):
        check_fold(flags(0, 1, 2, 3), flags(2, 3))


def test_a_fold_that_sees_the_group_of_its_rows_is_caught() -> None:
    groups = ["a", "a", "b", "b", "c", "c"]
    check_fold(flags(0, 1), flags(2, 3), groups)
    with pytest.raises(LeakError, match="groups"):
        check_fold(flags(0, 1, 2), flags(3), groups)


def test_images_set_aside_and_their_copies_are_caught_in_training() -> None:
    splits = [Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.TEST, None]
    contents = ["x", "y", "z", "x", "v", "z"]
    # What an image without a split shows is measured on by nobody.
    assert set_aside_too(splits, contents).tolist() == [True, False, False, False, False, False]
    check_training(flags(1, 2), splits, contents)
    for wrong in (3, 4, 5):
        with pytest.raises(LeakError, match="1 images that are no training images"):
            check_training(flags(1, 2, wrong), splits, contents)
    with pytest.raises(LeakError, match="copy"):
        check_training(flags(0, 1, 2), splits, contents)


def test_folds_that_tear_groups_apart_never_reach_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    features, truth = np.eye(8, dtype=np.float32), np.array([[0], [1]] * 4, dtype=np.int8)
    groups = [0, 0, 1, 1, 2, 2, 3, 3]
    assert fit_head(features, truth, groups).is_out_of_fold
    monkeypatch.setattr(head, "assign_folds", lambda *_args, **_kwargs: np.arange(8) % 2)
    with pytest.raises(LeakError, match="groups"):
        fit_head(features, truth, groups)
