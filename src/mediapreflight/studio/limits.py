"""The limits of the server. In bytes and seconds, if not stated otherwise."""

from __future__ import annotations

import os
from typing import NamedTuple

from ..media.source import MAX_BYTES_READ

# The longest job is a few thousand characters of prompt.
JSON_BYTES = 2**16
HEADERS = 64
HEADER_BYTES = 8190
# The longest pause between two requests of a connection, and between two pieces of an upload.
IDLE_S = 75.0
# Jobs that are being prepared or wait for it, and tasks that run.
RUNS_AT_ONCE, TASKS_AT_ONCE = 8, 8
# Beyond these numbers, the oldest that have ended are dropped. What was sent stays in the ledger, and its video in its folder.
RUNS_KEPT, TASKS_KEPT, OFFERS_KEPT = 20, 200, 200
# How long an estimate is valid.
AGREE_S = 600.0
CONNECTIONS, UPLOADS_AT_ONCE = 128, 32
# Threads that wait for processes and for the disk; processes that measure media.
THREADS, LOOKS_AT_ONCE = 32, os.cpu_count() or 1


class Space(NamedTuple):
    """The limits for uploads: bytes of one file, bytes of all files, and the number of files."""

    file_bytes: int = MAX_BYTES_READ
    total_bytes: int = 4 * 2**30
    files: int = 200
