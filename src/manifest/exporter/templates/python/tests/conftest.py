import os
from pathlib import Path

import pytest


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Two queues; in one of them a file of 999,900 seconds since 1970 and a newer one."""
    folder = tmp_path / "spool"
    (folder / "in").mkdir(parents=True)
    (folder / "out").mkdir()
    for name, content, changed in [("a", b"12", 999_900), ("b", b"345", 999_990)]:
        path = folder / "in" / name
        path.write_bytes(content)
        os.utime(path, (changed, changed))
    return folder
