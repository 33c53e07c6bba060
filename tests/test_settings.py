"""Settings: each documented, each with a safe default, each refused where it makes no sense."""

import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from dialplane.settings import Settings


def settings(**values: object) -> Settings:
    """Settings from texts, as the environment has them."""
    return Settings.model_validate(values)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_tells_what_it_is_for(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert description.endswith(".")


def test_the_environment_is_read_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALPLANE_HTTP", "127.0.0.1:9000")
    monkeypatch.setenv("DIALPLANE_CORS_ORIGINS", "https://a.example, https://b.example")
    assert Settings().http == ("127.0.0.1", 9000)
    assert Settings().cors_origins == ("https://a.example", "https://b.example")
    assert settings(http="127.0.0.1:9001").http == ("127.0.0.1", 9001)


def test_nothing_is_exposed_and_nothing_is_trusted_by_default() -> None:
    defaults = Settings(data=Path("x"))
    assert defaults.http.host == defaults.sip.host == "127.0.0.1"
    assert defaults.cors_origins == defaults.trusted_proxies == ()
    assert defaults.admin_password.get_secret_value() == ""


@pytest.mark.parametrize(
    ("text", "parsed"), [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:80", ("::1", 80)), ("host:0", ("host", 0))]
)
def test_an_address_is_host_and_port(text: str, parsed: tuple[str, int]) -> None:
    assert settings(http=text).http == settings(sip_tls=text).sip_tls == parsed
    assert settings(sip_tls="").sip_tls is None


@pytest.mark.parametrize("text", ["", "127.0.0.1", ":80", "host:", "host:65536", "host:8٠", "host:-1", "host:80 "])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValidationError, match="HOST:PORT"):
        settings(http=text)


@pytest.mark.parametrize(
    "name",
    [
        *("sip_tls", "dns_server", "denied_networks", "cors_origins", "trusted_proxies"),
        *("tls_certificate", "tls_key", "tls_authorities", "key_file"),
    ],
)
def test_an_empty_variable_names_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"DIALPLANE_{name.upper()}", "")
    assert not getattr(Settings(), name)


def test_an_edge_without_a_name_has_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().edge_name == Settings(edge_name="").edge_name == socket.gethostname()
    monkeypatch.setenv("DIALPLANE_EDGE_NAME", "edge-1")
    assert Settings().edge_name == "edge-1"


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_attempts", 31), ("body_limit_bytes", 1), ("log_level", "loud"), ("denied_networks", "10.0.0.0/8,x")]
    + [("trusted_proxies", text) for text in ("nonsense", "localhost", "10.0.0.0/33", "*", "10.0.0.1,x")]
    + [
        ("kafka_options", text)
        for text in ("nonsense", "acks=1", "a=1,enable.idempotence=false", "sasl.password=x", "ssl.key.pem=x")
    ],
)
def test_a_value_that_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({name: value})


def test_secrets_are_not_in_the_printed_form() -> None:
    secret = Settings.model_validate(
        {"admin_password": "hidden", "database_url": "postgresql://u:hidden@h/d", "kafka_password": "hidden"}
    )
    assert "hidden" not in repr(secret)


def test_kafka_needs_its_library_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    options = "security.protocol=SASL_SSL, sasl.username=a=b"
    with_kafka = Settings.model_validate({"kafka_brokers": "a:1, b:2", "kafka_options": options})
    assert with_kafka.kafka_brokers == ("a:1", "b:2")
    assert with_kafka.kafka_options == ("security.protocol=SASL_SSL", "sasl.username=a=b")
    monkeypatch.setattr("dialplane.settings.find_spec", lambda name: None)
    assert not Settings().kafka_brokers
    with pytest.raises(ValidationError, match=r"pip install 'dialplane\[kafka\]'"):
        Settings.model_validate({"kafka_brokers": "a:1"})
