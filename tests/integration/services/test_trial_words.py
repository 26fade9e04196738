"""The words and the chart of what a trial found."""

from typing import Any

import pytest

from app.services.trial_words import rate_chart, words_of_estimate, words_of_rate

RATE: dict[str, Any] = {
    "rates": [1e-7, 1e-5, 1e-3, 1e-1, 1.0],
    "losses": [0.7, 0.69, 0.4, 0.6, 90.0],
    "suggestions": {"valley": 1e-3, "slide": 2e-2, "steep": 5e-4, "minimum": 1e-4},
    "n_images": 320,
}
ESTIMATE: dict[str, Any] = {
    "seconds": 120.0,
    "parts": [{"kind": "reading", "count": 40, "seconds": 2.0}, {"kind": "frozen", "count": 5, "seconds": 118.0}],
    "memory": 1_234_000_000,
    "graphics": 0,
    "parameters": 4_100_000,
    "head_parameters": 700_000,
    "weights": {"state": "fetched", "megabytes": 44.8},
    "batch_size": 32,
    "sizes": {"train": 28, "valid": 12, "everything": 50},
    "device": "cpu",
}
KINDS = ("reading", "building", "search", "frozen", "unfrozen", "embedding", "head", "predicting")


def test_the_four_suggestions_are_named() -> None:
    words = words_of_rate(RATE)
    assert [each.text for each in words.suggestions] == ["0.001", "0.02", "0.0005", "0.0001"]
    assert all(each.sentence for each in words.suggestions)


def test_the_chart_leaves_the_explosion_out() -> None:
    line, *marks = rate_chart(RATE)["layer"]
    assert [point["rate"] for point in line["data"]["values"]] == [1e-7, 1e-5, 1e-3, 1e-1]
    assert line["encoding"]["x"]["scale"]["type"] == "log"
    assert len(marks) == 8


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_of_a_training_has_words(kind: str) -> None:
    (row,) = words_of_estimate(ESTIMATE | {"parts": [{"kind": kind, "count": 7, "seconds": 1.5}]}).rows
    assert row.title
    assert "%(" not in row.title


def test_memory_is_told_as_roughly_as_it_is_known() -> None:
    facts = dict(words_of_estimate(ESTIMATE).facts)
    assert facts["Memory"] == "about 1200 MB of the computer's"
    assert "Graphics card" not in facts
    assert "45 MB" in facts["Pretrained weights"]
    card = dict(words_of_estimate(ESTIMATE | {"graphics": 2_000_000_000, "device": "cuda", "batch_size": 0}).facts)
    assert card["Graphics card"] == "about 2000 MB of its memory"
    assert "Batch size" not in card


@pytest.mark.parametrize("state", ["none", "kept", "installed", "fetched"])
def test_every_state_of_weights_has_words(state: str) -> None:
    facts = dict(words_of_estimate(ESTIMATE | {"weights": {"state": state, "megabytes": None}}).facts)
    assert facts["Pretrained weights"]
