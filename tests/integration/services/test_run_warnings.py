"""What a run warns of, in words."""

from app.domain.run_warnings import RunWarning, WarningKind
from app.models import Run
from app.services import run_warnings


def run_with(*warnings: RunWarning) -> Run:
    labels = [{"name": name} for name in ("human", "animal", "map", "letter", "ship", "seal", "flag")]
    return Run(labels=labels, warnings=[run_warnings.to_row(each) for each in warnings])


def test_every_kind_has_words_without_gaps() -> None:
    for kind in WarningKind:
        told = run_warnings.told(run_with(RunWarning(kind, 4, 2, (0,))))
        assert [each.kind for each in told] == [kind]
        assert told[0].title
        assert "%" not in told[0].sentence


def test_labels_are_named_and_many_are_counted() -> None:
    few, many = (
        run_warnings.told(run_with(RunWarning(WarningKind.NEVER_PREDICTED, 4, labels=places)))[0].sentence
        for places in ((0, 2), tuple(range(7)))
    )
    assert "“human”, “map”." in few
    assert "“ship” and 2 more" in many


def test_a_kind_of_a_later_version_is_left_out() -> None:
    run = run_with()
    run.warnings = [{"kind": "of tomorrow", "epoch": 1}]
    assert run_warnings.told(run) == []
