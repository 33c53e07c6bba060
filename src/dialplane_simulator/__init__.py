"""Carriers and callers for the demo, tests and drills: SIP endpoints that behave as configured.

The transaction and call logic (`transactions`, `useragent`, `uas`, `uac`) is pure: it takes `now` and gives
datagrams. `endpoint` is the one file with sockets; `carrier` and `caller` are what others use.
"""
