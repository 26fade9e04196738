"""Several annotators at once against a real web server, on both databases; nothing is measured here."""

from pathlib import Path

import pytest

from bench.annotators import simulate
from bench.queue_world import make_world


@pytest.mark.enable_socket
def test_every_answer_is_there_once_and_no_image_is_given_twice(loupe: Path) -> None:
    world = make_world(200, people=5, modelled=False)
    outcome = simulate(world, seconds=3, rate=4, log=loupe / "server.log")
    assert outcome.faults == []
    assert (outcome.lost, outcome.doubled, outcome.twice) == (0, 0, 0)
    assert len(outcome.acknowledged) == 5 * 12
