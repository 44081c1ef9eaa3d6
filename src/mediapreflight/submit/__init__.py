"""From files that fit to the finished video: requests to the service, their answers, and the record of both.

with Client() as client:
    task = client.submit(job)
    video = client.wait(task, out="videos")

`dashscope/` builds requests and reads answers: functions without I/O that depend on the catalog and not on names of models.
`http/` makes the exchanges. `ledger/` records the submissions. The steps of a submission are async functions of a `Session`,
which has all of that: `inputs`, `sending`, `settling`, `waiting`, `downloads`; `tasks` runs them in order. `pipeline`
records jobs in the ledger, `forecast` predicts the video and its cost, `batch` sends many jobs, `rehearsal` is the dry run.

May import: _version, catalog, check, errors, findings, job, language, media, output_folder, people, prepare, rules,
submit.dashscope, submit.http, submit.ledger, system, text.
"""
