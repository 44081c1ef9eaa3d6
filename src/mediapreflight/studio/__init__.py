"""A page on this machine: drop files on it, choose a face, a box and a cut, check, prepare, submit.

It has no rules, limits or design of its own: jobs are checked, planned, prepared and sent by the functions that the commands use,
and the report's templates show them. Uploads are in a folder that only the user can read, and that is removed when the server
ends.

May import: _version, catalog, check, errors, findings, job, language, loopback, media, output_folder, people, prepare, report,
rules, submit, submit.http, submit.ledger, system, text, workers.
"""

from __future__ import annotations
