import json
import stat
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from dialplane.edge.settings import EdgeSettings, ScriptSettings
from dialplane.kamailio import render
from dialplane.kamailio.config import EdgeConfig
from dialplane.settings import Settings


@pytest.fixture
def config(tmp_path: Path) -> EdgeConfig:
    return EdgeConfig(
        settings=EdgeSettings.of(Settings()),
        listen=("udp:127.0.0.1:5999", "tcp:127.0.0.1:5999"),
        replica=tmp_path / "replica",
        events=tmp_path / "events",
        run=tmp_path / "run",
        site_packages=tmp_path,
    )


def test_nothing_is_left_to_fill_in(config: EdgeConfig) -> None:
    text = render.render(config)

    assert "@{" not in text
    assert "listen=udp:127.0.0.1:5999\nlisten=tcp:127.0.0.1:5999\n" in text
    assert "disable_tcp" not in text
    assert Path(text.partition('"load", "')[2].partition('"')[0]).is_file()


def test_without_a_tcp_socket_tcp_is_off(config: EdgeConfig) -> None:
    assert "disable_tcp=yes" in render.render(replace(config, listen=("udp:127.0.0.1:5999",)))


def test_the_script_reads_the_settings_that_were_written(config: EdgeConfig) -> None:
    render.write_config(config)

    settings = ScriptSettings.read(config.run / "script.json")
    assert settings.sockets == ("127.0.0.1:5999", "127.0.0.1:5999")
    assert settings.replica == str(config.replica)
    assert EdgeSettings.of(settings) == config.settings
    assert len(bytes.fromhex(settings.cookie_key)) == 32


def test_what_holds_the_key_is_for_its_owner_only_and_the_key_stays(config: EdgeConfig) -> None:
    render.write_config(config)
    before = json.loads((config.run / "script.json").read_text())["cookie_key"]
    render.write_config(config)

    assert json.loads((config.run / "script.json").read_text())["cookie_key"] == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in config.run.iterdir()} == {0o600}


def test_a_setting_reaches_kamailio_under_its_own_name(config: EdgeConfig) -> None:
    given = {"ban_s": 77, "source_requests_per_second": 4321, "stranger_requests": 66, "max_call_s": 3333}
    changed = replace(config, settings=EdgeSettings.of(Settings.model_validate(given)))

    text = render.render(changed)

    for name, value in given.items():
        assert f"@{{{name}}}" in files("dialplane.kamailio").joinpath("kamailio.cfg").read_text()
        assert str(value) in text
        assert str(value) not in render.render(config)


@pytest.mark.parametrize(
    ("name", "on", "off", "line"),
    [
        ("hide_topology", True, False, "#!define HIDES_TOPOLOGY"),
        ("call_keepalive_s", 30, 0, "#!define ASKS_WHETHER_CALLS_LIVE"),
        ("strangers", "refuse", "drop", 'sl_send_reply("403", "Forbidden")'),
        ("new_calls_per_second", 25, 0, "$shtinc(flood=>$Ts) > 25)"),
    ],
)
def test_a_setting_turns_a_part_of_the_configuration_on_and_off(
    config: EdgeConfig, name: str, on: object, off: object, line: str
) -> None:
    def text_with(value: object) -> str:
        return render.render(replace(config, settings=EdgeSettings.of(Settings.model_validate({name: value}))))

    assert line in text_with(on)
    assert line not in text_with(off)


@pytest.mark.parametrize(
    ("listen", "advertised", "address"),
    [
        (("udp:192.0.2.7:5060",), "", "192.0.2.7:5060"),
        (("udp:[2001:db8::7]:5060",), "", "[2001:db8::7]:5060"),
        (("udp:0.0.0.0:5060",), "192.0.2.8", "192.0.2.8:5060"),
        (("udp:[::]:5060",), "2001:db8::8", "[2001:db8::8]:5060"),
        (("udp:0.0.0.0:5060",), "", "127.0.0.8:5060"),
    ],
)
def test_a_hidden_side_is_masked_by_an_address_of_ours(
    config: EdgeConfig, listen: tuple[str, ...], advertised: str, address: str
) -> None:
    text = render.render(replace(config, listen=listen, advertised=advertised))
    assert f'set_source_address("{address}")' in text
