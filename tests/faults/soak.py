"""What a long run plays on: a whole node, three carriers of which one dies and returns, and what is read at the end."""

import sqlite3
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialplane.client import ApiError, Client
from dialplane.client.retries import NO_RETRIES
from dialplane.demo.calling import place_call
from tests.ports import free_port
from tests.serve.instance import Instance
from tests.sip.scenarios import RINGS, TAKE_ACK, TAKE_BYE, Caller, Send, refuse
from tests.sip.sipp import Carrier, last_statistic, running_carrier, start_calls
from tests.waiting import eventually

ANSWERS = (Send(180), RINGS, Send(200, with_sdp=True, again=True), TAKE_ACK, TAKE_BYE)
ANSWERS_AT_ONCE = (Send(200, with_sdp=True, again=True), TAKE_ACK, TAKE_BYE)
"""So that the mortal carrier never dies with a phone ringing, which no other carrier could take over."""

STEADY, MORTAL = "+8210", "+8230"
FAILS_OVER = "+8220"
CALLS = (*(f"{STEADY}{n}" for n in range(7)), f"{FAILS_OVER}0")
"""The numbers called in turn, beside one in nine to the mortal carrier: of ten attempts, one is refused."""


class MortalCarrier:
    """A carrier that is killed and comes back at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._life = ExitStack()
        self.lives = 0
        self.is_alive = False
        self.port = free_port()
        self.live()

    def live(self) -> None:
        self.lives += 1
        self.is_alive = True
        self._life.enter_context(
            running_carrier(
                self._folder / f"mortal-{self.lives}",
                ANSWERS_AT_ONCE,
                traced=False,
                port=self.port,
                answers_options=True,
            )
        )

    def die(self) -> None:
        """As by kill -9."""
        self.is_alive = False
        self._life.close()


@dataclass(frozen=True)
class Callers:
    """A SIPp that places so many calls."""

    folder: Path
    calls: int
    process: subprocess.Popen[bytes]

    def statistics(self, column: str) -> int:
        return last_statistic(self.folder / "statistics.csv", column)

    def why(self) -> str:
        """What SIPp said went wrong."""
        errors = self.folder / "errors.log"
        return errors.read_text(errors="replace")[-2000:] if errors.exists() else ""


class Routes:
    """Changes of routes through the REST API, one after the other, some of them of routes that calls take."""

    def __init__(self, client: Client, customer: str, provider: str, used: Sequence[str]) -> None:
        self._client = client
        self._fields: dict[str, Any] = {"customer_id": customer, "provider_id": provider}
        self._used = used
        self._own: list[str] = []
        self.changed = 0
        self.refused = 0

    def change(self) -> None:
        """One change; the API may be dead just now."""
        turn = self.changed + self.refused
        try:
            self._change(turn)
            self.changed += 1
        except ApiError:
            self.refused += 1

    def _change(self, turn: int) -> None:
        routes = self._client.routes
        match turn % 4:
            case 0:
                self._own.append(routes.create(**self._fields, priority=turn, target=f"+44{turn}")["id"])
            case 1 | 2:
                routes.update(self._used[turn % len(self._used)], priority=5 + turn % 3)
            case _ if self._own:
                routes.delete(self._own[0])
                self._own.pop(0)


@dataclass
class Memory:
    """Samples of what processes hold: seconds since the start, bytes."""

    began: float = field(default_factory=time.monotonic)
    samples: list[tuple[float, int]] = field(default_factory=list)

    def sample(self, pids: Sequence[int]) -> None:
        self.samples.append((time.monotonic() - self.began, sum(map(_proportional_bytes, pids))))

    def median(self, since_s: float, until_s: float) -> int:
        """Of the samples of that time."""
        return round(statistics.median(size for at, size in self.samples if since_s <= at < until_s))


def invited(carrier: Carrier) -> int:
    """How many INVITEs a carrier's SIPp has taken; it counts a call for whatever else comes, as for each OPTIONS."""
    errors, statistics = carrier.folder / "errors.log", carrier.folder / "statistics.csv"
    others = errors.read_text(errors="replace").count("while expecting 'INVITE'") if errors.exists() else 0
    return last_statistic(statistics, "IncomingCall(C)") - last_statistic(statistics, "AutoAnswered(C)") - others


def _proportional_bytes(pid: int) -> int:
    """Memory of a process, shared pages counted once among those who share them; 0 where it is gone.

    Without pages of files: the kernel keeps those of the replica for as long as nobody else needs the room.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))


@dataclass(frozen=True)
class Recorded:
    """What stands in the database."""

    calls: int
    answered: int
    ended: int
    lost: int
    sip_call_ids: int
    attempts: Counter[tuple[str, str]]
    """(provider, verdict) -> attempts that were sent."""

    @property
    def is_complete(self) -> bool:
        return 0 < self.calls == self.ended

    def since(self, before: "Recorded") -> "Recorded":
        """What was added."""
        return Recorded(
            calls=self.calls - before.calls,
            answered=self.answered - before.answered,
            ended=self.ended - before.ended,
            lost=self.lost - before.lost,
            sip_call_ids=self.sip_call_ids - before.sip_call_ids,
            attempts=self.attempts - before.attempts,
        )


def recorded(data: Path) -> Recorded:
    """Read the records out of a node's SQLite file, in one moment."""
    uri = f"file:{data / 'dialplane.db'}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.execute("BEGIN")
        calls, answered, ended, lost, sip_call_ids = connection.execute(
            "SELECT count(*), count(tm_answered), count(tm_ended), count(tm_lost), count(DISTINCT sip_call_id) "
            "FROM calls"
        ).fetchone()
        attempts = connection.execute(
            "SELECT provider_id, coalesce(verdict, CASE WHEN tm_answered IS NULL THEN 'open' ELSE 'answered' END), "
            "count(*) FROM attempts WHERE skipped = 0 GROUP BY 1, 2"
        ).fetchall()
    return Recorded(
        calls=calls,
        answered=answered,
        ended=ended,
        lost=lost,
        sip_call_ids=sip_call_ids,
        attempts=Counter({(provider, verdict): count for provider, verdict, count in attempts}),
    )


class Node:
    """A node with its carriers, prepared; `callers` place the calls."""

    def __init__(self, instance: Instance, folder: Path, stack: ExitStack) -> None:
        self.instance = instance
        self._folder = folder
        self._stack = stack
        self.steady, self.refusing = (
            stack.enter_context(running_carrier(folder / name, steps, traced=False, answers_options=True))
            for name, steps in (("steady", ANSWERS), ("refusing", refuse(404)))
        )
        self.mortal = MortalCarrier(folder)
        stack.callback(self.mortal.die)
        self._prepare()

    def _prepare(self) -> None:
        client = stack_client(self.instance, self._stack)
        customer = client.customers.create(name="soak")["id"]
        client.trunks.create(customer_id=customer, name="trunk", auth_types=["ip"], allowed_ips=["127.0.0.1"])

        def provider(hostname: str) -> str:
            return str(client.providers.create(type="sip", hostname=hostname)["id"])

        def route(target: str, provider_id: str, priority: int) -> str:
            made = client.routes.create(customer_id=customer, provider_id=provider_id, target=target, priority=priority)
            return str(made["id"])

        carriers: list[Carrier] = [self.steady, self.refusing]
        self.steady_id, self.refusing_id = (provider(carrier.hostname) for carrier in carriers)
        self.mortal_id = provider(f"127.0.0.1:{self.mortal.port}")
        last_resorts = [route(target, self.steady_id, 5) for target in (STEADY, FAILS_OVER, MORTAL)]
        route(FAILS_OVER, self.refusing_id, 1)
        route(MORTAL, self.mortal_id, 1)
        self.routes = Routes(client, customer, self.steady_id, last_resorts)

    def answers(self) -> bool:
        """Whether a call goes through, and stands in the records whole."""
        if place_call(self.instance.running()["sip"], f"{STEADY}99", talk_s=0.0).status != 200:
            return False
        eventually(lambda: recorded(self.instance.data).is_complete, within_s=30, what="the first calls' records")
        return True

    def call(self, numbers: Sequence[str], caller: Caller, *, calls: int, per_second: int, within_s: int) -> Callers:
        """Begin to call these numbers in turn."""
        folder = self._folder / f"calls-{numbers[0]}"
        folder.mkdir()
        (folder / "numbers.csv").write_text("SEQUENTIAL\n" + "".join(f"{number}\n" for number in numbers))
        process = start_calls(
            folder / "sipp", caller, int(self.instance.running()["sip"].rpartition(":")[2]), calls=calls,
            per_second=per_second, timeout_s=within_s, traced=False,
            more=("-inf", str(folder / "numbers.csv"), "-l", "10000"),
        )  # fmt: skip
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return Callers(folder / "sipp", calls, process)


def stack_client(instance: Instance, stack: ExitStack) -> Client:
    """A client that says at once when the API is dead."""
    key = (instance.data / "secrets" / "operator.key").read_text().strip()
    return stack.enter_context(Client(instance.running()["control_url"], token=key, timeout_s=2.0, retries=NO_RETRIES))
