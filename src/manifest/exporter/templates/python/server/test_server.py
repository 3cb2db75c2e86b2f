import argparse
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Gauge

from @PKG@.server import address, serve


@pytest.fixture
def url() -> Iterator[str]:
    registry = CollectorRegistry()
    Gauge("answer", "A metric.", registry=registry).set(42)
    server = serve(registry, ("127.0.0.1", 0))
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_metrics_and_health_are_answered(url: str) -> None:
    with urlopen(f"{url}/metrics", timeout=5) as response:
        assert b"\nanswer 42.0\n" in response.read()
    with urlopen(f"{url}/healthz", timeout=5) as response:
        assert response.read() == b"ok\n"


def test_what_is_not_there_and_what_is_not_get_are_refused(url: str) -> None:
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{url}/nothing", timeout=5)
    with pytest.raises(HTTPError, match="405"):
        urlopen(f"{url}/metrics", data=b"", timeout=5)


@pytest.mark.parametrize(
    ("text", "expect"), [(":1", ("", 1)), ("localhost:2", ("localhost", 2)), ("[::1]:3", ("::1", 3))]
)
def test_addresses(text: str, expect: tuple[str, int]) -> None:
    assert address(text) == expect


@pytest.mark.parametrize("text", ["", "host", "host:", ":x", ":65536"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        address(text)
