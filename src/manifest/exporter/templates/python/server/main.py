"""The program: scans the spool every interval and answers scrapes in between."""

import argparse
import logging
import signal
import threading
from pathlib import Path

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, disable_created_metrics

from . import __version__, log
from .metrics import Metrics
from .server import address, serve

logger = logging.getLogger(__name__)


def watch(metrics: Metrics, folder: Path, interval: float, stop: threading.Event) -> None:
    """Scans now and then every `interval` seconds until `stop` is set."""
    while True:
        try:
            metrics.scan(folder)
        except OSError as error:
            logger.error("cannot scan", extra={"folder": folder, "error": error})
        except Exception:
            logger.exception("the scan failed", extra={"folder": folder})
        if stop.wait(interval):
            return


def run() -> int:
    """Runs until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="@NAME@", description="Prometheus metrics of a spool folder.")
    parser.add_argument("--folder", type=Path, required=True, help="the spool: a folder of queues")
    parser.add_argument("--listen", type=address, default=":@PORT@", metavar="[HOST]:PORT", help="default: %(default)s")
    parser.add_argument("--interval", type=float, default=15.0, metavar="SECONDS", help="default: %(default)s")
    parser.add_argument("--log-level", choices=["debug", "info", "warning", "error"], default="info")
    parser.add_argument("--version", action="version", version=__version__)
    args = parser.parse_args()
    if args.interval <= 0:
        parser.error("--interval must be above 0")
    log.configure(args.log_level)

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    disable_created_metrics()
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    metrics = Metrics(registry, max_age=3 * args.interval)
    try:
        server = serve(registry, args.listen)
    except OSError as error:
        logger.error("cannot listen", extra={"address": args.listen, "error": error})
        return 1
    # A daemon: a scan that hangs must not keep the program from ending.
    threading.Thread(target=watch, args=(metrics, args.folder, args.interval, stop), daemon=True).start()
    host, port = server.server_address[:2]
    logger.info("listening", extra={"host": host, "port": port, "folder": args.folder})
    stop.wait()
    server.shutdown()
    server.server_close()  # waits for the scrapes that are under way
    logger.info("stopped")
    return 0


def main() -> None:
    """Where the executable begins, which is an executable zip and takes no result for a status."""
    raise SystemExit(run())


if __name__ == "__main__":
    main()
