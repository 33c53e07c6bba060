"""The store's database and its units of work, under the names that the rooms above control may use."""

from dialplane.store.box import Box, new_box_key
from dialplane.store.bulk import BulkInsert
from dialplane.store.database import Database
from dialplane.store.revisions import Change
from dialplane.store.unit import Reading, Unit, Writing

__all__ = ["Box", "BulkInsert", "Change", "Database", "Reading", "Unit", "Writing", "new_box_key"]
