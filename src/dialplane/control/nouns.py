"""The use cases of every kind, for bulk changes and undo, which treat all kinds alike."""

from collections.abc import Mapping
from typing import Any

from dialplane.control import accesskeys, agents, customers, providers, routes, trunks
from dialplane.control.lifecycle import UseCases
from dialplane.store.objects import STORAGES

_WITH_RULES: tuple[UseCases[Any], ...] = (
    customers.USE_CASES,
    providers.USE_CASES,
    routes.USE_CASES,
    trunks.USE_CASES,
    accesskeys.USE_CASES,
    agents.USE_CASES,
)

NOUNS: Mapping[str, UseCases[Any]] = {
    **{kind: UseCases(storage) for kind, storage in STORAGES.items()},
    **{noun.storage.kind.name: noun for noun in _WITH_RULES},
}
