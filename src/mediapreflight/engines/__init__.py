"""Beyond one machine: checks that run elsewhere (`ray`).

May import: catalog, check, errors, findings, job, media, rules.
"""
