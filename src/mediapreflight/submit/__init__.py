"""From files that fit to the finished video: requests to the service, their answers, and the record of both.

with Client() as client:
    task = client.submit(job)
    video = client.wait(task, out="videos")

    client      the public face: AsyncClient, and the same for code that does not await
    pipeline    jobs are checked, prepared, estimated and recorded; nothing is sent
    batch       many recorded jobs at once, each to its result
    tasks       one recorded job: finish it, cancel it, connect a task with it
    sending     upload, detect and create; what may cost money is sent once
    settling    whether a create call whose answer was lost made a task
    waiting     a task is polled, and its result fetched
    inputs      files are uploaded, and URLs looked at
    downloads   the video arrives, in as many parts as needed
    forecast    the expected video, and its cost
    rehearsal   the dry run, and how requests are shown
    result      what came of each job
    calls       one call to the service: its rate, and when it may be made again
    session     what all steps share

`dashscope/` builds requests and reads answers: functions without I/O that depend on the catalog and not on names of models.
`http/` makes the exchanges. `ledger/` records the submissions.

May import: _version, catalog, check, errors, findings, job, language, media, output_folder, people, prepare, rules,
submit.dashscope, submit.http, submit.ledger, system, text.
"""
