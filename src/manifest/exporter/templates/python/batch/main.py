"""The program: scans the spool once, pushes the result to a Pushgateway, and ends.

Exit status: 0 scanned and pushed, 1 the scan or the push failed, 2 usage.
"""

import argparse
import logging
import math
from pathlib import Path

from prometheus_client import CollectorRegistry, disable_created_metrics

from . import __version__, log
from .metrics import Metrics
from .push import label, push_failure, push_success

logger = logging.getLogger(__name__)


def run() -> int:
    """One run."""
    parser = argparse.ArgumentParser(prog="@NAME@", description="Pushes Prometheus metrics of a spool folder.")
    parser.add_argument("--folder", type=Path, required=True, help="the spool: a folder of queues")
    parser.add_argument("--pushgateway", default="http://127.0.0.1:9091", metavar="URL", help="default: %(default)s")
    parser.add_argument(
        "--grouping",
        type=label,
        action="append",
        default=[],
        metavar="LABEL=VALUE",
        help="part of the grouping key beside job=@NAME@: what one run replaces (repeatable)",
    )
    parser.add_argument(
        "--timeout", type=float, default=10.0, metavar="SECONDS", help="of the push; default: %(default)s"
    )
    parser.add_argument("--log-level", choices=["debug", "info", "warning", "error"], default="info")
    parser.add_argument("--version", action="version", version=__version__)
    args = parser.parse_args()
    log.configure(args.log_level)

    disable_created_metrics()
    registry = CollectorRegistry()
    metrics = Metrics(registry, max_age=math.inf)
    grouping = dict(args.grouping)
    scanned = True
    try:
        snapshot = metrics.scan(args.folder)
        logger.info("scanned", extra={"folder": args.folder, "queues": len(snapshot.queues)})
    except Exception as error:
        scanned = False
        logger.error("cannot scan", extra={"folder": args.folder, "error": error})
    try:
        if scanned:
            push_success(args.pushgateway, grouping, registry, args.timeout)
        else:
            push_failure(args.pushgateway, grouping, args.timeout)
    except OSError as error:
        logger.error("cannot push", extra={"pushgateway": args.pushgateway, "error": error})
        return 1
    logger.info("pushed", extra={"pushgateway": args.pushgateway, "grouping": grouping})
    return 0 if scanned else 1


def main() -> None:
    """Where the executable begins, which is an executable zip and takes no result for a status."""
    raise SystemExit(run())


if __name__ == "__main__":
    main()
