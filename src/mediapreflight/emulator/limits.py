"""The limits of the service: how much it keeps, and how long it waits. They apply to all callers together.

In bytes and seconds, if not stated otherwise.
"""

from __future__ import annotations

CONNECTIONS = 128
# A connection without a request, or whose headers are not complete yet.
IDLE_S = 75.0
# From the end of a request's headers to the last byte of its answer. The longest videos take minutes to make.
EXCHANGE_S = 300.0
HEADERS = 64
HEADER_BYTES = 4096

# One call: two pictures of 20 MB in Base64. All calls that are being read share the same memory.
CALL_BYTES = 64 * 2**20
# A call without its Base64: no documented text is longer than some thousand characters.
OUTLINE_BYTES = 2**16
OUTLINE_DEPTH = 16
CONTROL_BYTES = 4096
# All fields of an upload's form, and the longest name of an object that the upload host takes.
FORM_BYTES = 2**16
KEY_BYTES = 1023

# On the disk: uploads, pictures that came inside calls, what was fetched, and videos.
FILES = 1000
FILE_BYTES = 4 * 2**30
POLICIES = 10_000
TASKS = 10_000
# The requests of all tasks.
TASK_BYTES = 32 * 2**20
LOG_ENTRIES = 20_000
LOG_TEXT = 200
LOG_ITEMS = 32
FAULTS = 1000

# Processes that measure media or make videos.
LOOKS_AT_ONCE = 2
