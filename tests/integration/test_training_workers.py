"""Several training workers: each has a graphics card of its own."""

from collections.abc import Mapping

from app import up
from app.broker import TRAINING_QUEUE
from app.config import Settings

PLAIN = {"PATH": "/bin"}


def cards(settings: Settings, environment: Mapping[str, str] = PLAIN) -> list[str | None]:
    children = up.workers(settings, environment)
    return [child.environment.get("CUDA_VISIBLE_DEVICES") for child in children if TRAINING_QUEUE in child.command]


def test_one_worker_sees_what_the_machine_has() -> None:
    assert cards(Settings()) == [None]
    assert cards(Settings(), PLAIN | {"CUDA_VISIBLE_DEVICES": "3"}) == ["3"]


def test_of_several_each_sees_one_card_of_those_that_loupe_may_use() -> None:
    assert cards(Settings(training_workers=2)) == ["0", "1"]
    # One that is left without a card trains on the processor.
    assert cards(Settings(training_workers=3), PLAIN | {"CUDA_VISIBLE_DEVICES": "4, 6"}) == ["4", "6", ""]
    assert cards(Settings(training_workers=2, device="cpu")) == [None, None]


def test_every_worker_writes_a_log_of_its_own() -> None:
    logs = [child.log for child in up.workers(Settings(training_workers=2), PLAIN)]
    assert len(set(logs)) == len(logs)
