import argparse
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from prometheus_client import CollectorRegistry, Gauge

from @PKG@.push import label, push_failure, push_success


class Gateway(HTTPServer):
    """Keeps what was sent to it: method, path, body."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.command, self.path, body))
        self.send_response(200)
        self.end_headers()

    do_POST = do_PUT  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    yield gateway
    gateway.shutdown()
    gateway.server_close()


def test_success_replaces_the_group(gateway: Gateway) -> None:
    registry = CollectorRegistry()
    Gauge("answer", "A metric.", registry=registry).set(42)
    push_success(f"http://127.0.0.1:{gateway.server_port}", {"instance": "a"}, registry, timeout=5)
    [(method, path, body)] = gateway.seen
    assert (method, path) == ("PUT", "/metrics/job/@NAME@/instance/a")
    assert b"\nanswer 42.0\n" in body


def test_failure_leaves_what_was_there(gateway: Gateway) -> None:
    push_failure(f"http://127.0.0.1:{gateway.server_port}", {}, timeout=5)
    [(method, path, body)] = gateway.seen
    assert (method, path) == ("POST", "/metrics/job/@NAME@")
    assert b"\n@PREFIX@_up 0.0\n" in body


def test_a_gateway_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OSError, match="refused"):
        push_success("http://127.0.0.1:1", {}, CollectorRegistry(), timeout=1)


def test_grouping_labels() -> None:
    assert label("instance=a=b") == ("instance", "a=b")
    for text in ("", "a", "a=", "=b", "1a=b", "job=other"):
        with pytest.raises(argparse.ArgumentTypeError):
            label(text)
