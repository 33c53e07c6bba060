"""The part of an edge that runs inside every Kamailio worker.

`script.py` is what Kamailio loads, `worker.py` its entry points, `sip.py` the only file that touches KSR,
`settings.py` what it is started with, `nativelog.py` how the script comes to write events. `call/` follows a call from
its INVITE to its end, `limits/` holds channels, breakers and overload, `recovery/` the calls that outlive Kamailio.
`dialplane.kamailio` prepares Kamailio from outside.
"""
