"""Jobs in, reports out: files are measured, then the rules judge.

May import: _version, catalog, errors, findings, job, language, media, people, rules, system, workers.
"""
