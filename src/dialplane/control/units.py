"""The store's database and its units of work, under the names that the rooms above control may use."""

from dialplane.store.bulk import BulkInsert
from dialplane.store.database import Database
from dialplane.store.encryption import Encryption, Undecrypted, new_encryption_key
from dialplane.store.revisions import Change
from dialplane.store.unit import Reading, Unit, Writing

__all__ = [
    "BulkInsert",
    "Change",
    "Database",
    "Encryption",
    "Reading",
    "Undecrypted",
    "Unit",
    "Writing",
    "new_encryption_key",
]
