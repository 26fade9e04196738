"""`loupe up`: migrate, embedded Valkey, workers and web server; one Ctrl-C stops all of it.

The processes share one process group. A child that dies is started again, more slowly each time; if this process is
killed, its children notice and end by themselves.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from app.broker import IMAGES_QUEUE, PREVIEWS_QUEUE, TRAINING_QUEUE
from app.config import ROOT, Settings, get_settings
from app.errors import ConflictError, UnavailableError
from app.i18n import gettext as _
from app.locking import exclusive_lock
from app.migrating import migrate
from app.services import setup
from app.supervision import SUPERVISED
from app.valkey import EmbeddedValkey, embedded_valkey

log = logging.getLogger(__name__)
GRACE_SECONDS = 10.0
RESTART_FIRST_SECONDS = 1.0
RESTART_MOST_SECONDS = 30.0
# A process that has run this long was healthy: the next restart is quick again.
HEALTHY_SECONDS = 60.0
READY_SECONDS = 180.0
LOG_MOST_BYTES = 10_000_000  # one older file is kept beside it


@dataclass
class Child:
    """A process that is kept running."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = RESTART_FIRST_SECONDS
    restart_at: float = 0.0

    def start(self) -> None:
        """Start the process."""
        self.started = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_MOST_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(  # noqa: S603 - our own programs
                self.command, env=dict(self.environment), cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT
            )

    def look(self) -> None:
        """Start the process again if it has died, after a pause that grows."""
        moment = time.monotonic()
        if self.process is None or self.process.poll() is None:
            return
        if not self.restart_at:
            self.wait = RESTART_FIRST_SECONDS if moment - self.started > HEALTHY_SECONDS else self.wait
            self.restart_at = moment + self.wait
            log.warning(
                "%s ended with status %s and starts again in %.0f s", self.name, self.process.returncode, self.wait
            )
        elif moment >= self.restart_at:
            self.wait, self.restart_at = min(self.wait * 2, RESTART_MOST_SECONDS), 0.0
            self.start()


@dataclass
class Supervisor:
    """Several children, watched until told to stop."""

    children: list[Child] = field(default_factory=list)
    watched: list[EmbeddedValkey] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Keep the children running until told to stop."""
        while not self.stopped.wait(0.5):
            for broker in self.watched:
                broker.look()
            for child in self.children:
                child.look()

    def stop(self) -> None:
        """End all children: politely, then, when the time of grace is over, at once."""
        running = [c.process for c in self.children if c.process is not None and c.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()


def up() -> None:
    """Run everything until Ctrl-C or SIGTERM."""
    settings = get_settings()
    # The terminal shows what concerns whoever started Loupe; the parts write their own logs.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    run_folder = settings.data / "run"
    run_folder.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(run_folder / "up.lock") as free:
        if not free:
            raise ConflictError(_("Loupe is already running on this data folder."))
        migrate()
        supervisor = Supervisor()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: _stop(supervisor, _frame))
        with broker_for(settings, supervisor) as url:
            _supervise(supervisor, settings, url)
    _say(_("Loupe has stopped."))


def _stop(supervisor: Supervisor, _frame: FrameType | None) -> None:
    supervisor.stopped.set()


def _supervise(supervisor: Supervisor, settings: Settings, url: str) -> None:
    environment = child_environment(url)
    supervisor.children = [web(settings, environment), *workers(settings, environment)]
    try:
        for child in supervisor.children:
            child.start()
        if _wait_until_ready(settings, supervisor):
            _greet(settings)
        supervisor.watch()
    finally:
        _say(_("Stopping …"))
        supervisor.stop()


def child_environment(url: str) -> dict[str, str]:
    """Make the environment of a child: the same settings, the broker's address, and word that it is supervised."""
    return {
        **os.environ,
        "LOUPE_DATA": str(get_settings().data.resolve()),
        "LOUPE_REDIS_URL": url,
        SUPERVISED: "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
    }


def web(settings: Settings, environment: Mapping[str, str]) -> Child:
    """Describe the web server's process."""
    command = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--host", settings.host]
    command += ["--port", str(settings.port), "--log-level", settings.log_level.lower(), "--no-access-log"]
    command += ["--forwarded-allow-ips", settings.forwarded_allow_ips, "--timeout-graceful-shutdown", "5"]
    return Child("web server", command, environment, settings.data / "logs" / "web.log")


def workers(settings: Settings, environment: Mapping[str, str]) -> list[Child]:
    """Describe the workers' processes."""
    queues = [TRAINING_QUEUE] * settings.training_workers + [IMAGES_QUEUE] * settings.image_workers + [PREVIEWS_QUEUE]
    own = [
        with_card(settings, environment, number) if queue == TRAINING_QUEUE else environment
        for number, queue in enumerate(queues)
    ]
    return [worker(queue, each, number) for number, (queue, each) in enumerate(zip(queues, own, strict=True))]


def with_card(settings: Settings, environment: Mapping[str, str], number: int) -> Mapping[str, str]:
    """Let each of several training workers see one graphics card; one that is left without trains on the processor."""
    if settings.training_workers == 1 or settings.device == "cpu":
        return environment
    given = environment.get("CUDA_VISIBLE_DEVICES")
    if given is None:
        return {**environment, "CUDA_VISIBLE_DEVICES": str(number)}
    cards = [card.strip() for card in given.split(",") if card.strip()]
    return {**environment, "CUDA_VISIBLE_DEVICES": cards[number] if number < len(cards) else ""}


def worker(queue: str, environment: Mapping[str, str], number: int = 0) -> Child:
    """Describe the process of one worker."""
    log_file = get_settings().data / "logs" / f"{queue}-{number}.log"
    return Child(f"{queue} worker", [sys.executable, "-m", "worker.main", queue], environment, log_file)


@contextmanager
def broker_for(settings: Settings, supervisor: Supervisor) -> Iterator[str]:
    """Give the broker's address, starting and watching an embedded Valkey where none is configured."""
    if settings.redis_url:
        yield settings.redis_url
        return
    with embedded_valkey(settings) as valkey:
        supervisor.watched.append(valkey)
        yield valkey.url


def _wait_until_ready(settings: Settings, supervisor: Supervisor) -> bool:
    host = "127.0.0.1" if settings.host in {"", "0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not bound
    web_child = supervisor.children[0]
    deadline = time.monotonic() + READY_SECONDS
    while not supervisor.stopped.wait(0.1):
        web_process = web_child.process
        if web_process is not None and web_process.poll() is not None:
            raise UnavailableError(
                _("The web server could not start; see %(file)s. If port %(port)s is in use: make run PORT=8001")
                % {"port": settings.port, "file": web_child.log}
            )
        with suppress(URLError, OSError), urlopen(f"http://{host}:{settings.port}/health", timeout=1):
            return True
        if time.monotonic() > deadline:
            sentence = _("The web server did not answer within three minutes; see %(file)s.")
            raise UnavailableError(sentence % {"file": web_child.log})
    return False


def _greet(settings: Settings) -> None:
    link = setup.first_account_link()
    _say("")
    _say(_("Loupe is running: %(url)s") % {"url": settings.base_url})
    if link:
        _say(_("Nobody has an account yet. Open this link once to make the first one:"))
        _say(f"  {link}")
    _say(_("Press Ctrl-C to stop. What the parts report is in %(folder)s.") % {"folder": settings.data / "logs"})


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
