"""A call that a side has lost is ended once."""

import json

import pytest

from dialplane.edge.call.keepalive import Keepalive
from dialplane.edge.call.own_requests import OwnRequests
from dialplane.edge.sip import Sip
from tests.edge.fakeksr import FakeKsr

NO_SUCH_CALL = 481
ENDS = "dialog.dlg_set_timeout_id"


def dialog_line() -> str:
    """A call that is up, in the words of Kamailio 5.6.3's `dlg.dump_file`."""
    legs = {
        party: {
            "tag": party,
            "contact": f"sip:{party}@127.0.0.1:5070",
            "cseq": "1",
            "route_set": "",
            "socket": "udp:127.0.0.1:5060",
        }
        for party in ("caller", "callee")
    }
    dialog = {
        "h_entry": 7,
        "h_id": 8,
        "call_id": "a@b",
        "from_uri": "sip:+15550001@127.0.0.1",
        "to_uri": "sip:+821012345678@127.0.0.1",
        "state": 4,
        "start_ts": 100,
        **legs,
        "profiles": {},
        "variables": {"call": "01a21a0a-6671-7425-aafb-61853045cedd"},
    }
    return json.dumps(dialog, separators=(",", ":"))


def write_dump(asked: str) -> int:
    with open(json.loads(asked)["params"][0], "a+") as file:
        file.write(f"{dialog_line()}\n")
    return 1


@pytest.mark.parametrize(("interval_s", "ends_by_108", "ends_by_118"), [(1, 1, 2), (60, 0, 0)])
def test_a_look_at_a_lost_call_does_not_put_its_end_off(interval_s: int, ends_by_108: int, ends_by_118: int) -> None:
    ksr = FakeKsr(
        {
            "jsonrpcs.exec": write_dump,
            "jsonrpcs.response": lambda: '{"jsonrpc":"2.0","result":[],"id":1}',
            "htable.sht_get": NO_SUCH_CALL,
        }
    )
    sip = Sip(ksr)
    now_s = 100.0
    keepalive = Keepalive(
        sip,
        OwnRequests(sip, credentials_of=lambda _: None),
        interval_s=interval_s,
        most_silences=2,
        now_s=lambda: now_s,
    )
    ends = {}
    while now_s < 118:
        now_s += 1
        keepalive.look()
        ends[now_s] = len(ksr.called(ENDS))

    assert (ends[108], ends[118]) == (ends_by_108, ends_by_118)
