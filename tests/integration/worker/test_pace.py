"""How fast a training goes, by a clock of the test's own."""

import pytest

from worker.jobs.pace import WINDOW_SECONDS, Pace, Remaining
from worker.ml import memory


class Clock:
    moment = 0.0

    def __call__(self) -> float:
        return self.moment


def test_images_a_second_are_those_of_the_last_seconds_of_one_stretch() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.see("epoch 1", 8) is None
    clock.moment = 2.0
    assert pace.see("epoch 1", 48) == 20.0
    # Another program takes the processor: what was long ago no longer counts.
    clock.moment = 2.0 + WINDOW_SECONDS + 1
    pace.see("epoch 1", 60)
    clock.moment += 2 * WINDOW_SECONDS
    assert pace.see("epoch 1", 70) == pytest.approx(1.0)
    # The pause for the validation images between two epochs is no part of the next one's pace.
    assert pace.see("epoch 2", 8) is None
    # Begun anew, with smaller batches.
    clock.moment += 1
    assert pace.see("epoch 2", 4) is None


def test_the_time_left_is_reckoned_by_what_this_worker_itself_has_done() -> None:
    clock = Clock()
    remaining = Remaining(clock)
    # A lost worker had done half of it.
    assert remaining.see("training", 50, 100) is None
    clock.moment = 10.0
    assert remaining.see("training", 60, 100) == 40.0
    assert remaining.see("predicting", 0, 10) is None
    assert remaining.see("training", 5, 100) is None


def test_memory_is_that_of_this_process() -> None:
    before = memory.process_bytes()
    held = bytearray(64 << 20)
    held[::4096] = b"x" * len(held[::4096])
    assert before > 1 << 20
    assert memory.process_bytes() - before > 32 << 20
    assert memory.graphics_bytes() >= 0
