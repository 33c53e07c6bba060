"""Several edges on one control plane: each follows, records and routes by itself, also while it is cut off."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dialplane.client import Client
from dialplane.demo.calling import place_call
from dialplane.domain.permission import EDGE
from dialplane.settings import split_address
from tests.faults.cuttable import Cuttable, cuttable
from tests.serve.instance import Instance, serving
from tests.sip.scenarios import ANSWER
from tests.sip.sipp import Carrier, running_carrier
from tests.waiting import eventually

NUMBER = "+821021656521"
CAUGHT_UP_S = 60.0


class Estate:
    """A control plane, two edges of it, of which one is reached by way of `line`, and two carriers."""

    def __init__(self, control: Instance, edges: list[Instance], line: Cuttable, carriers: list[Carrier]) -> None:
        self.edges = edges
        self.line = line
        self.carriers = carriers
        self.client: Client = control.client()

    def prepare(self) -> None:
        """A customer whose calls from this machine go to the first carrier."""
        self.customer = self.client.customers.create(name="customer")
        self.client.trunks.create(
            customer_id=self.customer["id"], name="trunk", auth_types=["ip"], allowed_ips=["127.0.0.1"]
        )
        providers = [
            self.client.providers.create(type="sip", hostname=carrier.hostname, name=f"carrier {place}")
            for place, carrier in enumerate(self.carriers)
        ]
        self.provider_ids = [provider["id"] for provider in providers]
        self.route = self.client.routes.create(
            customer_id=self.customer["id"], provider_id=self.provider_ids[0], priority=1, target="all"
        )

    def call(self, edge: Instance) -> int | None:
        """The final status of a call by way of an edge; None where none came."""
        return place_call(edge.running()["sip"], NUMBER, talk_s=0.05).status

    def calls_of(self, name: str) -> list[dict[str, Any]]:
        """The calls on record that an edge has seen end."""
        return [dict(call) for call in self.client.calls.all() if call["edge"] == name and call["status"] == "ended"]

    def provider_of_last_call(self, name: str) -> str:
        """Whom the newest call of an edge went to."""
        calls = sorted(self.calls_of(name), key=lambda call: str(call["tm_start"]))
        return str(calls[-1]["attempts"][-1]["provider_id"]) if calls else ""


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with ExitStack() as stack:
        enter = stack.enter_context
        carriers = [enter(running_carrier(tmp_path / f"carrier-{n}", ANSWER, traced=False)) for n in range(2)]
        control = enter(serving(tmp_path / "control"))
        url = control.running()["control_url"]
        line = enter(cuttable(split_address(url.removeprefix("http://"))))
        with control.client() as client:
            token = client.accesskeys.create(name="edges", expire=86_400, permission=EDGE)["token"]
        (tmp_path / "key").write_text(token)
        edges = [
            enter(
                serving(
                    tmp_path / name, "--control", control_url, "--key-file", str(tmp_path / "key"),
                    verb=("edge",), environment={"DIALPLANE_EDGE_NAME": name},
                )
            )
            for name, control_url in (("east", url), ("west", f"http://127.0.0.1:{line.port}"))
        ]  # fmt: skip
        made = Estate(control, edges, line, carriers)
        stack.callback(made.client.close)
        made.prepare()
        yield made


def test_two_edges_follow_record_and_route_on_when_one_is_cut_off(estate: Estate) -> None:
    east, west = estate.edges
    for edge in (east, west):
        eventually(lambda: estate.call(edge) == 200, within_s=CAUGHT_UP_S, what="the edge to route")
    for name in ("east", "west"):
        eventually(lambda: estate.calls_of(name), within_s=CAUGHT_UP_S, what=f"a call of {name}")

    estate.line.cut()
    estate.client.routes.update(estate.route["id"], provider_id=estate.provider_ids[1])
    eventually(
        lambda: estate.call(east) == 200 and estate.provider_of_last_call("east") == estate.provider_ids[1],
        within_s=CAUGHT_UP_S,
        what="east to use the change",
    )
    before = len(estate.calls_of("west"))
    assert [estate.call(west) for _ in range(3)] == [200] * 3
    assert len(estate.calls_of("west")) == before

    estate.line.mend()
    eventually(lambda: len(estate.calls_of("west")) >= before + 3, within_s=CAUGHT_UP_S, what="west's records")
    assert estate.provider_of_last_call("west") == estate.provider_ids[0]
    eventually(
        lambda: estate.call(west) == 200 and estate.provider_of_last_call("west") == estate.provider_ids[1],
        within_s=CAUGHT_UP_S,
        what="west to use the change",
    )
    seen = {str(edge["name"]): edge for edge in estate.client.edges.all()}
    assert {"east", "west"} <= seen.keys()
    assert all(seen[name]["kamailio_version"] for name in ("east", "west"))
