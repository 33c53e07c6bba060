"""Routes: calls of this customer to this target may go to this provider. Priority: lower is tried first."""

from dialplane.control.lifecycle import UseCases
from dialplane.store.objects import ROUTES

USE_CASES = UseCases(ROUTES)
create, get, list_ = USE_CASES.create, USE_CASES.get, USE_CASES.list_
update, delete = USE_CASES.update, USE_CASES.delete
