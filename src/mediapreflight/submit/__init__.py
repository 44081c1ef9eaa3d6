"""From files that fit to the finished video: what is sent to the service, what its answers mean, and what is kept of both.

with Client() as client:
    task = client.submit(job)
    video = client.wait(task, out="videos")

`requests` builds and `answers` reads: pure functions, steered by the catalog and not by the names of models. Flows decide what
is done when (`uploads`, `sending`, `waiting`, `downloads`, `tasks`); they open no connection and never wait, so that `Client`,
`AsyncClient` and the dry run (`rehearsal`) run the same ones. `ledger` keeps what must not be forgotten; `batch` sends many jobs.
"""
