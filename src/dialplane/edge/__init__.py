"""The SIP edge: what runs inside every Kamailio worker, and what prepares Kamailio to run it.

`script.py` is what Kamailio loads, `worker.py` its entry points, `ksr.py` the only file that touches KSR. A call
comes in by `door.py` (the trunk) and `incoming.py` (its decision) and goes out by `outgoing.py` (from one attempt to
the next), within the caps of both (`caps.py`). What decides knows no KSR: `ingress.py` (who calls whom), `plan.py`
(the attempts of one call).
`kamailio.py` renders the configuration; it runs in `serve`, not in Kamailio.
"""
