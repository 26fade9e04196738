"""The names by which the web application sends tasks are those that the workers have."""

import importlib
from types import ModuleType

import pytest
from celery import Celery

from app.broker import QUEUE_OF_TASK
from app.services.jobs import TASK_OF_KIND
from worker.main import TASKS_OF_QUEUE
from worker.tasks import images, previews, training


def registered(queue: str) -> set[str]:
    celery = Celery(set_as_current=False)
    for module in TASKS_OF_QUEUE[queue]:
        importlib.import_module(module)
    celery.finalize()
    return {name for name in celery.tasks if name.startswith("loupe.")}


def test_every_task_is_registered_by_the_worker_of_its_queue() -> None:
    everywhere = set().union(*(registered(queue) for queue in TASKS_OF_QUEUE))
    assert everywhere == set(QUEUE_OF_TASK)
    for task, queue in QUEUE_OF_TASK.items():
        assert task in registered(queue)


def test_every_kind_of_job_that_is_sent_has_a_task() -> None:
    assert set(TASK_OF_KIND.values()) == set(QUEUE_OF_TASK)


@pytest.mark.parametrize("module", [images, previews, training])
def test_a_task_takes_jobs_of_its_own_kind_only(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = {}
    monkeypatch.setattr(module, "run_job", lambda job_id, _work, kind: taken.update({job_id: kind}))
    tasks = {each.name: each for each in vars(module).values() if hasattr(each, "delay")}
    for name, task in tasks.items():
        task.run(name)
    assert tasks
    assert taken == {name: kind for kind, name in TASK_OF_KIND.items() if name in tasks}
