"""deploy/monitoring: each alarm fires on what it is for, has its place in the how-to, and reads metrics that exist."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.serve.instance import serving
from tests.waiting import eventually

ROOT = Path(__file__).parents[1]
ALERTS = ROOT / "deploy/monitoring/alerts.yml"
DASHBOARD = ROOT / "deploy/monitoring/dashboard.json"
NAMES = re.findall(r"- alert: (\w+)", ALERTS.read_text())
EXPRESSIONS = [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]]
METRIC = re.compile(r"\bdialplane_[a-z_]+")
COUNTER = re.compile(r'counter=~?"([a-z_|]+)"')

STANDS, RISES = "0+0x240", "0+5x240"
FIRING: Mapping[str, Mapping[str, str]] = {
    "DialplaneDown": {'up{job="dialplane"}': STANDS},
    "DialplaneEdgeSilent": {'dialplane_edge_last_contact_seconds{edge="a"}': STANDS},
    "DialplaneEdgeBehind": {'dialplane_edge_lag_revisions{edge="a"}': "3+0x240"},
    "DialplaneEventBacklog": {
        'dialplane_edge_event_backlog_bytes{edge="a"}': "20000000+0x240",
        'dialplane_edge_agent_told_seconds{edge="a"}': "0+60x240",
    },
    "DialplaneEventsLost": {'dialplane_edge_events_lost{edge="a"}': RISES},
    "DialplaneEdgeSheds": {'dialplane_edge_shed_ratio{edge="a"}': "0.2+0x240"},
    "DialplaneEdgeLoopStands": {
        'dialplane_edge_agent_told_seconds{edge="a",instance="i"}': "0+60x240",
        'dialplane_edge_loop_heartbeat_seconds{edge="a",instance="i",loop="feed"}': STANDS,
    },
    "DialplaneScriptErrors": {'dialplane_edge_counter{edge="a",counter="script_errors"}': RISES},
    "DialplaneTableDamaged": {'dialplane_edge_counter{edge="a",counter="replica_damages"}': RISES},
    "DialplanePasswordsTried": {'dialplane_edge_counter{edge="a",counter="strangers"}': "0+6000x240"},
    "DialplaneEdgeClockOff": {'dialplane_edge_clock_ahead_seconds{edge="a"}': "-3+0x240"},
    "DialplaneEdgeCertificateEnds": {'dialplane_edge_certificate_until_seconds{edge="a"}': "1200000+0x240"},
    "DialplaneProviderUnhealthy": {'dialplane_provider_health{edge="a",provider="p"}': STANDS},
    "DialplaneBreakerOpen": {'dialplane_provider_breaker{edge="a",provider="p"}': "1+0x240"},
    "DialplaneProviderFailsOver": {
        'dialplane_provider_failover_ratio{provider="p"}': "0.6+0x240",
        'dialplane_provider_attempts{provider="p"}': "50+0x240",
    },
    "DialplaneCallsLost": {"dialplane_lost_calls_total": RISES},
    "DialplaneFaults": {"dialplane_http_faults_total": RISES},
    "DialplaneStorageFull": {'dialplane_http_refused_total{reason="STORAGE_FULL"}': RISES},
    "DialplaneDatabaseUnavailable": {'dialplane_http_refused_total{reason="DATABASE_UNAVAILABLE"}': RISES},
    "DialplaneJobFails": {'dialplane_job_failures_total{exported_job="survey"}': RISES},
    "DialplaneLoopStands": {'dialplane_loop_heartbeat_seconds{loop="api"}': STANDS},
    "DialplaneSinkBehind": {"dialplane_sink_lag_seconds": "700+0x240"},
    "DialplaneSinkLoses": {'dialplane_sink_events_total{outcome="dropped"}': RISES},
    "DialplaneSlow": {
        'dialplane_http_request_seconds_bucket{route="/v1.0/routes",le="1.0"}': STANDS,
        'dialplane_http_request_seconds_bucket{route="/v1.0/routes",le="2.5"}': RISES,
        'dialplane_http_request_seconds_bucket{route="/v1.0/routes",le="+Inf"}': RISES,
    },
}
"""Alarm -> the series, a value a minute for four hours, that it must fire on."""


def promtool(*arguments: object) -> str:
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_each_alarm_fires_on_what_it_is_for(tmp_path: Path) -> None:
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": series, "values": values} for series, values in FIRING[name].items()],
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                    "eval_time": "2h",
                    "exp_samples": [{"labels": "{}", "value": 1}],
                }
            ],
        }
        for name in NAMES
    ]
    file = tmp_path / "test.yml"
    file.write_text(json.dumps({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": tests}))
    assert promtool("test", "rules", file) == ""


def test_none_fires_where_all_is_well(tmp_path: Path) -> None:
    well = {
        'up{job="dialplane"}': "1+0x240",
        'dialplane_edge_last_contact_seconds{edge="a"}': "0+60x240",
        'dialplane_edge_lag_revisions{edge="a"}': STANDS,
        'dialplane_edge_event_backlog_bytes{edge="a",instance="i"}': "2000+0x240",
        'dialplane_edge_agent_told_seconds{edge="a",instance="i"}': "0+60x240",
        'dialplane_edge_loop_heartbeat_seconds{edge="a",instance="i",loop="feed"}': "0+60x240",
        'dialplane_edge_events_lost{edge="a"}': STANDS,
        'dialplane_edge_shed_ratio{edge="a"}': STANDS,
        'dialplane_edge_clock_ahead_seconds{edge="a"}': "-0.02+0x240",
        'dialplane_edge_certificate_until_seconds{edge="a"}': "5000000+0x240",
        'dialplane_edge_counter{edge="a",counter="strangers"}': RISES,
        'dialplane_provider_health{edge="a",provider="p"}': "1+0x240",
        'dialplane_provider_breaker{edge="a",provider="p"}': STANDS,
        'dialplane_http_refused_total{reason="DATABASE_UNAVAILABLE"}': STANDS,
        'dialplane_loop_heartbeat_seconds{loop="api"}': "0+60x240",
        "dialplane_sink_lag_seconds": "1+0x240",
        'dialplane_sink_events_total{outcome="sent"}': RISES,
    }
    test = {
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in well.items()],
        "promql_expr_test": [{"expr": "count(ALERTS)", "eval_time": "2h"}],
    }
    file = tmp_path / "test.yml"
    file.write_text(json.dumps({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [test]}))
    assert promtool("test", "rules", file) == ""


def test_what_the_dashboard_shows_can_be_queried(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": expression} for n, expression in enumerate(EXPRESSIONS)]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert promtool("check", "rules", file) == ""


def test_the_dashboard_is_read_by_grafanas_own_schema_and_nothing_of_it_is_left_out() -> None:
    from grafana_foundation_sdk.cog import encoder, plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    plugins.register_default_plugins()  # the types of panels and queries
    written = json.loads(DASHBOARD.read_text())
    read = json.loads(encoder.JSONEncoder().encode(Dashboard.from_json(written)))
    assert list(left_out(written, read)) == []


def left_out(written: Any, read: Any, place: str = "") -> Iterator[str]:
    """Where something that was written does not stand in what was read."""
    if isinstance(written, dict) and isinstance(read, dict):
        for name, value in written.items():
            yield from left_out(value, read.get(name), f"{place}.{name}")
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for number, (value, other) in enumerate(zip(written, read, strict=True)):
            yield from left_out(value, other, f"{place}[{number}]")
    elif written != read:
        yield place


def test_each_alarm_has_its_place_in_the_how_to() -> None:
    sections = re.findall(r"^## (Dialplane\w+)$", (ROOT / "docs/operations/alarms.md").read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(NAMES)
    assert FIRING.keys() == set(NAMES)


@pytest.fixture(scope="module")
def scrape(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The metrics of a Dialplane that has carried calls."""
    wanted = set(METRIC.findall(ALERTS.read_text() + " ".join(EXPRESSIONS)))
    with serving(tmp_path_factory.mktemp("scrape") / "data", "--demo") as instance:
        url = eventually(lambda: instance.running()["control_url"], within_s=30, what="its address")

        def complete() -> str:
            with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
                text: str = answer.read().decode()
            missing = [name for name in wanted if not re.search(rf"^(# TYPE )?{name}\b", text, re.MULTILINE)]
            return "" if missing or 'counter="script_errors"' not in text else text

        return eventually(complete, within_s=60, what=f"metrics for all of {sorted(wanted)}")


@pytest.mark.system
def test_every_counter_that_an_alarm_names_is_counted(scrape: str) -> None:
    for names in COUNTER.findall(ALERTS.read_text()):
        for name in names.split("|"):
            assert f'counter="{name}"' in scrape
