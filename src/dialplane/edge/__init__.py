"""The SIP edge: what runs inside every Kamailio worker, and what prepares Kamailio to run it.

`script.py` is what Kamailio loads, `worker.py` its entry points, `ksr.py` the only file that touches KSR. The
decisions know no KSR: `ingress.py` (who calls whom), `plan.py` (the attempts of one call), `outgoing.py` (the call as
it goes from one attempt to the next). `kamailio.py` renders the configuration; it runs in `serve`, not in Kamailio.
"""
