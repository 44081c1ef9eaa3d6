"""All that is the provider's: its endpoints, the requests it takes, what its answers and error codes mean. Pure functions.

May import: catalog, errors, job, media, submit.http, submit.ledger, text.
"""
