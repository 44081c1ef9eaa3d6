"""Check jobs: measure their files, apply the rules, and return reports.

May import: _version, catalog, errors, findings, job, language, media, people, rules, system, workers.
"""
