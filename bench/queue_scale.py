"""How long the annotation queue takes on the server as a collection grows: to save an answer, to get the next images.

    python bench/queue_scale.py [--images 1000 100000] [--database sqlite] [--rounds 60]

Fills a database of each size and speaks to the whole web application, without a network: an annotator answers image
after image, and asks for six more whenever two are left, as the desk does. The first question in an order, which
reckons it, is told apart. Times are those of the clock, and, after the sign "cpu", of the processor, which other
programs on the machine hardly change; both hold the work of the client too.
"""

import argparse
import statistics
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.db import session_scope  # noqa: E402 - the path is set just above
from app.domain.sampling import Order  # noqa: E402
from app.main import create_app  # noqa: E402
from app.models import Label  # noqa: E402
from app.security import csrf_token  # noqa: E402
from app.services import label_questions  # noqa: E402
from bench.queue_world import QueueWorld, database, make_world  # noqa: E402

# What the desk does: eight at hand, six more when two are left.
AT_HAND, LOW, MORE = 8, 3, 6
# The promise: the median of the queue's answer with 100,000 images.
PROMISED_MS = 15


class Annotator:
    """Somebody at the desk, in one order."""

    def __init__(self, client: TestClient, world: QueueWorld, wish: dict[str, Any]) -> None:
        self.client, self.world, self.wish = client, world, wish
        self.path = f"/api/v1/projects/{world.project_id}/annotate"
        self.held: list[int] = []
        self.waits: dict[str, list[float]] = {"first": [], "next": [], "save": []}
        self.busy: dict[str, list[float]] = {"first": [], "next": [], "save": []}

    def post(self, kind: str, verb: str, **body: Any) -> dict[str, Any]:
        began, worked = time.perf_counter(), time.process_time()
        answer = self.client.post(f"{self.path}/{verb}", json=body)
        self.waits[kind].append(1000 * (time.perf_counter() - began))
        self.busy[kind].append(1000 * (time.process_time() - worked))
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def fetch(self, kind: str, count: int) -> None:
        told = self.post(kind, "next", count=count, held=self.held, **self.wish)
        self.held += [item["id"] for item in told["items"]]

    def work(self, rounds: int) -> None:
        self.fetch("first", AT_HAND)
        question = {"question": self.wish["question"]} if "question" in self.wish else {}
        for _round in range(rounds):
            if not self.held:
                return
            answers = {str(self.world.label_ids[0]): "present"}
            image_id = self.held.pop(0)
            self.post("save", "submit", image_id=image_id, client_key=uuid.uuid4().hex, answers=answers, **question)
            if len(self.held) < LOW:
                self.fetch("next", MORE)
        self.client.post(f"{self.path}/release", json={"image_ids": self.held})


def wishes(world: QueueWorld) -> dict[str, dict[str, Any]]:
    """List what is measured: every order, filters in front, and a question."""
    with session_scope() as session:
        added = Label(project_id=world.project_id, name="added", colour="ochre", key="", position=99)
        session.add(added)
        session.flush()
        question = label_questions.ask(session, added, None)
    found: dict[str, dict[str, Any]] = {order.value: {"order": order.value} for order in Order}
    found["filter: source"] = {"filter": {"slice": "detail.source:Newspaper 7"}}
    found["filter: years"] = {"filter": {"year_from": 1900, "year_to": 1910}}
    found["filter: label present"] = {"filter": {"label_id": world.label_ids[0]}}
    found["filter: not tagged, random"] = {"order": "random", "filter": {"status": "not_tagged"}}
    found["question"] = {"question": question.id}
    return found


def measure(images: int, rounds: int) -> dict[str, Annotator]:
    """Fill a database and let one person work in every order; gives milliseconds."""
    world = make_world(images)
    (token,) = world.tokens.values()
    found = {}
    with TestClient(create_app(), base_url="http://testserver") as client:
        client.cookies.set("loupe_session", token)
        client.headers["x-csrf-token"] = csrf_token(token)
        # The first request of all loads what the process needs once.
        Annotator(client, world, {}).work(3)
        for name, wish in wishes(world).items():
            annotator = Annotator(client, world, wish)
            annotator.work(rounds)
            found[name] = annotator
        counted = Annotator(client, world, {})
        for _round in range(5):
            began, worked = time.perf_counter(), time.process_time()
            client.get(f"{counted.path}/progress").raise_for_status()
            counted.waits["next"].append(1000 * (time.perf_counter() - began))
            counted.busy["next"].append(1000 * (time.process_time() - worked))
        found["progress"] = counted
    return found


def told(annotator: Annotator, kind: str) -> str:
    """Say the median, 95 and 99 of 100 by the clock, and the median of the processor's time, in milliseconds."""
    waits, busy = annotator.waits[kind], annotator.busy[kind]
    if not waits:
        return "-"
    shares = (
        " / ".join(f"{np.percentile(waits, at):.1f}" for at in (50, 95, 99)) if len(waits) > 1 else f"{waits[0]:.0f}"
    )
    return f"{shares}; cpu {statistics.median(busy):.1f}"


def grown(small: Annotator, large: Annotator) -> str:
    """Say by what the medians of the processor's time grow."""
    kinds = [kind for kind in ("next", "save") if small.busy[kind] and large.busy[kind]]
    medians = [(kind, statistics.median(large.busy[kind]) / statistics.median(small.busy[kind])) for kind in kinds]
    return ", ".join(f"{kind} x {factor:.2f}" for kind, factor in medians)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    by_size: dict[int, dict[str, Annotator]] = {}
    for images in given.images:
        with database(given.database):
            by_size[images] = measure(images, given.rounds)
        print(f"\n{images:,} images, {given.database}; milliseconds: median / 95 % / 99 %; median of the processor")
        print("| | next images | save an answer | first question in this order |\n| --- | --- | --- | --- |")
        for name, annotator in by_size[images].items():
            cells = " | ".join(told(annotator, kind) for kind in ("next", "save", "first"))
            print(f"| {name} | {cells} |", flush=True)
    small, large = min(by_size), max(by_size)
    if small != large:
        print(f"\nFrom {small:,} to {large:,} images the medians of the processor's time grow:")
        for name, annotator in by_size[large].items():
            print(f"  {name}: {grown(by_size[small][name], annotator)}")


if __name__ == "__main__":
    main()
