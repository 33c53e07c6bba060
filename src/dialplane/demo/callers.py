"""Who calls whom, and for how long: drawn from the demo's customers and countries. One seed draws the same calls."""

from dataclasses import dataclass
from random import Random

from dialplane.demo.table import COUNTRIES, CUSTOMERS, DemoCustomer

MEDIAN_TALK_S, SPREAD = 12.0, 0.8
LONGEST_TALK_S = 90.0
IMPATIENT = 0.04
"""Share of the callers who give up while it rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedCall:
    """A call that is to be made. `patience_s`: after so long of ringing the caller gives up; None for one who waits."""

    customer: DemoCustomer
    number: str
    caller: str
    talk_s: float
    patience_s: float | None


def draw(random: Random) -> WantedCall:
    """The next call."""
    [customer] = random.choices(CUSTOMERS, [one.share for one in CUSTOMERS])
    patience_s = None if random.random() >= IMPATIENT else round(random.uniform(0.3, 0.9), 2)
    return WantedCall(
        customer=customer,
        number=_number(random),
        caller=f"{customer.caller}{random.randrange(10_000):04}",
        talk_s=round(min(LONGEST_TALK_S, MEDIAN_TALK_S * random.lognormvariate(0, SPREAD)), 2),
        patience_s=patience_s,
    )


def _number(random: Random) -> str:
    [country] = random.choices(COUNTRIES, [one.share for one in COUNTRIES])
    begin, digits = country.target, country.digits
    if country.mobile and random.random() < 0.5:
        begin, digits = country.mobile, digits + len(country.target) - len(country.mobile)
    return begin + random.choice("2345678") + "".join(random.choices("0123456789", k=digits - 1))
