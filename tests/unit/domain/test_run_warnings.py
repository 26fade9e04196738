import math

from app.domain.run_warnings import EpochFigures, LossWatch, WarningKind, of_epochs


def rows(*figures: tuple[float | None, float | None, float | None]) -> list[EpochFigures]:
    return [EpochFigures(place + 1, *each) for place, each in enumerate(figures)]


def kinds(found: list) -> list[WarningKind]:  # type: ignore[type-arg]
    return [warning.kind for warning in found]


def test_nothing_is_said_before_the_first_epoch_or_of_a_training_that_goes_well() -> None:
    assert of_epochs([], 9, [3]) == []
    assert of_epochs(rows((0.7, 0.6, 0.4), (0.5, 0.5, 0.5), (0.4, 0.45, 0.6)), 9, []) == []


def test_validation_loss_that_rises_twice_while_training_loss_falls_is_told_with_its_turning_point() -> None:
    course = rows((0.7, 0.6, 0.4), (0.5, 0.5, 0.5), (0.4, 0.55, 0.6), (0.3, 0.6, 0.7))
    assert of_epochs(course[:3], 9, []) == []
    warning = of_epochs(course, 9, [])[0]
    assert (warning.kind, warning.epoch, warning.since) == (WarningKind.VALID_RISING, 4, 2)


def test_a_rise_within_chance_or_together_with_the_training_loss_is_not_told() -> None:
    assert of_epochs(rows((0.5, 0.5, 0.5), (0.4, 0.501, 0.6), (0.3, 0.502, 0.7)), 9, []) == []
    assert of_epochs(rows((0.5, 0.5, 0.5), (0.6, 0.6, 0.6), (0.7, 0.7, 0.7)), 9, []) == []
    assert of_epochs(rows((0.5, None, None), (0.4, None, None), (0.3, None, None)), 9, []) == []


def test_a_label_that_is_shown_and_never_predicted_is_told_from_half_of_the_epochs_on() -> None:
    def epoch(number: int, *predicted: int) -> EpochFigures:
        return EpochFigures(number, 0.5, 0.5, number / 10, predicted)

    course = [epoch(1, 0, 5, 0), epoch(2, 0, 5, 0), epoch(3, 0, 4, 0)]
    assert of_epochs(course[:2], 6, [2, 6, 0]) == []
    warning = of_epochs(course, 6, [2, 6, 0])[0]
    assert (warning.kind, warning.labels) == (WarningKind.NEVER_PREDICTED, (0,))
    # Once it is predicted the warning is gone; where nobody counted nothing is said.
    assert of_epochs([*course, epoch(4, 1, 4, 0)], 6, [2, 6, 0]) == []
    assert of_epochs(course, 6, [2, 6]) == []


def test_a_long_time_without_a_better_epoch_is_told_with_the_best_one() -> None:
    flat = rows((0.7, 0.6, 0.4), (0.6, 0.5, 0.6), *[(0.5, 0.5, 0.6)] * 5)
    assert of_epochs(flat[:6], 9, []) == []
    warning = of_epochs(flat, 9, [])[0]
    assert (warning.kind, warning.since) == (WarningKind.NO_IMPROVEMENT, 2)
    assert of_epochs(flat, 60, []) == []
    assert of_epochs(rows(*[(0.5, None, None)] * 9), 9, []) == []


def has_exploded(losses: list[float | None]) -> bool:
    watch = LossWatch()
    # The watch has to see every batch, up to the one that ends it.
    return any(watch.exploded(loss) for loss in losses)


def test_a_loss_that_is_no_number_or_four_times_the_lowest_has_exploded() -> None:
    assert has_exploded([0.7, None])
    assert not has_exploded([])
    falling: list[float | None] = [1 / number for number in range(1, 10)]
    assert not has_exploded(falling)
    assert has_exploded([*falling, 1.2])
    # Four times the lowest, and still better than at the beginning.
    assert not has_exploded([*falling, 0.6])
    assert not has_exploded([0.1, 0.9, 2.0])


def test_every_number_of_a_warning_is_finite_and_plain() -> None:
    course = rows((0.5, math.nan, 0.5), (0.4, math.nan, 0.5))
    assert kinds(of_epochs(course, 2, [])) == []
