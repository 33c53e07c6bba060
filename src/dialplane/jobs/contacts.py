"""Stores when each edge last contacted this process, and how far its table was."""

from functools import partial

from dialplane.control.edges import Contacts
from dialplane.control.units import Database
from dialplane.jobs.supervisor import Job

EVERY_S = 1.0


def contacts_job(db: Database, contacts: Contacts) -> Job:
    """`contacts` is filled by the process that edges talk to."""
    return Job(name="contacts", every_s=EVERY_S, run_round=partial(contacts.store, db))
