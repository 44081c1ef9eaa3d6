"""A page on loopback: drop files on it, choose a face, a box and a cut, check, prepare, submit.

It has no rules, no limits and no design of its own: jobs are judged, planned, prepared and sent as the commands do it, and what
is shown of them is made by the report's templates. Uploads lie in a folder that only the user can read, and that is removed when
the server ends.

May import: _version, catalog, check, errors, findings, job, language, loopback, media, output_folder, people, prepare, report,
rules, submit, submit.http, submit.ledger, system, text, workers.
"""

from __future__ import annotations
