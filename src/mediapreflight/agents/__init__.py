"""Tools for agents over the Model Context Protocol, which an agent's client calls over standard input and output.

`roots` decides which files a call may use, `asked` and `answers` are the types of arguments and results, `tools` does the work,
and `server` implements the protocol.

May import: _version, catalog, check, errors, findings, job, language, media, output_folder, people, prepare, rules, submit,
submit.ledger, system, text.
"""
