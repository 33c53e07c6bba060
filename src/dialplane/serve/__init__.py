"""The composition root: starts and watches over the processes of one Dialplane. Imported by nobody.

`python -m dialplane.serve` runs everything, `python -m dialplane.serve edge` an edge alone, and
`python -m dialplane.serve migrate` brings the database's schema up to date; the other modes keep a data folder.
Settings come from the environment; the command line sets them there.
"""
