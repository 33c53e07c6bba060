"""The composition root: starts and supervises the processes of one Dialplane. Imported by no other room.

`python -m dialplane.serve` runs everything, `python -m dialplane.serve edge` an edge alone; the other modes maintain a
data folder or its database. Settings come from the environment; the command line sets them there.
"""
