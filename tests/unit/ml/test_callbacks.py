import pytest

from worker.ml.callbacks import Cancelled, EpochRow, Monitor, Progress, Stage


def test_the_wish_to_stop_is_asked_for_at_most_twice_a_second() -> None:
    asked: list[int] = []

    def never() -> bool:
        asked.append(1)
        return False

    monitor = Monitor(should_cancel=never)
    for done in range(1000):
        monitor.report(Progress(Stage.EMBEDDING, done, 1000))
    assert len(asked) <= 3
    monitor.check(force=True)
    assert len(asked) <= 4


def test_work_stops_when_asked_to() -> None:
    with pytest.raises(Cancelled):
        Monitor(should_cancel=lambda: True).report(Progress(Stage.HEAD, 1, 2))


def test_an_epoch_row_turns_into_plain_values() -> None:
    row = EpochRow(1, Stage.FROZEN, 0.5, None, {"macro_f1": None}, 2.0)
    assert row.to_dict() == {
        "epoch": 1,
        "stage": "frozen",
        "train_loss": 0.5,
        "valid_loss": None,
        "metrics": {"macro_f1": None},
        "seconds": 2.0,
        "predicted": (),
    }
