"""Checks on other machines (`ray`).

May import: catalog, check, errors, findings, job, media, rules.
"""
