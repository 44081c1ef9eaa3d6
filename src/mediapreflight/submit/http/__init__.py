"""Exchanges with any host: the records of requests and answers, the wire with httpx, addresses, and the API key.

May import: _version, errors, media.
"""
