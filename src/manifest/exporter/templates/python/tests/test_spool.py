from pathlib import Path

import pytest

from @PKG@ import spool as module
from @PKG@.spool import OTHER, Queue, scan


def test_files_are_counted_by_queue(spool: Path) -> None:
    (spool / "not-a-queue").write_text("a file beside the queues")
    (spool / "in" / "folder").mkdir()
    (spool / "in" / "link").symlink_to("a")
    snapshot = scan(spool, now=1_000_000)
    assert snapshot.queues == {"in": Queue(files=2, bytes=5), "out": Queue()}
    assert (snapshot.taken, snapshot.oldest) == (1_000_000, 999_900)


def test_an_empty_spool_has_no_oldest_file(tmp_path: Path) -> None:
    assert scan(tmp_path, now=0).oldest is None


def test_queues_beyond_the_limit_are_one(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_QUEUES", 1)
    for name in ("x", "y"):
        (spool / name).mkdir()
        (spool / name / "file").touch()
    assert scan(spool, now=0).queues == {"in": Queue(files=2, bytes=5), OTHER: Queue(files=2)}


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "nowhere", now=0)
