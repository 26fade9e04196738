import pytest

from app.domain.statuses import FINAL_JOB_STATUSES, OPEN_JOB_STATUSES, Answer, JobKind, JobStatus, Role, Split, View


def test_a_role_may_do_what_the_lower_ones_may() -> None:
    assert sorted(Role, key=lambda role: role.rank) == [Role.ANNOTATOR, Role.REVIEWER, Role.LEAD]
    assert Role.LEAD.at_least(Role.REVIEWER)
    assert Role.REVIEWER.at_least(Role.REVIEWER)
    assert not Role.ANNOTATOR.at_least(Role.REVIEWER)


def test_nothing_follows_a_final_status() -> None:
    assert {"succeeded", "failed", "cancelled"} == FINAL_JOB_STATUSES
    assert {"queued", "running"} == OPEN_JOB_STATUSES
    for status in FINAL_JOB_STATUSES:
        assert status.is_final
        assert not status.next_statuses
        assert not any(status.can_become(other) for other in JobStatus)


@pytest.mark.parametrize("status", sorted(OPEN_JOB_STATUSES))
def test_an_open_job_can_always_be_cancelled_and_can_always_fail(status: JobStatus) -> None:
    assert not status.is_final
    assert status.can_become(JobStatus.CANCELLED)
    assert status.can_become(JobStatus.FAILED)
    assert not status.can_become(status)


def test_a_job_succeeds_only_after_it_ran() -> None:
    assert not JobStatus.QUEUED.can_become(JobStatus.SUCCEEDED)
    assert JobStatus.RUNNING.can_become(JobStatus.SUCCEEDED)


def test_a_job_of_a_dead_worker_can_be_queued_again() -> None:
    assert JobStatus.RUNNING.can_become(JobStatus.QUEUED)


def test_only_review_and_adjudication_settle_the_truth() -> None:
    assert {view for view in View if view.decides} == {View.REVIEW, View.ADJUDICATE}


def test_values_are_what_the_database_and_exports_hold() -> None:
    kinds = [
        "import",
        "train",
        "evaluate",
        "predict",
        "sample",
        "images",
        "resolve",
        "inspect",
        "activation",
        "tidy",
        "similarity",
        "tiles",
        "preview",
        "trial",
        "learning_curve",
        "model_file",
    ]
    assert list(JobKind) == kinds
    assert list(Answer) == ["present", "absent", "unsure"]
    assert list(Split) == ["train", "validation", "test"]
