"""The table of a node's edge damaged on disk under calls: no call goes the wrong way, and the table comes back."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dialplane.client import Client
from dialplane.demo.calling import place_call
from dialplane.replica.layout import id_bytes
from tests.faults.counts import may_take_long, times
from tests.serve.instance import Instance, serving
from tests.sip.scenarios import ANSWER
from tests.sip.sipp import Carrier, running_carrier
from tests.waiting import eventually

ROUNDS = times(3, 30)
CUTS = times(2, 30)
OTHER_ROUTES = 10
NUMBER = "+821021656521"
HEALED_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def carriers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Carrier, Carrier]]:
    """The right one for NUMBER, and the one of all other routes."""
    folder = tmp_path_factory.mktemp("carriers")
    with ExitStack() as stack:
        enter = stack.enter_context
        right, wrong = (enter(running_carrier(folder / name, ANSWER)) for name in ("right", "wrong"))
        yield right, wrong


@contextmanager
def started(data: Path, carriers: tuple[Carrier, Carrier]) -> Iterator[Instance]:
    """A node that routes to these."""
    environment = {"DIALPLANE_PROBE_DOWN_AFTER": "100", "DIALPLANE_REPLICA_CHECK_S": "1"}
    with serving(data, environment=environment) as instance:
        with instance.client() as client:
            customer = client.customers.create(name="customer")["id"]
            client.trunks.create(customer_id=customer, name="trunk", auth_types=["ip"], allowed_ips=["127.0.0.1"])
            right, wrong = (client.providers.create(type="sip", hostname=one.hostname)["id"] for one in carriers)
            client.routes.create(customer_id=customer, provider_id=right, priority=1, target="+8210")
            for n in range(OTHER_ROUTES):
                client.routes.create(customer_id=customer, provider_id=wrong, priority=1, target=f"+4{n}")
        eventually(lambda: call(instance) == 200, within_s=60, what="the first call")
        yield instance


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, carriers: tuple[Carrier, Carrier]) -> Iterator[Instance]:
    """A node for the tests that end no process."""
    with started(tmp_path_factory.mktemp("node") / "data", carriers) as instance:
        yield instance


@pytest.fixture
def own_node(tmp_path: Path, carriers: tuple[Carrier, Carrier]) -> Iterator[Instance]:
    """A node for one test: a companion that is ended counts its damages from 0 again."""
    with started(tmp_path / "data", carriers) as instance:
        yield instance


def call(instance: Instance) -> int | None:
    return place_call(instance.running()["sip"], NUMBER, talk_s=0.0).status


def damages(client: Client) -> int:
    """How often the edge has told that its table was damaged."""
    return sum(edge["counters"].get("replica_damages", 0) for edge in client.edges.list()["result"])


def overwrite(node: Instance, before: bytes, after: bytes) -> int:
    """Change bytes into as many others wherever the file has them, as a bad disk might; in how many places."""
    file = node.data / "edge" / "replica" / "current" / "data.mdb"
    stored = file.read_bytes()
    places = [match.start() for match in re.finditer(re.escape(before), stored)]
    with file.open("r+b") as data:
        for place in places:
            data.seek(place)
            data.write(after)
    return len(places)


@may_take_long
def test_a_damaged_table_sends_no_call_the_wrong_way_and_is_loaded_anew(
    node: Instance, carriers: tuple[Carrier, Carrier]
) -> None:
    right, wrong = carriers
    statuses: Counter[int | None] = Counter()
    with node.client() as client:
        before = damages(client)
        for n in range(ROUNDS):
            assert overwrite(node, right.hostname.encode(), wrong.hostname.encode()) > 0
            client.customers.create(name=f"{n}")  # what workers remember holds until the next change
            for _ in range(5):
                statuses[call(node)] += 1
            eventually(lambda: call(node) == 200, within_s=HEALED_WITHIN_S, what=f"a table that is whole: {statuses}")
        eventually(lambda: damages(client) >= before + ROUNDS, within_s=HEALED_WITHIN_S, what="each damage told of")
    astray = len(wrong.received("INVITE"))
    print(
        f"\nThe right carrier's address in the replica made the wrong one's {ROUNDS} times: "
        f"calls ended {dict(statuses)}, {astray} went the wrong way"
    )
    assert astray == 0
    assert statuses.keys() <= {200, 503}
    assert statuses[503] > 0


@may_take_long
def test_an_entry_that_no_lookup_finds_any_more_is_found_by_looking_at_all_of_them(
    node: Instance, carriers: tuple[Carrier, Carrier]
) -> None:
    """Where the key of a route is another, a call finds no route; no value that it reads is damaged."""
    _, wrong = carriers
    with node.client() as client:
        customer = next(item["id"] for item in client.customers.all() if item["name"] == "customer")
    key = id_bytes(customer) + b"8210"
    statuses: Counter[int | None] = Counter()
    for _ in range(ROUNDS):
        assert overwrite(node, key, key[:-1] + b"9") > 0
        statuses[call(node)] += 1
        eventually(lambda: call(node) == 200, within_s=HEALED_WITHIN_S, what=f"a table that is whole: {statuses}")
    print(
        f"\nThe key of a route in the replica overwritten {ROUNDS} times: calls ended {dict(statuses)} before it healed"
    )
    assert wrong.received("INVITE") == []
    assert statuses.keys() <= {200, 404}
    assert statuses[404] > 0


@may_take_long
@pytest.mark.parametrize("kept", [0.5, 0.0], ids=["half", "nothing"])
def test_a_table_that_is_cut_short_while_it_is_in_use_is_loaded_anew_and_ends_no_process_for_good(
    own_node: Instance, carriers: tuple[Carrier, Carrier], kept: float
) -> None:
    """Whoever reads what is gone is ended by the kernel (SIGBUS): Kamailio's workers and companion have it mapped."""
    node, (_, wrong) = own_node, carriers
    statuses: Counter[int | None] = Counter()
    with node.client() as client:
        for n in range(CUTS):
            file = node.data / "edge" / "replica" / "current" / "data.mdb"
            os.truncate(file, int(file.stat().st_size * kept))
            client.customers.create(name=f"{n}")  # what workers remember holds until the next change
            statuses[call(node)] += 1
            eventually(lambda: call(node) == 200, within_s=HEALED_WITHIN_S, what=f"a table that is whole: {statuses}")
            assert file.stat().st_size > 0
            eventually(lambda: damages(client) >= 1, within_s=HEALED_WITHIN_S, what="the damage told of")
        eventually(node.follows, within_s=HEALED_WITHIN_S, what="the companion to follow the feed again")
    print(f"\nThe replica cut short {CUTS} times: calls ended {dict(statuses)} before it healed")
    assert "SIGBUS" in node.said()
    assert wrong.received("INVITE") == []
    assert statuses.keys() <= {200, 503, None}
    assert all(node.main_pid(part) for part in ("dialplane.companion", "kamailio"))
