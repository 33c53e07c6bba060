"""Channel caps of providers, as the control plane sees them: from what the edges have reported so far."""

from collections.abc import Iterable, Mapping

from dialplane.control.units import Unit
from dialplane.domain.provider import Provider
from dialplane.engine.reasons import Reason
from dialplane.store.queries import channels

LATELY_S = 300
"""An edge carries calls if one goes on there, or began in this time."""


async def full_providers(unit: Unit, providers: Iterable[Provider], *, now: int) -> Mapping[str, Reason]:
    """The ids of those providers whose channels are all in use at the instant `now`, with the reason.

    An edge holds a cap for itself. So a provider is full if its channels are at `max_channels` on every edge that
    carries calls (LATELY_S): on none of them a call would be let through. Only providers with a cap are counted;
    without one, nothing is read.
    """
    caps = {provider.id: provider.max_channels for provider in providers if provider.max_channels is not None}
    if not caps:
        return {}
    in_use = await channels.of_providers(unit, caps)
    if not any(used >= caps[provider_id] for (provider_id, _), used in in_use.items()):
        return {}
    edges = await channels.edges_with_calls(unit, since=now - LATELY_S * 1_000_000)
    return {
        provider_id: Reason.CHANNEL_CAP_FULL
        for provider_id, cap in caps.items()
        if all(in_use.get((provider_id, edge), 0) >= cap for edge in edges)
    }
