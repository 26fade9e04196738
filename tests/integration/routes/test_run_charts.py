"""The curves of a training, as charts and as tables."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import Recipe
from app.models import Account, Epoch, Run
from app.routes.run_charts import loss_chart, metric_chart, momentum_chart, rate_chart
from app.services import runs
from tests.integration.trainable import make_project

SCHEDULE = [[1, 0.0001, 0.001, 0.95], [2, 0.0002, 0.002, 0.9]]


def epoch(number: int, valid: float | None, **metrics: float | None) -> Epoch:
    return Epoch(
        run_id=1, epoch=number, stage="frozen", train_loss=0.5, valid_loss=valid, metrics=metrics, seconds=83.25
    )


@pytest.fixture
def run(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Run:
    project = make_project(session, tmp_path, tagged=6, untagged=0)
    made = runs.start_run(session, project, recipe=Recipe.FINETUNE, account=None)
    made.loss_curve, made.schedule_curve = [[1, 0.75], [2, 0.5]], SCHEDULE
    for number in (1, 2):
        line = epoch(number, None if number == 1 else 0.25, macro_f1=0.5, accuracy_multi=None)
        line.run_id = made.id
        session.add(line)
    session.commit()
    return made


def test_every_curve_can_be_had_as_a_table(run: Run, owner: Account, sign_in: Callable[[Account], TestClient]) -> None:
    client, root = sign_in(owner), f"/projects/{run.project_id}/runs/{run.number}"
    assert client.get(f"{root}/loss.csv").text == "batch,loss\n1,0.75\n2,0.5\n"
    assert client.get(f"{root}/schedule.csv").text.splitlines() == [
        "batch,lowest_rate,highest_rate,momentum",
        "1,0.0001,0.001,0.95",
        "2,0.0002,0.002,0.9",
    ]
    assert client.get(f"{root}/epochs.csv").text.splitlines() == [
        "epoch,stage,train_loss,valid_loss,f1_macro,accuracy_multi,seconds",
        "1,frozen,0.5,,0.5,,83.25",
        "2,frozen,0.5,0.25,0.5,,83.25",
    ]


def test_validation_losses_stand_where_their_epoch_ends() -> None:
    assert loss_chart([[1, 0.7]]) is None
    chart = loss_chart([[1, 0.7], [22, 0.4]], [epoch(1, 0.6), epoch(2, None)], 11)
    assert chart is not None
    points = [(each["batch"], each["loss"]) for each in chart["data"]["values"]]
    assert points == [(1, 0.7), (22, 0.4), (11, 0.6)]
    plain = loss_chart([[1, 0.7], [22, 0.4]], [epoch(1, 0.6)])
    assert plain is not None
    assert len(plain["data"]["values"]) == 2


def test_figures_need_two_epochs_and_something_measured() -> None:
    assert metric_chart([epoch(1, None, macro_f1=0.5)]) is None
    assert metric_chart([epoch(1, None, macro_f1=None), epoch(2, None, macro_f1=None)]) is None
    chart = metric_chart([epoch(1, None, macro_f1=0.5, hamming_loss=0.1), epoch(2, None, macro_f1=0.6)])
    assert chart is not None
    assert [each["value"] for each in chart["data"]["values"]] == [0.5, 0.6]


def test_rates_are_one_line_where_all_layers_have_the_same() -> None:
    assert rate_chart([]) is None
    assert momentum_chart([[1, 0.1, 0.1, 0.9]]) is None
    two, one = rate_chart(SCHEDULE), rate_chart([[1, 0.1, 0.1, 0.9], [2, 0.2, 0.2, 0.8]])
    momentum = momentum_chart(SCHEDULE)
    assert two is not None
    assert one is not None
    assert momentum is not None
    assert (len(two["data"]["values"]), len(one["data"]["values"])) == (4, 2)
    assert [each["momentum"] for each in momentum["data"]["values"]] == [0.95, 0.9]
