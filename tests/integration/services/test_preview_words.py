"""The words for the steps of a training's data."""

import pytest

from app.services.preview_words import words_of_steps

STEP = {"name": "", "type": "Tensor", "shape": [2, 3], "numbers": "float32", "low": -1.0, "high": 0.5}
KINDS = ("file", "decoded", "tensor", "target", "batch", "batch_targets", "view", "input", "network", "embedding")


def check(**more: object) -> dict[str, object]:
    found = {"recipe": "finetune", "steps": [], "stopped": "", "failures": [], "missing": [], "n_missing": 0}
    return found | {"n_images": 9, "n_batch": 4} | more


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step_has_words(kind: str) -> None:
    (row,) = words_of_steps(check(steps=[STEP | {"kind": kind}])).rows
    assert row.title
    assert row.sentence
    assert (row.shape, row.range, row.type) == ("2 x 3", "-1 to 0.5", "Tensor float32")


@pytest.mark.parametrize("name", ["IntToFloatTensor", "Normalize", "Rotate", "Brightness", "SomethingNew"])
def test_changes_are_told_by_their_names(name: str) -> None:
    (row,) = words_of_steps(check(steps=[STEP | {"kind": "change", "name": name}])).rows
    assert row.title


def test_all_is_well_only_where_nothing_failed() -> None:
    steps = [STEP | {"kind": "file"}]
    assert words_of_steps(check(steps=steps)).is_well
    assert not words_of_steps(check()).is_well
    assert not words_of_steps(check(steps=steps, stopped="Torn.")).is_well
    torn = {"image_id": 1, "name": "a", "sentence": "Torn."}
    assert not words_of_steps(check(steps=steps, failures=[torn])).is_well
    assert not words_of_steps(check(steps=steps, missing=[{"image_id": 1, "name": "a"}], n_missing=1)).is_well
