"""Settings: each documented, each with a safe default, each refused where it makes no sense."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from dialplane.settings import Settings, split_address, split_list


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_tells_what_it_is_for(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert description.endswith(".")


def test_the_environment_is_read_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALPLANE_HTTP", "127.0.0.1:9000")
    monkeypatch.setenv("DIALPLANE_CORS_ORIGINS", "https://a.example, https://b.example")
    assert Settings().http_address == ("127.0.0.1", 9000)
    assert split_list(Settings().cors_origins) == ("https://a.example", "https://b.example")
    assert Settings(http="127.0.0.1:9001").http_address == ("127.0.0.1", 9001)


def test_nothing_is_exposed_and_nothing_is_trusted_by_default() -> None:
    settings = Settings(data=Path("x"))
    assert settings.http_address[0] == settings.sip_address[0] == "127.0.0.1"
    assert settings.cors_origins == settings.trusted_proxies == ""
    assert settings.admin_password.get_secret_value() == ""


@pytest.mark.parametrize(
    ("text", "parsed"), [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:80", ("::1", 80)), ("host:0", ("host", 0))]
)
def test_an_address_is_host_and_port(text: str, parsed: tuple[str, int]) -> None:
    assert split_address(text) == parsed


@pytest.mark.parametrize("text", ["", "127.0.0.1", ":80", "host:", "host:65536", "host:8٠", "host:-1", "host:80 "])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        split_address(text)
    with pytest.raises(ValidationError):
        Settings(http=text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_attempts", 31), ("body_limit_bytes", 1), ("log_level", "loud"), ("denied_networks", "10.0.0.0/8,x")],
)
def test_a_value_that_makes_no_sense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({name: value})


def test_secrets_are_not_in_the_printed_form() -> None:
    settings = Settings.model_validate({"admin_password": "hidden", "database_url": "postgresql://u:hidden@h/d"})
    assert "hidden" not in repr(settings)
