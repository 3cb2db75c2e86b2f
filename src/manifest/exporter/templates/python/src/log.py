"""Logs: one line of JSON for each, on stderr."""

import json
import logging
from datetime import datetime, timezone

# What every record has. The rest came by `extra=`.
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "taskName"}


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(level: str) -> None:
    """Sends all logs from `level` up to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
