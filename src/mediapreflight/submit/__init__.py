"""From files that fit to the finished video: what is sent to the service, what its answers mean, and what is kept of both.

with Client() as client:
    task = client.submit(job)
    video = client.wait(task, out="videos")

`dashscope/` builds requests and reads answers: pure functions, steered by the catalog and not by the names of models. `http/`
makes the exchanges. `ledger/` keeps what must not be forgotten. The steps of a submission are async functions of a `Session`,
which holds all of that: `inputs`, `sending`, `settling`, `waiting`, `downloads`; `tasks` takes them from end to end. `pipeline`
brings jobs to the ledger, `forecast` says what will come and what it costs, `batch` sends many, `rehearsal` is the dry run.

May import: _version, catalog, check, errors, findings, job, media, output_folder, people, prepare, rules, submit.dashscope,
submit.http, submit.ledger, system, text.
"""
