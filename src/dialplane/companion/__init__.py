"""The edge's companion process: feed to replica, event log to API, OPTIONS probes to health, status.

`python -m dialplane.companion` runs its loops in one TaskGroup; a loop that dies ends the process, which its supervisor
then starts again. Nothing here is on the path of a call.
"""
