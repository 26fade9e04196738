"""Many annotators at once: how long they wait, and whether every answer is there once and no image was given twice.

    python bench/annotators.py [--people 50] [--seconds 60] [--rate 2] [--database sqlite postgresql] [--images 20000]

Starts the real web server: one process on SQLite, as `loupe up` has it, two on PostgreSQL as docker-compose.yml has it.
Each annotator is a thread with a connection of its own, answers at a steady pace, asks for more images whenever two are
left, and sends one answer in twenty twice under the same key, as a browser does that got no reply. Afterwards the
database is compared with what was acknowledged. The annotators take their share of the processor too.
"""

import argparse
import json
import os
import random
import resource
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import func, select  # noqa: E402 - the path is set just above

from app.db import session_scope  # noqa: E402
from app.domain.statuses import View  # noqa: E402
from app.models import Annotation, Skip  # noqa: E402
from app.security import csrf_token  # noqa: E402
from bench.queue_world import QueueWorld, database, make_world  # noqa: E402

# What the desk does: eight at hand, more when two are left.
AT_HAND, MORE = 8, 3
# One answer in so many is sent twice, one image in so many is passed by.
TWICE, SKIPPED = 20, 50
# As `loupe up` and docker-compose.yml start the web server.
USUAL_PROCESSES = {"sqlite": 1, "postgresql": 2}
PATIENCE_SECONDS = 30.0
GRACE_SECONDS = 5.0


@dataclass
class Outcome:
    """What happened: milliseconds of waiting, faults in words, what was given to whom and what was acknowledged."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {"next": [], "submit": [], "skip": []})
    faults: list[str] = field(default_factory=list)
    given: list[tuple[int, int]] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    passed: set[int] = field(default_factory=set)
    seconds: float = 0.0
    # Of the web server's processor, from its start to its end.
    server_seconds: float = 0.0
    lost: int = 0
    doubled: int = 0

    @property
    def twice(self) -> int:
        """Count the images that came up for more than one person, although nobody had passed them by."""
        people = Counter(image_id for image_id, _person in set(self.given) if image_id not in self.passed)
        return sum(count > 1 for count in people.values())


class Annotator(threading.Thread):
    """Somebody at the desk."""

    def __init__(self, person: int, token: str, world: QueueWorld, port: int, outcome: Outcome) -> None:
        super().__init__(daemon=True)
        self.person, self.world, self.outcome = person, world, outcome
        self.connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self.headers = {
            "cookie": f"loupe_session={token}",
            "x-csrf-token": csrf_token(token),
            "content-type": "application/json",
        }
        self.chance = random.Random(person)
        self.held: list[int] = []
        self.begin, self.end, self.rate, self.answers = 0.0, 0.0, 1.0, 0

    def post(self, verb: str, **body: Any) -> dict[str, Any] | None:
        """Send a request; None where it failed."""
        path = f"/api/v1/projects/{self.world.project_id}/annotate/{verb}"
        began = time.perf_counter()
        try:
            self.connection.request("POST", path, json.dumps(body), self.headers)
            response = self.connection.getresponse()
            text = response.read()
        except (HTTPException, OSError) as error:
            self.connection.close()
            self.outcome.faults.append(f"{verb}: {error!r}")
            return None
        self.outcome.waits[verb].append(1000 * (time.perf_counter() - began))
        if response.status != 200:
            self.outcome.faults.append(f"{verb}: {response.status} {text[:200]!r}")
            return None
        told: dict[str, Any] = json.loads(text)
        return told

    def run(self) -> None:
        """Answer at a steady pace; who is late goes on at once."""
        # Nobody begins at the same moment as all others.
        start = self.begin + self.chance.random() / self.rate
        for turn in range(self.answers):
            time.sleep(max(0.0, start + turn / self.rate - time.monotonic()))
            if time.monotonic() > self.end:
                break
            if len(self.held) < MORE:
                told = self.post("next", count=AT_HAND - len(self.held), held=self.held)
                got = [item["id"] for item in told["items"]] if told else []
                self.outcome.given += [(image_id, self.person) for image_id in got]
                self.held += got
            if self.held:
                self.settle(self.held.pop(0))
        self.connection.close()

    def settle(self, image_id: int) -> None:
        """Answer for an image, or pass it by."""
        key = uuid.uuid4().hex
        body: dict[str, Any] = {"image_id": image_id, "client_key": key}
        verb = "skip" if self.chance.randrange(SKIPPED) == 0 else "submit"
        if verb == "skip":
            self.outcome.passed.add(image_id)
        else:
            body["answers"] = {str(one): self.chance.choice(["present", "absent"]) for one in self.world.label_ids}
        times = 2 if self.chance.randrange(TWICE) == 0 else 1
        if [self.post(verb, **body) for _time in range(times)][-1] is not None:
            self.outcome.acknowledged[key] = image_id


@contextmanager
def server(output: Path, processes: int = 1) -> Iterator[int]:
    """Run the web server, as one process or several, with the settings of this process; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--log-level", "warning"]
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", str(processes), "--no-access-log"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the web server did not start")


def simulate(world: QueueWorld, *, seconds: float, rate: float, log: Path, processes: int = 1) -> Outcome:
    """Let all annotators of a world tag, and compare the database with what they were told."""
    outcome = Outcome()
    before = _ended_children()
    with server(log, processes) as port:
        team = [Annotator(person, token, world, port, outcome) for person, token in world.tokens.items()]
        began = time.monotonic()
        for one in team:
            one.begin, one.rate, one.answers = began, rate, round(seconds * rate)
            # On a machine that cannot keep up, what is late by then is left.
            one.end = began + seconds + GRACE_SECONDS
            one.start()
        for one in team:
            one.join()
        outcome.seconds = time.monotonic() - began
    outcome.server_seconds = _ended_children() - before
    _compare(world, outcome)
    return outcome


def _ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _compare(world: QueueWorld, outcome: Outcome) -> None:
    people = list(world.tokens)
    mine = (
        Annotation.project_id == world.project_id,
        Annotation.account_id.in_(people),
        Annotation.view == View.ANNOTATE,
    )
    with session_scope(writes=False) as session:
        kept = dict(session.execute(select(Annotation.client_key, Annotation.image_id).where(*mine)).all())
        passed = dict(session.execute(select(Skip.client_key, Skip.image_id).where(Skip.account_id.in_(people))).all())
        several = (
            select(Annotation.image_id)
            .where(Annotation.project_id == world.project_id, Annotation.image_id.in_(set(kept.values())))
            .group_by(Annotation.image_id)
            .having(func.count() > 1)
        )
        outcome.doubled = len(session.scalars(several).all())
    found = kept | passed
    outcome.lost = sum(found.get(key) != image_id for key, image_id in outcome.acknowledged.items())


def told(outcome: Outcome, due: int) -> str:
    """Say what happened, in some lines."""
    faults = (
        f"errors {len(outcome.faults)}, lost {outcome.lost}, doubled {outcome.doubled}, given twice {outcome.twice}"
    )
    lines = [f"{len(outcome.acknowledged)} of {due} answers in {outcome.seconds:.1f} s; {faults}"]
    for verb, waits in outcome.waits.items():
        if waits:
            at = " / ".join(f"{np.percentile(waits, share):.0f}" for share in (50, 95, 99))
            lines.append(
                f"  {verb}: {len(waits)} requests, {at} ms (median / 95 % / 99 %), longest {max(waits):.0f} ms"
            )
    asked = sum(len(waits) for waits in outcome.waits.values())
    lines.append(f"  the server's processor: {1000 * outcome.server_seconds / max(1, asked):.1f} ms a request")
    return "\n".join([*lines, *(f"  {fault}" for fault in outcome.faults[:5])])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=2.0, help="answers a second of each annotator")
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--database", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--processes", type=int, help="of the web server, where not as usual")
    given = parser.parse_args()
    for kind in given.database:
        processes = given.processes or USUAL_PROCESSES[kind]
        with database(kind) as folder:
            world = make_world(given.images, people=given.people, modelled=False)
            log = folder / "server.log"
            outcome = simulate(world, seconds=given.seconds, rate=given.rate, log=log, processes=processes)
        print(f"{given.people} annotators, {given.rate:g} answers a second each, {given.images:,} images, {kind},")
        print(f"the web server with {processes} process(es):")
        print(told(outcome, given.people * round(given.seconds * given.rate)), flush=True)


if __name__ == "__main__":
    main()
