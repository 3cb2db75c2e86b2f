"""HTTP: `/metrics` for Prometheus, `/healthz` for whoever restarts programs that hang."""

import argparse
import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

logger = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def address(text: str) -> tuple[str, int]:
    """`:@PORT@`, `127.0.0.1:@PORT@`, `[::1]:@PORT@`."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"`{text}` is not [HOST]:PORT")
    return host.strip("[]"), int(port)


def application(registry: CollectorRegistry) -> Application:
    """What answers."""
    metrics: Application = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
            case "GET", "/metrics":
                return metrics(environ, start_response)
            case "GET", "/healthz":
                status, body = "200 OK", b"ok\n"
            case "GET", "/":
                status, body = "200 OK", b"@NAME@: see /metrics\n"
            case "GET", _:
                status, body = "404 Not Found", b"not found: there are /metrics and /healthz\n"
            case _:
                status, body = "405 Method Not Allowed", b"only GET\n"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [body]

    return answer


class _Handler(WSGIRequestHandler):
    timeout = 10  # seconds that a client may keep us waiting

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug("request", extra={"client": self.client_address[0], "line": format % args})


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = False  # closing waits for the answers that are under way


class _ServerV6(_Server):
    address_family = socket.AF_INET6


def serve(registry: CollectorRegistry, listen: tuple[str, int]) -> WSGIServer:
    """Listens, and answers in threads of its own until `shutdown`; `OSError` when the address cannot be had."""
    server_class = _ServerV6 if ":" in listen[0] else _Server
    server = server_class(listen, _Handler)
    server.set_app(application(registry))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
