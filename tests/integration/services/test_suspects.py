from sqlalchemy.orm import Session

from app.domain.statuses import Verdict
from app.services import evidence, inspections, reviews, suspects
from tests.run_factory import World, make_world


def put_right(session: Session, world: World, row: int, column: int, verdict: Verdict = Verdict.LABEL_ERROR) -> str:
    key = f"verdict-{row}-{column}"
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=world.images[row].id,
        label_id=world.labels[column].id,
        verdict=verdict,
        client_key=key,
    )
    return key


def test_what_was_put_right_since_is_taken_off(session: Session) -> None:
    world = make_world(session)
    labels = tuple(evidence.run_labels(session, world.run))
    assert suspects.estimates(session, world.run, labels) == []
    figures = {"estimated": {str(label.id): n for label, n in zip(labels, (7, 1, None, 0), strict=True)}}
    inspections.complete(session, world.run.id, figures)
    found = suspects.estimates(session, world.run, labels)
    assert [(each.estimated, each.put_right, each.left) for each in found] == [
        (7, 0, 7), (1, 0, 1), (None, 0, None), (0, 0, 0),
    ]  # fmt: skip
    put_right(session, world, 3, 0)
    key = put_right(session, world, 4, 0)
    put_right(session, world, 5, 0, Verdict.MODEL_ERROR)
    put_right(session, world, 3, 1)
    put_right(session, world, 4, 1)
    found = suspects.estimates(session, world.run, labels)
    assert [(each.put_right, each.left) for each in found] == [(2, 5), (2, 0), (0, None), (0, 0)]
    reviews.undo(session, project=world.project, run=world.run, account=world.reviewer, client_key=key)
    assert suspects.estimates(session, world.run, labels)[0].put_right == 1
