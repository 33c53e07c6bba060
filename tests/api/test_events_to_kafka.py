"""What edges report to an API that has a Kafka arrives there, and its metrics say so."""

import re
from pathlib import Path

from tests.api.serving import serving, settings_for
from tests.control.seen import failed_over_call, uuid_of
from tests.kafka import TOPIC, kafka_broker
from tests.waiting import eventually


def test_what_edges_report_arrives_in_kafka(prepared_file: Path, tmp_path: Path) -> None:
    told = failed_over_call(uuid_of(1))
    with kafka_broker() as broker:
        settings = settings_for(tmp_path, database=prepared_file, kafka_brokers=broker.address, kafka_topic=TOPIC)
        with serving(settings) as api:
            answer = api.admin.post("/v1.0/events", {"edge": "edge-1", "events": told})
            assert answer.json() == {"accepted": len(told)}

            def is_sent() -> bool:
                text = api.nobody.get("/metrics").text
                return bool(re.search(rf'^dialplane_sink_events_total{{outcome="sent"}} {len(told)}\.0$', text, re.M))

            eventually(is_sent, within_s=30, what="all sent")
        assert [one.value["id"] for one in broker.received()] == [part["id"] for part in told]
