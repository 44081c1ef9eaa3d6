"""A stand-in for the service, on loopback: it speaks the documented protocol, costs nothing, and fails on request.

    with Emulator(seconds_per_task=0.5) as service:
        client = Client(base_url=service.base_url, api_key="any")
        service.fail("create", "lost")         # the next task is created, but its answer is lost
        service.advance(86_400)                # one day later
        service.log, service.tasks             # the requests, and the tasks they made

It knows every model of the catalog, judges what is uploaded by this package's own rules, and delivers real videos. What it has is
in memory and in a temporary folder, limited (`limits.py`), and deleted when it is closed. It listens on 127.0.0.1, answers
programs of this machine and no page of another site, and connects only to loopback.

An API key `NAME.ANYTHING` belongs to an account called NAME, and all other keys to one account. Tasks and uploads are there for
every key of their account, and for no other account.

May import: catalog, check, errors, findings, job, language, loopback, media, people, rules, submit, submit.http, text, workers.
"""

from __future__ import annotations

from .faults import EVERYWHERE, STEPS, parse_fault
from .service import Emulator

__all__ = ["EVERYWHERE", "STEPS", "Emulator", "parse_fault"]
