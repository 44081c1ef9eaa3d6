"""Rules over the request: which inputs and values a job gives."""
