"""How long people wait: from a click on "Train a model" to the finished report, and `loupe train --wait` by itself.

    python bench/loop_times.py --images DIR --csv FILE

Starts Loupe on a temporary data folder, imports the collection, and measures over HTTP with the workers running: the
time until the web server answers, its memory after serving the annotate page, the first and the second quick training.
Then, with nothing running, the command line as whole processes. Times are wall-clock: run it on an idle machine.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.processes import Running, answers, free_port, loupe_command  # noqa: E402 - the path is set just above

PATIENCE_SECONDS = 180.0
PASSWORD = "correct horse battery"
DEFAULT = ROOT.parent / "shared" / "data" / "fsa_color490"


@contextmanager
def running(data: Path) -> Iterator[tuple[Running, float]]:
    """Loupe with everything, and the seconds until its web server answered."""
    started = time.perf_counter()
    loupe = Running(data)
    try:
        while not loupe.answers():
            time.sleep(0.02)
        yield loupe, time.perf_counter() - started
    finally:
        loupe.process.terminate()
        loupe.process.wait()


def command(data: Path, *arguments: str, text: str = "") -> float:
    """Run a command as a whole process; gives its seconds."""
    started = time.perf_counter()
    subprocess.run(
        [*loupe_command(), *arguments, "--data", str(data)],
        cwd=ROOT,
        input=text,
        text=True,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def signed_in(port: int) -> httpx2.Client:
    """A browser of the owner's."""
    client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60)
    form = {"email": "bench@example.org", "password": PASSWORD, "csrf_token": token_of(client.get("/sign-in").text)}
    assert client.post("/sign-in", data=form).status_code == 200
    return client


def token_of(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
    assert found is not None
    return found.group(1)


def train(client: httpx2.Client, number: int) -> float:
    """Press the button and wait for the report; gives the seconds between."""
    token = token_of(client.get("/projects/1/runs").text)
    started = time.perf_counter()
    client.post("/projects/1/runs", data={"recipe": "quick", "csrf_token": token}).raise_for_status()
    until(lambda: client.get(f"/projects/1/runs/{number}").raise_for_status().url.path.endswith("/report"))
    return time.perf_counter() - started


def memory_mb(loupe: Running) -> float:
    web = loupe.child("uvicorn")
    assert web is not None
    return float(psutil.Process(web.pid).memory_info().rss) / 1e6


def until(true: Callable[[], bool]) -> None:
    """Wait, but not for ever."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit("That took more than three minutes: something is wrong, or the machine is busy.")
        time.sleep(0.05)


def web_alone(data: Path) -> float:
    """Seconds until the web server by itself answers, without the workers starting beside it."""
    port = free_port()
    started = time.perf_counter()
    uvicorn = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--port", str(port)]
    process = subprocess.Popen(
        uvicorn, cwd=ROOT, env={**os.environ, "LOUPE_DATA": str(data)}, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: answers(port))
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, default=DEFAULT / "images")
    parser.add_argument("--csv", type=Path, default=DEFAULT / "labels.csv")
    asked = parser.parse_args()
    if not asked.images.is_dir():
        raise SystemExit("Give a folder of images and its table: --images DIR --csv FILE")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command(
            data, "user", "add", "bench@example.org", "--name", "Bench", "--owner", "--password-stdin", text=PASSWORD
        )
        command(data, "project", "create", "Bench")
        table = ["--images", str(asked.images), "--csv", str(asked.csv), "--create-labels"]
        print(f"import, whole process:            {command(data, 'import', 'Bench', *table):7.1f} s")
        print(f"web server alone, until it answers: {web_alone(data):5.1f} s")
        with running(data) as (loupe, seconds):
            print(f"loupe up, until it answers:       {seconds:7.1f} s")
            loupe.ready()
            client = signed_in(loupe.port)
            client.get("/projects/1/annotate")
            print(f"web server's memory:              {memory_mb(loupe):7.0f} MB")
            time.sleep(10)  # the training worker has loaded its libraries by then; people come later than that
            print(f"first quick run to its report:    {train(client, 1):7.1f} s")
            print(f"second:                           {train(client, 2):7.1f} s")
            print(f"third:                            {train(client, 3):7.1f} s")
            print(f"web server's memory then:         {memory_mb(loupe):7.0f} MB")
        with tempfile.TemporaryDirectory() as fresh:
            alone = Path(fresh) / "data"
            command(alone, "project", "create", "Bench")
            command(alone, "import", "Bench", *table)
            print(f"train --wait alone, first:        {command(alone, 'train', 'Bench', '--wait'):7.1f} s")
            print(f"train --wait alone, second:       {command(alone, 'train', 'Bench', '--wait'):7.1f} s")


if __name__ == "__main__":
    main()
