"""What the demo's customers and routes are: four customers, some 300 routes to 40 countries.

Every call can be tried at three carriers and more, whichever one is switched off: behind the routes to its country
stand those of `all`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCustomer:
    """`address`: where its switch calls from. `caller`: the first digits of its own numbers, four more follow.

    `share`: its part of the calls, of 100.
    """

    key: str
    name: str
    address: str
    caller: str
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """`mobile`: a longer target within `target`, "" for none. `digits` follow the target. `share`: of the calls."""

    target: str
    mobile: str
    digits: int
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRoute:
    """`priority`: lower is tried first. `customer`: whose it is; "" for the system default's."""

    target: str
    provider: str
    priority: int
    customer: str = ""


CUSTOMERS = (
    DemoCustomer(key="acme", name="Acme", address="127.0.0.1", caller="+1212555", share=40),
    DemoCustomer(key="northwind", name="Northwind", address="127.0.0.2", caller="+44207946", share=30),
    DemoCustomer(key="harbour", name="Harbour Hotels", address="127.0.0.3", caller="+4930231", share=18),
    DemoCustomer(key="polar", name="Polar Clinics", address="127.0.0.4", caller="+46846500", share=12),
)

_COUNTRIES = """
+44 +447 10 14, +1 - 10 12, +82 +8210 9 10, +49 +4915 10 9, +33 +336 9 8, +81 +8190 9 5, +39 +393 10 5, +34 +346 9 5,
+31 +316 9 4, +46 +467 9 4, +47 +474 8 3, +45 - 8 3, +358 +35840 9 3, +41 +4179 9 3, +43 +4366 10 2, +32 +324 8 2,
+353 +3538 9 2, +351 +3519 9 2, +48 +485 9 2, +420 - 9 2, +36 +3620 8 1, +40 +407 9 1, +30 +3069 10 1, +90 +905 10 2,
+972 +9725 9 1, +971 +9715 9 1, +966 +9665 9 1, +91 +919 10 4, +65 - 8 2, +60 +601 9 1, +66 +668 9 1, +84 +849 9 1,
+63 +639 10 1, +62 +628 10 1, +86 +861 11 3, +852 - 8 2, +61 +614 9 3, +64 +642 9 1, +55 +55119 10 2, +52 - 10 2
"""


def _countries() -> Iterator[Country]:
    for line in _COUNTRIES.replace("\n", "").split(","):
        target, mobile, digits, share = line.split()
        yield Country(target=target, mobile=mobile.strip("-"), digits=int(digits), share=int(share))


COUNTRIES = tuple(_countries())

_BY_TURNS = (
    ("bravo", "echo", "alpha"),
    ("alpha", "bravo", "delta"),
    ("echo", "foxtrot", "bravo"),
    ("foxtrot", "alpha", "echo"),
    ("bravo", "delta", "foxtrot"),
    ("charlie", "bravo", "alpha"),
)
"""Carriers of one country after the other, the first tried first."""

_NORDIC = ("+46", "+47", "+45", "+358")
_SHOWN = {"+82": ("alpha", "bravo", "echo"), "+44": ("charlie", "bravo", "foxtrot"), "+1": ("bravo", "echo", "alpha")}
"""Carriers of the countries that the first calls go to: one that refuses, one that is silent, one that answers."""


def routes() -> Iterator[DemoRoute]:
    """All routes, those of the system default first."""
    for turn, country in enumerate(COUNTRIES):
        carriers = _SHOWN.get(country.target) or _BY_TURNS[turn % len(_BY_TURNS)]
        yield from _chain(country.target, carriers)
        if country.mobile and country.target not in _SHOWN:
            yield from _chain(country.mobile, (*carriers[1:], carriers[0])[:2])
    yield from _chain("all", ("bravo", "alpha", "delta"))
    yield from _chain("+1", ("bravo", "foxtrot"), customer="acme")
    for turn, country in enumerate(COUNTRIES[3:35]):
        yield from _chain(country.target, _BY_TURNS[(turn + 2) % len(_BY_TURNS)][:2], customer="northwind")
    for turn, country in enumerate(COUNTRIES[4:18]):
        yield from _chain(country.target, _BY_TURNS[(turn + 4) % len(_BY_TURNS)][:2], customer="harbour")
    for target in _NORDIC:
        yield from _chain(target, ("alpha", "bravo", "delta"), customer="polar")


def _chain(target: str, carriers: Sequence[str], *, customer: str = "") -> Iterator[DemoRoute]:
    for priority, provider in enumerate(carriers, 1):
        yield DemoRoute(target=target, provider=provider, priority=priority, customer=customer)
