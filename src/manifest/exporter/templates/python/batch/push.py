"""What goes to the Pushgateway, which keeps it for each grouping key until it is replaced."""

import argparse
import re

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, pushadd_to_gateway

JOB = "@NAME@"


def label(text: str) -> tuple[str, str]:
    """`instance=a`."""
    name, equals, value = text.partition("=")
    if not equals or not value or not re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) or name == "job":
        raise argparse.ArgumentTypeError(f"`{text}` is not LABEL=VALUE (and the job is `{JOB}`)")
    return name, value


def push_success(url: str, grouping: dict[str, str], registry: CollectorRegistry, timeout: float) -> None:
    """Replaces all of the group (PUT), so that queues that are gone are gone; `OSError` when it cannot."""
    push_to_gateway(url, JOB, registry, grouping_key=grouping, timeout=timeout)


def push_failure(url: str, grouping: dict[str, str], timeout: float) -> None:
    """Says `@PREFIX@_up 0` and leaves the rest of the group (POST): when it last went well stays known."""
    registry = CollectorRegistry()
    up = Gauge("@PREFIX@_up", "Whether the last scan succeeded and is recent.", registry=registry)
    up.set(0)
    pushadd_to_gateway(url, JOB, registry, grouping_key=grouping, timeout=timeout)
