"""Checks on other machines (`ray`).

May import: catalog, check, errors, findings, job, language, media, rules.
"""
