"""Everything specific to the provider: endpoints, requests, the meaning of answers and error codes. No I/O.

May import: catalog, errors, job, language, submit.http, submit.ledger, text.
"""
