"""From files that fit to the finished video: what is sent to the service, and what its answers mean.

`requests` builds and `answers` reads: pure functions, steered by the catalog and not by the names of models. `endpoint` and
`key` say where requests go and with what, `error_codes` what the service's error codes mean; `render` shows a request unsent.
"""
