"""The store's database and its units of work, under the names that the rooms above control may use."""

from dialplane.store.backend import Size
from dialplane.store.bulk import BulkInsert
from dialplane.store.database import Database
from dialplane.store.encryption import Encryption, Undecrypted, new_encryption_key
from dialplane.store.revisions import Change
from dialplane.store.unit import Clock, Reading, Unit, Writing
from dialplane.store.work import CREDENTIALS, EXPORTS, FEED, JOBS, LISTS, LOGINS, READINESS, REQUESTS, STATISTICS, Work

__all__ = [
    "CREDENTIALS",
    "EXPORTS",
    "FEED",
    "JOBS",
    "LISTS",
    "LOGINS",
    "READINESS",
    "REQUESTS",
    "STATISTICS",
    "BulkInsert",
    "Change",
    "Clock",
    "Database",
    "Encryption",
    "Reading",
    "Size",
    "Undecrypted",
    "Unit",
    "Work",
    "Writing",
    "new_encryption_key",
]
