"""The circumstances of a call: those of now, as the control plane sees them, and what would be if some were others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from dialplane.control import channels, health
from dialplane.control.units import Reading
from dialplane.domain.health import OPEN, UNHEALTHY
from dialplane.domain.provider import Provider
from dialplane.engine.dialroute import Standing, standing_of
from dialplane.engine.reasons import Reason
from dialplane.engine.sdp import shares_codec

NOBODY: frozenset[str] = frozenset()


class Circumstances(NamedTuple):
    """All that a decision depends on besides the routes. Ids of providers; `providers` has the live ones.

    `at`: the instant of the call. `full`: why a provider can take no more calls. `removed`: as if they were disabled.
    """

    at: int
    providers: Mapping[str, Provider] = MappingProxyType({})
    unhealthy: Collection[str] = NOBODY
    broken: Collection[str] = NOBODY
    full: Mapping[str, Reason] = MappingProxyType({})
    removed: Collection[str] = NOBODY

    def standing(self, provider_id: str) -> Standing:
        """A provider as this call finds it."""
        if provider_id in self.removed and provider_id in self.providers:
            return Standing(self.providers[provider_id], Reason.PROVIDER_DISABLED, False)
        return standing_of(self.providers.get(provider_id), UNHEALTHY if provider_id in self.unhealthy else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What would be otherwise. `at`: the instant of the call. `down`: the probes would find these providers unhealthy.

    `broken`: their breaker would be open; `full`: their channels would be in use; `removed`: they would be disabled.
    `all_well`: all others would be healthy and have room. `edge`: whose view of the providers holds, by its probes and
    breakers; without one, what all edges together report. `codecs`: what the caller would offer.
    """

    at: int | None = None
    down: Collection[str] = NOBODY
    broken: Collection[str] = NOBODY
    full: Collection[str] = NOBODY
    removed: Collection[str] = NOBODY
    all_well: bool = False
    edge: str = ""
    codecs: Collection[str] = ()

    def applied(self, present: Circumstances) -> Circumstances:
        """The circumstances as they would be."""
        well = present._replace(unhealthy=NOBODY, broken=NOBODY, full={}) if self.all_well else present
        speechless = [
            id_
            for id_, provider in present.providers.items()
            if self.codecs and provider.codecs and not shares_codec(provider.codecs.split(","), self.codecs)
        ]
        return well._replace(
            at=present.at if self.at is None else self.at,
            unhealthy={*well.unhealthy, *self.down},
            broken={*well.broken, *self.broken},
            full={
                **dict.fromkeys(speechless, Reason.NO_SHARED_CODEC),
                **well.full,
                **dict.fromkeys(self.full, Reason.CHANNEL_CAP_FULL),
            },
            removed={*well.removed, *self.removed},
        )


NOTHING = WhatIf()


async def circumstances(
    unit: Reading, providers: Mapping[str, Provider], *, now: int, edge: str = "", sees_caps: bool = False
) -> Circumstances:
    """Those of now, for calls to these providers. With an `edge` its own view of them. Raises Unavailable."""
    unhealthy, broken = await _views(unit, providers, edge)
    full = await channels.full_providers(unit, providers.values(), now=now) if sees_caps else {}
    return Circumstances(at=now, providers=providers, unhealthy=unhealthy, broken=broken, full=full)


async def _views(unit: Reading, providers: Mapping[str, Provider], edge: str) -> tuple[set[str], set[str]]:
    """The providers that are unhealthy, and those with an open breaker."""
    if not edge:
        healths = await health.of_providers_cached(unit, providers.values())
        return {id_ for id_ in providers if healths[id_].status == UNHEALTHY}, set()
    views = await health.of_edge(unit, providers.values(), edge)
    return (
        {view.provider_id for view in views if view.health.status == UNHEALTHY},
        {view.provider_id for view in views if view.breaker.state == OPEN},
    )
