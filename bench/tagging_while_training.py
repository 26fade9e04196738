"""How long an annotator waits while a network is fine-tuned on the same machine, and without that.

    python bench/tagging_while_training.py [--images DIR --csv FILE] [--seconds 40] [--rate 2]

Starts Loupe with everything on a temporary data folder, imports a collection of which every second image is tagged, and
lets one person answer at a steady pace: first alone, then beside a fine-tuning, which is cancelled at the end. The
ratio is what the training costs. Wall-clock: run it on an idle machine.
"""

import argparse
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.loop_times import DEFAULT, PASSWORD, command, running, signed_in, token_of, until  # noqa: E402

API = "/api/v1/projects/1/annotate"
SHORT = "/projects/1/runs/1/short"
AT_HAND, LOW = 8, 3
SETTLED_SECONDS = 20
Waits = dict[str, list[float]]


def every_second(table: Path, target: Path) -> None:
    """Keep the head and every second row of a table, so that the other images wait to be tagged."""
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    target.write_text("\n".join([head, *rows[::2]]) + "\n", encoding="utf-8")


def tag(client: httpx2.Client, seconds: float, rate: float) -> Waits:
    """Answer at a steady pace; gives the milliseconds of each wait."""
    headers = {"x-csrf-token": token_of(client.get("/projects/1").text)}
    waits: Waits = {"next": [], "save": []}
    held: list[int] = []

    def post(kind: str, verb: str, **body: object) -> httpx2.Response:
        began = time.perf_counter()
        answer = client.post(f"{API}/{verb}", json=body, headers=headers).raise_for_status()
        waits[kind].append(1000 * (time.perf_counter() - began))
        return answer

    start = time.monotonic()
    for turn in range(round(seconds * rate)):
        time.sleep(max(0.0, start + turn / rate - time.monotonic()))
        if len(held) < LOW:
            told = post("next", "next", count=AT_HAND - len(held), held=held).json()
            held += [item["id"] for item in told["items"]]
        post("save", "submit", image_id=held.pop(0), client_key=uuid.uuid4().hex, answers={})
    client.post(f"{API}/release", json={"image_ids": held}, headers=headers).raise_for_status()
    return waits


def told(waits: Waits) -> str:
    """Say the median and 95 of 100, in milliseconds."""
    return "; ".join(
        f"{kind} {np.percentile(found, 50):.0f} / {np.percentile(found, 95):.0f} ms" for kind, found in waits.items()
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, default=DEFAULT / "images")
    parser.add_argument("--csv", type=Path, default=DEFAULT / "labels.csv")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--rate", type=float, default=2.0, help="answers a second")
    given = parser.parse_args()
    if not given.images.is_dir():
        raise SystemExit("Give a folder of images and its table: --images DIR --csv FILE")
    with tempfile.TemporaryDirectory() as folder:
        data, half = Path(folder) / "data", Path(folder) / "half.csv"
        every_second(given.csv, half)
        add = ("user", "add", "bench@example.org", "--name", "Bench", "--owner", "--password-stdin")
        command(data, *add, text=PASSWORD)
        command(data, "project", "create", "Bench")
        command(data, "import", "Bench", "--images", str(given.images), "--csv", str(half), "--create-labels")
        with running(data) as (loupe, _seconds):
            loupe.ready()
            client = signed_in(loupe.port)
            tag(client, 2, given.rate)
            # Images are compared with each other after an import; by then that is over.
            time.sleep(SETTLED_SECONDS)
            without = tag(client, given.seconds, given.rate)
            form = {"recipe": "finetune", "epochs_frozen": "20", "epochs_unfrozen": "20", "base_lr": "0.002"}
            form["csrf_token"] = token_of(client.get("/projects/1/runs").text)
            client.post("/projects/1/runs", data=form).raise_for_status()
            until(lambda: "epoch" in client.get(SHORT).text)
            before = client.get(SHORT).text
            beside = tag(client, given.seconds, given.rate)
            after = client.get(SHORT).text
            client.post("/projects/1/runs/1/cancel", data={"csrf_token": form["csrf_token"]}).raise_for_status()
    print(f"without a training (median / 95 %): {told(without)}")
    print(f"beside a fine-tuning:               {told(beside)}")
    print(f"the fine-tuning meanwhile: from “{before}” to “{after}”")
    for kind in without:
        ratio = np.percentile(beside[kind], 95) / np.percentile(without[kind], 95)
        print(f"95 % of {kind}, beside / without: {ratio:.2f}")


if __name__ == "__main__":
    main()
