"""Settings from the environment, files and TOML; what is none is refused with the nearest name."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from dialplane.setting_sources import SECRETS, SettingsRefused, find, masked
from dialplane.settings import Settings

NAMES = Settings.model_fields


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "dialplane.toml"
    monkeypatch.setenv("DIALPLANE_CONFIG", str(file))
    return file


def refusal(**variables: str) -> str:
    with pytest.raises(SettingsRefused) as refused:
        find({f"DIALPLANE_{name}": value for name, value in variables.items()}, NAMES)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("DATABSE_URL", "DIALPLANE_DATABSE_URL is no setting: did you mean DIALPLANE_DATABASE_URL?"),
        ("TRUSTED_PROXY", "DIALPLANE_TRUSTED_PROXY is no setting: did you mean DIALPLANE_TRUSTED_PROXIES?"),
        (
            "ADMIN_PASSWORD_FIL",
            "DIALPLANE_ADMIN_PASSWORD_FIL is no setting: did you mean DIALPLANE_ADMIN_PASSWORD_FILE?",
        ),
        ("SIP_FILE", "DIALPLANE_SIP_FILE is no setting: did you mean DIALPLANE_SIP_TLS?"),
        ("QQQ", "DIALPLANE_QQQ is no setting"),
    ],
)
def test_a_name_that_is_no_setting_is_refused_with_the_nearest(name: str, sentence: str) -> None:
    assert refusal(**{name: "x"}) == sentence


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(refusal(QQQ="x", RRR="x").splitlines()) == 2


@pytest.mark.parametrize(
    "name",
    [
        *("DIALPLANE_COMMAND", "DIALPLANE_EDGE_SETTINGS", "DIALPLANE_EDGE_SITE_PACKAGES", "PATH", "DIAL_QQQ"),
        *("DIALPLANE_SERVICE_HOST", "DIALPLANE_SERVICE_PORT", "DIALPLANE_SERVICE_PORT_HTTP"),
        *("DIALPLANE_PORT", "DIALPLANE_PORT_8080_TCP_ADDR"),
    ],
)
def test_other_variables_are_let_be(name: str) -> None:
    """Also those that Kubernetes sets for a service of our name."""
    assert find({name: "x"}, NAMES) == {}


def test_secrets_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, secret in (("admin_password", "hunter2 "), ("database_url", "postgresql://u:p@h/d")):
        (tmp_path / name).write_text(f"{secret}\n")
        monkeypatch.setenv(f"DIALPLANE_{name.upper()}_FILE", str(tmp_path / name))
    settings = Settings()
    assert settings.admin_password.get_secret_value() == "hunter2 "
    assert settings.database_url == "postgresql://u:p@h/d"


def test_a_secrets_file_that_is_not_there_or_beside_the_secret_itself_is_refused(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert refusal(DATABASE_URL_FILE=str(gone)) == f"DIALPLANE_DATABASE_URL_FILE: {gone}: No such file or directory"
    both = refusal(ADMIN_PASSWORD="x", ADMIN_PASSWORD_FILE=str(gone))
    assert both.startswith("DIALPLANE_ADMIN_PASSWORD_FILE and DIALPLANE_ADMIN_PASSWORD are both set")


def test_a_toml_file_is_read_and_the_environment_comes_first(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(
        'http = "[::]:80"\nhide_topology = false\nmax_attempts = 7\nprobe_timeout_s = 0.5\n'
        'trusted_proxies = ["10.0.0.1"]\nedge_name = "from the file"\n'
    )
    monkeypatch.setenv("DIALPLANE_EDGE_NAME", "from the environment")
    settings = Settings()
    assert (settings.http, settings.hide_topology, settings.max_attempts) == (("::", 80), False, 7)
    assert (settings.probe_timeout_s, settings.trusted_proxies) == (0.5, ("10.0.0.1/32",))
    assert settings.edge_name == "from the environment"
    assert Settings(edge_name="from an argument").edge_name == "from an argument"


def test_a_secrets_file_of_the_environment_comes_before_the_secret_in_the_toml_file(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('admin_password = "old"\n')
    (tmp_path / "new").write_text("new\n")
    monkeypatch.setenv("DIALPLANE_ADMIN_PASSWORD_FILE", str(tmp_path / "new"))
    assert Settings().admin_password.get_secret_value() == "new"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("trusted_proxy = 1", "trusted_proxy is no setting: did you mean {file}: trusted_proxies?"),
        ("[sip]\nhost = 1", "sip is a table: settings have no sections"),
        ("sip =", "Invalid value"),
        ('command = "x"', "command is no setting"),
    ],
)
def test_a_toml_file_with_anything_else_is_refused(config: Path, text: str, sentence: str) -> None:
    config.write_text(text)
    with pytest.raises(SettingsRefused) as refused:
        Settings()
    assert sentence.format(file=config) in str(refused.value)
    assert str(refused.value).startswith(f"{config}: ")


def test_a_toml_file_that_is_not_there_is_refused(config: Path) -> None:
    with pytest.raises(SettingsRefused, match="No such file"):
        Settings()


def test_settings_as_variables_are_the_same_settings(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(
        'sip_tls = "[::1]:5061"\ncors_origins = ["https://a", "https://b"]\ndemo = true\nkey_file = "/k"\n'
        'admin_password = "hunter2"\nprobe_interval_s = 3\n'
    )
    before = Settings()
    for name, value in before.as_environment(Settings.model_fields).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DIALPLANE_CONFIG")
    assert Settings() == before


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("http", "127.0.0.1:80", "127.0.0.1:80"),
        ("admin_password", "hunter2", "***"),
        ("admin_password", "", ""),
        ("database_url", "postgresql://u:p@ss:w/rd@h/d?password=p", "postgresql://u:***@h/d?***"),
        ("database_url", "postgresql://u@h:5432/d", "postgresql://u@h:5432/d"),
        ("database_url", "sqlite:////data/a.db", "sqlite:////data/a.db"),
        ("database_url", "what is this: hunter2", "***"),
    ],
)
def test_passwords_are_masked(name: str, text: str, shown: str) -> None:
    assert masked(name, text) == shown


def test_every_setting_that_may_hold_a_secret_is_shown_masked() -> None:
    secret = {name for name, field in NAMES.items() if field.annotation is SecretStr or not field.repr}
    assert secret == set(SECRETS)
