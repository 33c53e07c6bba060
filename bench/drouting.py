"""The bench's route table as Kamailio's own drouting module reads it, in text files (module db_text)."""

from collections.abc import Sequence
from pathlib import Path

from bench.table import CARRIERS_PER_PREFIX, RouteTable
from dialplane.domain.provider import Provider

GROUP = 0
ALWAYS = "20200101T000000"
_TEXT = "(string,null)"
_COLUMNS = {
    "version": "id(int,auto) table_name(string) table_version(int)",
    "dr_gateways": f"gwid(int) type(int) address(string) strip(int) pri_prefix{_TEXT} attrs{_TEXT} description{_TEXT}",
    "dr_groups": "id(int,auto) username(string) domain(string) groupid(int) description(string)",
    "dr_gw_lists": "id(int,auto) gwlist(string) description(string)",
    "dr_rules": f"ruleid(int) groupid(string) prefix(string) timerec{_TEXT} priority(int) routeid{_TEXT} gwlist(string)"
    f" description{_TEXT}",
}


def write_tables(folder: Path, table: RouteTable, hostnames: Sequence[str]) -> Path:
    """Write the module's tables; returns their folder. One rule for each prefix, with its carriers in their order."""
    gateways = {provider.id: number for number, provider in enumerate(table.providers(hostnames), 1)}
    carriers: dict[str, list[str]] = {}
    for route in table.routes():
        carriers.setdefault(route.target, []).append(str(gateways[route.provider_id]))
    rows = {
        "version": ("1:dr_gateways:3", "2:dr_groups:2", "3:dr_gw_lists:1", "4:dr_rules:3"),
        "dr_gateways": [
            f"{number}:0:{_escaped(provider.hostname)}:0::{_attributes(provider)}:"
            for number, provider in enumerate(table.providers(hostnames), 1)
        ],
        "dr_rules": [
            f"{number}:{GROUP}:{target}:{ALWAYS}:0:0:{','.join(ids[:CARRIERS_PER_PREFIX])}:"
            for number, (target, ids) in enumerate(carriers.items(), 1)
        ],
    }
    folder.mkdir(parents=True)
    for name, columns in _COLUMNS.items():
        lines = (columns, *rows.get(name, ()))
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return folder


def _attributes(provider: Provider) -> str:
    """The provider's three timers in milliseconds, and its id; same.cfg, route NEXT, takes them apart."""
    timers_s = (provider.no_response_timeout_s, provider.progress_timeout_s, provider.ring_timeout_s)
    return f"{','.join(str(seconds * 1000) for seconds in timers_s)}|{provider.id}"


def _escaped(text: str) -> str:
    """A colon separates the columns."""
    return text.replace(":", "\\:")
