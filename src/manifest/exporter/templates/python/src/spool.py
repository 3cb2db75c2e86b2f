"""What is measured: a spool folder. Each folder in it is a queue, each file in that waits.

This is the part to replace: `scan` may ask a database, an API or a device instead. It knows nothing of Prometheus.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

# A label needs few values: what comes after that many queues is counted as one, called OTHER.
MAX_QUEUES = 200
OTHER = "other"


@dataclass
class Queue:
    """What waits in one folder."""

    files: int = 0
    bytes: int = 0


@dataclass
class Snapshot:
    """What one scan saw."""

    taken: float
    """When, in seconds since 1970."""
    queues: dict[str, Queue] = field(default_factory=dict)
    oldest: float | None = None
    """When the file that has waited longest was last changed."""


def scan(folder: Path, now: float) -> Snapshot:
    """Looks at every queue once; `OSError` when the folder or a queue cannot be read."""
    snapshot = Snapshot(taken=now)
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        name = path.name if len(snapshot.queues) < MAX_QUEUES else OTHER
        queue = snapshot.queues.setdefault(name, Queue())
        with os.scandir(path) as entries:
            for entry in entries:
                _count(entry, queue, snapshot)
    return snapshot


def _count(entry: "os.DirEntry[str]", queue: Queue, snapshot: Snapshot) -> None:
    try:
        if not entry.is_file(follow_symlinks=False):
            return
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return  # taken out of the queue since it was listed
    queue.files += 1
    queue.bytes += status.st_size
    if snapshot.oldest is None or status.st_mtime < snapshot.oldest:
        snapshot.oldest = status.st_mtime
