"""Ledgers that cannot be read or written: named in one line, never rebuilt, never overwritten."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mediapreflight.errors import LedgerError
from mediapreflight.submit.ledger import Ledger
from mediapreflight.submit.ledger import store as ledger_store

from ..ledgers import claimed, entry, registered

NOBODY = 65534
# The tables as the first version made them, with one task that runs.
FIRST_VERSION = (
    """CREATE TABLE submissions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        fingerprint TEXT NOT NULL, again INTEGER NOT NULL,
        model TEXT NOT NULL, region TEXT NOT NULL, base_url TEXT NOT NULL,
        job TEXT NOT NULL, resumable INTEGER NOT NULL, hashes TEXT NOT NULL, boxes TEXT NOT NULL, fields TEXT NOT NULL, out TEXT,
        stage TEXT NOT NULL CHECK (stage IN ('ready', 'sending', 'created', 'succeeded', 'delivered', 'failed')),
        status TEXT, task_id TEXT, request_id TEXT,
        registered_at REAL NOT NULL, sent_at REAL, created_at REAL, polled_at REAL, ended_at REAL,
        result TEXT, error_code TEXT, error_message TEXT,
        seconds_billed REAL, estimated_amount REAL, amount REAL, currency TEXT, owner TEXT)""",
    """CREATE UNIQUE INDEX open_once ON submissions (fingerprint)
        WHERE again = 0 AND stage IN ('ready', 'sending', 'created', 'succeeded')""",
    "CREATE UNIQUE INDEX sending_once ON submissions (base_url, model) WHERE stage = 'sending'",
    "CREATE INDEX submissions_by_fingerprint ON submissions (fingerprint)",
    "CREATE INDEX submissions_by_task ON submissions (task_id)",
    "CREATE INDEX submissions_by_stage ON submissions (stage, base_url, model)",
    "CREATE TABLE turns (bucket TEXT PRIMARY KEY, taken_at REAL, held_at REAL, held_for REAL) WITHOUT ROWID",
    """CREATE TABLE kept (
        kind TEXT NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL, base_url TEXT NOT NULL, sha256 TEXT NOT NULL,
        variant TEXT NOT NULL, value TEXT NOT NULL, kept_at REAL NOT NULL,
        PRIMARY KEY (kind, account, model, base_url, sha256, variant)) WITHOUT ROWID""",
    f"PRAGMA application_id = {0x4D504C44}",
    "PRAGMA user_version = 1",
    """INSERT INTO submissions (fingerprint, again, model, region, base_url, job, resumable, hashes, boxes, fields, stage,
        task_id, registered_at) VALUES ('f', 0, 'emo-v1', 'beijing', 'https://a/api/v1',
        '{"model": "emo-v1", "inputs": {}}', 1, '{}', 'service', '{}', 'created', 't-1', 1790000000.0)""",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


def refused(path: Path, match: str) -> None:
    """Every way in is refused, with the file's name, and the file stays as it is."""
    before = path.read_bytes()
    for use in (lambda ledger: ledger.open(), registered, lambda ledger: ledger.copied()):
        ledger = Ledger(path)
        with pytest.raises(LedgerError, match=match) as caught:
            use(ledger)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
        ledger.close()
    assert path.read_bytes() == before


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def made(path: Path, jobs: int = 1) -> None:
    with Ledger(path) as ledger:
        ledger.register([entry(str(number)) for number in range(jobs)])


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_bytes(b"my notes\n" * 1000)
    refused(path, "is not a ledger; set another folder")


def test_an_empty_file(path: Path) -> None:
    path.write_bytes(b"")
    refused(path, "is not a ledger; set another folder")


def test_a_database_of_another_program(path: Path) -> None:
    execute(path, "CREATE TABLE notes (text)")
    refused(path, "is not a ledger; set another folder")


def test_a_ledger_of_a_newer_version(path: Path) -> None:
    made(path)
    execute(path, "PRAGMA user_version = 3")
    refused(path, "written by a newer mediapreflight; upgrade this one")


def test_a_damaged_ledger(path: Path) -> None:
    made(path, 200)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    ledger = Ledger(path)
    with pytest.raises(LedgerError, match="the ledger is damaged; restore a copy"):
        ledger.open()


@pytest.mark.parametrize("change", ["job = '{'", "job = '[7]'", "hashes = NULL", "fields = 'null'", "registered_at = 'soon'"])
def test_a_row_that_cannot_have_been_written(path: Path, change: str) -> None:
    made(path)
    execute(path, "PRAGMA ignore_check_constraints = 1")
    with closing(sqlite3.connect(path)) as connection, connection:
        schema = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'submissions'").fetchone()[0]
        connection.execute("ALTER TABLE submissions RENAME TO strict")
        connection.execute(schema.replace("NOT NULL", ""))
        connection.execute("INSERT INTO submissions SELECT * FROM strict")
        connection.execute(f"UPDATE submissions SET {change}")
    ledger = Ledger(path)
    assert ledger.open() == ()
    (line,) = ledger.damaged()
    assert "submission 1: " in line
    with pytest.raises(LedgerError, match=r"ledger\.sqlite3: the ledger is damaged; .* \(submission 1: "):
        ledger.submission(1)


def test_a_ledger_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    execute(path, *FIRST_VERSION)
    ledger = Ledger(path)
    (row,) = ledger.open()
    assert (row.id, row.stage, row.task_id, row.account, row.answer) == (1, "created", "t-1", None, None)
    assert registered(ledger, "g").id == 2
    execute(path, "PRAGMA integrity_check")
    assert ledger.copied().open() == ledger.open()


def test_a_table_is_missing(path: Path) -> None:
    made(path)
    execute(path, "DROP TABLE submissions")
    with pytest.raises(LedgerError, match=r"ledger\.sqlite3: the ledger cannot be used: no such table"):
        Ledger(path).open()


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerError, match=r"file/ledger: the ledger cannot be used: (not a directory|file exists)"):
        Ledger(tmp_path / "file" / "ledger").open()
    with pytest.raises(LedgerError, match="the ledger cannot be opened for writing; nothing is sent without it"):
        Ledger(tmp_path).open()


def test_numbers_that_no_row_can_have(path: Path) -> None:
    made(path)
    with pytest.raises(LedgerError, match="the ledger cannot hold this"):
        Ledger(path).submission(10**30)


def test_a_ledger_deleted_or_replaced_while_in_use(path: Path) -> None:
    ledger = Ledger(path)
    row = claimed(ledger)
    aside = path.with_name("aside")
    path.rename(aside)
    with pytest.raises(LedgerError, match="was deleted or replaced while in use"):
        ledger.begin_sending(row.id, None)
    with pytest.raises(LedgerError, match="was deleted or replaced while in use"):
        ledger.open()
    with pytest.raises(LedgerError, match=r"the ledger is gone, but its log ledger\.sqlite3-wal is there; restore"):
        registered(Ledger(path))
    assert not path.exists(), "a new one would not know what was paid for"
    aside.replace(path)
    assert ledger.begin_sending(row.id, None) == ()
    other = path.with_name("other")
    made(other)
    path.rename(aside)
    other.rename(path)
    with pytest.raises(LedgerError, match="was deleted or replaced while in use"):
        ledger.not_created(row.id)


def test_a_ledger_somebody_keeps_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(path)
    monkeypatch.setattr(ledger_store, "_BUSY_S", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ledger = Ledger(path)
        assert len(ledger.open()) == 1
        with pytest.raises(LedgerError, match="another program has kept the ledger locked"):
            registered(ledger, "new")
        other.execute("ROLLBACK")
        registered(ledger, "new")


# --- places that do not take a write


@pytest.fixture
def guest() -> Iterator[Path]:
    """A folder seen by a user who is not root, who may write anywhere."""
    folder = Path(tempfile.mkdtemp())
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_to(guest: Path) -> None:
    guest.chmod(0o500)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite3: the ledger cannot be used: permission denied"):
        registered(Ledger(guest / "ledger.sqlite3"))
    assert Ledger(guest / "ledger.sqlite3").copied().open() == ()


def test_a_ledger_that_may_only_be_read(guest: Path) -> None:
    path = guest / "ledger.sqlite3"
    made(path)
    (guest / "ledger.sqlite3").chmod(0o400)
    guest.chmod(0o500)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite3: the ledger cannot be written to; nothing is sent without it"):
        registered(Ledger(path), "new")
    assert len(Ledger(path).copied().open()) == 1, "a dry run needs no more"
    assert [child.name for child in guest.iterdir() if child.is_file()] == ["ledger.sqlite3"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], capture_output=True, check=False
    )
    if not mounted or mounted.returncode != 0:
        pytest.skip("this user cannot mount a file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def fill(ballast: Path) -> None:
    with pytest.raises(OSError), ballast.open("ab", buffering=0) as stream:
        while True:
            stream.write(bytes(1024))


def test_a_full_disk_loses_nothing_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    path = small_disk / "ledger.sqlite3"
    with Ledger(path) as ledger:
        row = claimed(ledger, "first")
        fill(small_disk / "ballast")
        with pytest.raises(LedgerError, match=r"ledger\.sqlite3: the disk is full; what was recorded before is intact"):
            for number in range(1000):
                registered(ledger, str(number))
        registered_before = ledger.open()
        with pytest.raises(LedgerError, match="the disk is full"):
            ledger.register([entry(f"many-{number}") for number in range(1000)])
        assert ledger.open() == registered_before
        assert ledger.submission(row.id) == row
        (small_disk / "ballast").unlink()
        assert ledger.begin_sending(row.id, 1) == ()
        assert ledger.created(row.id, "t", "r", "PENDING").task_id == "t"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_no_ledger_begins_on_a_full_disk(small_disk: Path) -> None:
    fill(small_disk / "ballast")
    path = small_disk / "ledger.sqlite3"
    with pytest.raises(LedgerError, match=r"ledger\.sqlite3: "):
        registered(Ledger(path))
    (small_disk / "ballast").unlink()
    with Ledger(path) as ledger:
        assert registered(ledger).stage == "ready"


def test_a_write_that_fails_half_way_loses_nothing(path: Path) -> None:
    resource = pytest.importorskip("resource")
    with Ledger(path) as ledger:
        row = claimed(ledger, "first")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        try:
            with pytest.raises(LedgerError, match=r"ledger\.sqlite3: "):
                ledger.register([entry(f"many-{number}") for number in range(5000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert ledger.open() == (row,)
        assert ledger.begin_sending(row.id, 1) == ()
