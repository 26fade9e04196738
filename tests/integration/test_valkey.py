"""The embedded Valkey."""

import socket
from pathlib import Path

import pytest
import redis

from app import valkey
from app.valkey import EmbeddedValkey
from tests.processes import free_port


@pytest.mark.enable_socket
def test_a_port_that_somebody_else_has_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        free = free_port()
        offered = iter([taken.getsockname()[1] - valkey.FIRST_PORT, free - valkey.FIRST_PORT])
        monkeypatch.setattr(valkey, "randbelow", lambda _most: next(offered))
        server = EmbeddedValkey(tmp_path)
        server.start()
    try:
        assert f":{free}/" in server.url
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
        with redis.Redis(port=free) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        server.stop()
