"""The same work for agents: tools of the Model Context Protocol, which an agent's client calls over standard input and output.

`roots` says which files a call may name, `asked` and `answers` have the form of arguments and results, `tools` does the work,
and `server` speaks the protocol.

May import: _version, catalog, check, errors, findings, job, language, media, output_folder, people, prepare, rules, submit,
submit.ledger, system, text.
"""
