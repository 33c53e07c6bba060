"""Every setting, with its unit, its default and the reason for it.

Each is read from the environment as `DIALPLANE_<NAME>`, or from a TOML file (setting_sources.py). Only composition
roots read this module; they pass plain values inward. The edge's settings keep their names on the way to Kamailio
(edge/settings.py).
"""

import os
import re
import socket
import ssl
from collections.abc import Iterable
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from dialplane import setting_sources
from dialplane.setting_sources import PREFIX
from dialplane.system import datafolder
from dialplane.system.address import PATH_PREFIX, SocketAddress
from dialplane.system.datafolder import DataFolder

_AUTHORITIES = "/etc/ssl/certs"


def _address(value: object) -> object:
    return SocketAddress.parse(value) if isinstance(value, str) else value


def _optional(value: object) -> object:
    return None if value == "" else value


def _entries(value: object) -> object:
    """The entries of a comma-separated text, without blanks."""
    return tuple(entry for part in value.split(",") if (entry := part.strip())) if isinstance(value, str) else value


def _optional_ip(text: str) -> str:
    return str(ip_address(text.strip("[]"))) if text else ""


def _networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(ip_network(text)) for text in texts)


def _root_path(text: str) -> str:
    path = text.rstrip("/")
    if path and not PATH_PREFIX.fullmatch(path):
        raise ValueError("must be a path like /dialplane")
    return path


def _keepalive(seconds: int) -> int:
    if 0 < seconds < 30:
        raise ValueError("must be 0 or at least 30: less would only be traffic")
    return seconds


def _with_kafka(brokers: tuple[str, ...]) -> tuple[str, ...]:
    if brokers and find_spec("confluent_kafka") is None:
        raise ValueError("needs the package confluent-kafka: pip install 'dialplane[kafka]'")
    return brokers


_OWN_KAFKA_OPTIONS = frozenset(
    {
        *("bootstrap.servers", "metadata.broker.list", "acks", "request.required.acks", "enable.idempotence"),
        *("message.timeout.ms", "delivery.timeout.ms", "transactional.id", "enable.gapless.guarantee"),
    }
)
"""Options of librdkafka that brokers and promises stand on."""


def _kafka_options(options: tuple[str, ...]) -> tuple[str, ...]:
    for option in options:
        name, equals, _ = option.partition("=")
        if not equals:
            raise ValueError(f"{name!r} must be NAME=VALUE, an option of librdkafka")
        if name in _OWN_KAFKA_OPTIONS:
            raise ValueError(f"{name} is set by Dialplane itself")
        if re.search(r"password|secret|\.pem$|sasl\.oauthbearer\.config", name):
            raise ValueError(f"{name} is a secret: DIALPLANE_KAFKA_PASSWORD is for that of SASL, files for keys")
    return options


def _or_host_name(text: str) -> str:
    return text or socket.gethostname()


Address = Annotated[SocketAddress, NoDecode, BeforeValidator(_address)]
OptionalAddress = Annotated[SocketAddress | None, NoDecode, BeforeValidator(_address), BeforeValidator(_optional)]
OptionalPath = Annotated[Path | None, BeforeValidator(_optional)]
Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_entries)]


class Settings(BaseSettings):
    """All settings of one Dialplane process tree. Keyword arguments win over the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    data: Path = Field(
        default=datafolder.DEFAULT,
        description="Folder that holds the database, secrets, replica, events and logs; one instance at a time.",
    )
    http: Address = Field(
        default=SocketAddress("127.0.0.1", 8080),
        description="HOST:PORT of the REST API. Loopback, so that nothing is exposed unless you set it; [::] is all "
        "addresses, of IPv4 too.",
    )
    http_socket: OptionalPath = Field(
        default=None,
        description="Unix socket that the API listens on besides, for a reverse proxy of this machine, which is "
        "trusted like those of `trusted_proxies`. Empty for none.",
    )
    http_socket_mode: str = Field(
        default="660",
        pattern="^[0-7]{3}$",
        description="Permissions of that socket, octal. It belongs to the user and the group that Dialplane runs as.",
    )
    sip: Address = Field(
        default=SocketAddress("127.0.0.1", 5060),
        description="HOST:PORT that the edge receives SIP on. Loopback, for the same reason.",
    )
    demo: bool = Field(
        default=False,
        description="Make demo carriers, customers and routes on an empty data folder, place a call through them, and "
        "go on making calls.",
    )
    demo_calls_per_s: float = Field(
        default=1.0, ge=0, le=50,
        description="Calls that the demo's customers make each second, and have made in the hour before; 0 for none.",
    )  # fmt: skip
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL of the database; empty for SQLite in the data folder. PostgreSQL once there is "
        "more than one control node.",
        repr=False,
    )
    upgrade_copies: int = Field(
        default=2,
        ge=0,
        description="Copies of the SQLite database to keep in `before-upgrades`, each made before a new version "
        "changes its schema; 0 to make none. One takes as much room as the database.",
    )
    admin_username: str = Field(
        default="",
        description="User name of the first administrator, created if there is none; empty for admin@localhost.",
    )
    admin_password: SecretStr = Field(
        default=SecretStr(""),
        description="Password of the first administrator; empty for a generated one that is printed once.",
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="Least level that is logged: debug, info, warning or error.",
    )

    log_to: str = Field(
        default="files",
        pattern="^(files|stdout)$",
        description="Where all programs log to: files (each to one in the data folder's `logs`) or stdout (as JSON "
        "objects, one a line, for a journal or a container's log).",
    )

    # --- REST API: what one request may take
    body_limit_bytes: int = Field(
        default=1_048_576, ge=1024, le=1_073_741_824,
        description="Largest request body. A megabyte holds any object several times over.",
    )  # fmt: skip
    bulk_body_limit_bytes: int = Field(
        default=67_108_864, ge=1024, le=1_073_741_824,
        description="Largest body of many changes at once, which only the platform's administrators reach.",
    )  # fmt: skip
    events_body_limit_bytes: int = Field(
        default=4_194_304, ge=1_048_576, le=1_073_741_824,
        description="Largest body of events. An edge sends half a megabyte at a time.",
    )  # fmt: skip
    body_memory_bytes: int = Field(
        default=268_435_456, ge=1_048_576, le=1_099_511_627_776,
        description="Bytes of request bodies in memory at one time; those beyond are answered 503. One caller may have "
        "as many as the largest body takes.",
    )  # fmt: skip
    body_timeout_s: int = Field(
        default=20, ge=1, le=600,
        description="Seconds a request's whole body may take to arrive, so that slow senders hold no slot.",
    )  # fmt: skip
    header_timeout_s: int = Field(
        default=10, ge=1, le=120,
        description="Seconds the head of a request may take to arrive before the connection is closed.",
    )  # fmt: skip
    header_limit_bytes: int = Field(
        default=32_768, ge=4096, le=1_048_576,
        description="Largest head of a request (request line and headers together).",
    )  # fmt: skip
    header_limit_count: int = Field(
        default=100, ge=16, le=10_000,
        description="Most headers in a request; browsers and proxies send fewer than 40.",
    )  # fmt: skip
    keep_alive_s: int = Field(
        default=15, ge=1, le=600,
        description="Seconds an idle connection is kept; longer than the usual 10 s of health checkers.",
    )  # fmt: skip
    write_timeout_s: int = Field(
        default=30, ge=1, le=600,
        description="Seconds a client may take to read an answer, or a piece of a long one, before it is cut off.",
    )  # fmt: skip
    connections_per_address: int = Field(
        default=512, ge=1, le=100_000,
        description="Connections from one address, trusted proxies apart; one more is answered 503 and closed.",
    )  # fmt: skip
    requests_in_flight: int = Field(
        default=512, ge=1, le=100_000,
        description="Requests carried out at one time (long polls apart); more are answered 503 with Retry-After, so "
        "that those inside are answered in time.",
    )  # fmt: skip
    requests_in_flight_per_caller: int = Field(
        default=128, ge=1, le=100_000,
        description="The same of one access key or person, or of one address without credentials; more are answered "
        "429, so that no caller takes all slots.",
    )  # fmt: skip
    feed_followers: int = Field(
        default=1000, ge=1, le=100_000,
        description="Long polls of the feed held at one time, one for each edge.",
    )  # fmt: skip
    feed_followers_per_key: int = Field(
        default=250, ge=1, le=100_000,
        description="The same of one access key. One that is bound to an edge may hold four.",
    )  # fmt: skip
    shutdown_timeout_s: int = Field(
        default=20, ge=1, le=600,
        description="Seconds that requests in flight have to finish when the API stops; longer than the longest write.",
    )  # fmt: skip

    # --- REST API: who may call, and how often
    query_credentials: bool = Field(
        default=True,
        description="Accept ?token= and ?accesskey=, which the contract documents. They are kept out of all logs.",
    )
    login_failures_per_minute: int = Field(
        default=10, ge=1, le=100_000,
        description="Wrong passwords per minute for one user name from one address, before 429.",
    )  # fmt: skip
    address_login_failures_per_minute: int = Field(
        default=300, ge=1, le=1_000_000,
        description="Wrong passwords per minute from one address over all user names, before 429. Wide enough for "
        "an office behind one address; a guesser of many names needs more.",
    )  # fmt: skip
    name_login_failures_per_minute: int = Field(
        default=100, ge=1, le=1_000_000,
        description="Wrong passwords per minute for one user name from all addresses together, before 429 for those "
        "that it has not logged in from before.",
    )  # fmt: skip
    requests_per_second: int = Field(
        default=10_000, ge=1, le=1_000_000,
        description="Requests per second of one access key or person, before 429. Beyond one worker's capacity by "
        "default; lower it if callers share a platform.",
    )  # fmt: skip
    refusals_at_once: int = Field(
        default=10, ge=1, le=1_000_000,
        description="Refusals with the same status (400, 401, 403, 413, 429) that one caller hears at once; of more it "
        "hears one a second, up to 5 s late: whoever asks again and again without heeding them costs others little.",
    )  # fmt: skip
    metrics_networks: Annotated[Listed, AfterValidator(_networks)] = Field(
        default=(),
        description="Comma-separated networks that may read /metrics, which names edges and providers; empty for all.",
    )
    cors_origins: Listed = Field(
        default=(),
        description="Comma-separated origins whose pages may call the API from a browser; empty for none.",
    )
    trusted_proxies: Annotated[Listed, AfterValidator(_networks)] = Field(
        default=(),
        description="Comma-separated addresses or networks of the reverse proxies before the API, whose "
        "X-Forwarded-For is believed; empty for none. All clients of a proxy that is not named are one address.",
    )

    root_path: Annotated[str, AfterValidator(_root_path)] = Field(
        default="",
        description="Path below which a reverse proxy serves the API, such as /dialplane: the documentation's pages "
        "link there. Empty if it is the root, or if a trusted proxy says it in X-Forwarded-Prefix.",
    )

    # --- Retention: for how many days records are kept
    keep_calls_days: int = Field(
        default=90, ge=0, le=36_500,
        description="Days that calls are kept, 0 for ever: long enough for disputes about an invoice. A million calls "
        "with two attempts take 3 GB on SQLite, 4 on PostgreSQL.",
    )  # fmt: skip
    keep_attempts_days: int = Field(
        default=90, ge=0, le=36_500,
        description="Days that attempts are kept, but no longer than their calls; 0 for as long. Half of the space.",
    )  # fmt: skip
    keep_revisions_days: int = Field(
        default=365, ge=0, le=36_500,
        description="Days that the contents of revisions are kept, 0 for ever. Who changed something and when is kept "
        "for ever; without the contents it cannot be undone.",
    )  # fmt: skip
    keep_deleted_days: int = Field(
        default=365, ge=0, le=36_500,
        description="Days that deleted objects are kept, 0 for ever. An edge that was cut off for longer loads its "
        "whole table.",
    )  # fmt: skip
    keep_edges_days: int = Field(
        default=30, ge=0, le=36_500,
        description="Days that an edge is listed after its last contact, 0 for ever.",
    )  # fmt: skip
    keep_minute_sums_days: int = Field(
        default=8, ge=0, le=36_500,
        description="Days for which statistics by the minute are kept, 0 for ever: a week of charts.",
    )  # fmt: skip
    keep_hour_sums_days: int = Field(
        default=100, ge=0, le=36_500,
        description="Days for which statistics by the hour are kept, 0 for ever; as long as those by the minute at "
        "least.",
    )  # fmt: skip
    keep_day_sums_days: int = Field(
        default=1_100, ge=0, le=36_500,
        description="Days for which statistics by the day are kept, 0 for ever; as long as those by the hour at least. "
        "They tell nothing of single calls, so they may outlast the records.",
    )  # fmt: skip

    # --- Events for an engine of the operator's own
    kafka_brokers: Annotated[Listed, AfterValidator(_with_kafka)] = Field(
        default=(),
        description="Comma-separated HOST:PORT of the Kafka brokers that get each event; empty for none. "
        "The same at all control nodes.",
    )
    kafka_topic: str = Field(
        default="dialplane.events",
        pattern=r"^[A-Za-z0-9._-]{1,249}$",
        description="Topic of the events.",
    )
    kafka_options: Annotated[Listed, AfterValidator(_kafka_options)] = Field(
        default=(),
        description="Comma-separated NAME=VALUE of further options of librdkafka, for TLS and SASL above all: "
        "security.protocol=SASL_SSL,sasl.mechanism=SCRAM-SHA-512,sasl.username=dialplane,ssl.ca.location=/etc/ssl/ca.pem.",
    )
    kafka_password: SecretStr = Field(
        default=SecretStr(""), description="SASL password for Kafka, if it asks for one.",
    )  # fmt: skip
    kafka_waiting_bytes: int = Field(
        default=21_474_836_480, ge=0, le=1_099_511_627_776,
        description="Most bytes of the database that may wait for Kafka, compressed to about a fifth; 0 for no limit. "
        "Beyond it the oldest events are dropped, counted and logged: the records go on. A day of 300 calls a second "
        "takes 15 GB.",
    )  # fmt: skip

    # --- Routing and the edge
    sip_tls: OptionalAddress = Field(
        default=None,
        description="HOST:PORT for SIP over TLS; empty for the port above that of `sip`, or a free one if it is in "
        "use: carriers over TLS need a socket to be sent from.",
    )
    sip_advertised: Annotated[str, AfterValidator(_optional_ip)] = Field(
        default="",
        description="IP address that callers and carriers reach this edge at, if it is not the one of `sip`: behind "
        "NAT. Empty for that one; if `sip` is 0.0.0.0 or [::], for the address of the default route.",
    )
    tls_certificate: OptionalPath = Field(
        default=None,
        description="PEM file of the certificate that the edge shows over TLS; empty for one of its own making.",
    )
    tls_key: OptionalPath = Field(default=None, description="PEM file of the private key to `tls_certificate`.")
    tls_authorities: OptionalPath = Field(
        default=None,
        description="The authorities that must have signed a carrier's certificate: a PEM file, or a folder of them as "
        "`openssl rehash` makes it, which starts quicker; empty for the system's. For one that signs its own, the "
        "system's and that certificate.",
    )
    tls_verify_carriers: bool = Field(
        default=True,
        description="Check the certificates of carriers over TLS: who signed them, until when they hold, and for which "
        "name, where a provider's hostname is one. No call is sent to a server of another name.",
    )
    denied_networks: Annotated[Listed, AfterValidator(_networks)] = Field(
        default=(),
        description="Comma-separated networks that no provider may live in, besides link-local, multicast and "
        "unspecified ones, which are always refused. Private networks are allowed: SBCs live there.",
    )
    max_attempts: int = Field(
        default=10, ge=1, le=30,
        description="Most attempts for one call. Ten is more than any caller waits for.",
    )  # fmt: skip
    max_call_s: int = Field(
        default=14_400, ge=60, le=31 * 86_400,
        description="Seconds after which an answered call is ended, with a BYE to both sides: a machine has forgotten "
        "it. No edge's calls last longer.",
    )  # fmt: skip
    call_keepalive_s: Annotated[int, AfterValidator(_keepalive)] = Field(
        default=300, ge=0, le=86_400,
        description="Seconds between two looks at both sides of an answered call; 0 for none, else at least 30. A "
        "side that said nothing since the last one is asked by OPTIONS. One that twice in a row says 481, or nothing "
        "though it used to answer OPTIONS, has lost the call, and it is ended.",
    )  # fmt: skip
    strangers: str = Field(
        default="refuse",
        pattern="^(refuse|drop)$",
        description="The answer to callers that belong to no trunk, and to known scanners: refuse (403, which "
        "shows a customer what is wrong) or drop (no answer).",
    )
    stranger_requests: int = Field(
        default=50, ge=1, le=100_000,
        description="Requests in 10 seconds from a source that belongs to no trunk before it is banned. A monitor that "
        "asks every second stays below; a scanner sends hundreds.",
    )  # fmt: skip
    ban_s: int = Field(
        default=300, ge=1, le=86_400,
        description="Seconds that a banned source gets no answer to anything but requests within its calls. Scanners "
        "have gone on by then; a customer that was set up too late has not waited long.",
    )  # fmt: skip
    source_requests_per_second: int = Field(
        default=5_000, ge=1, le=1_000_000,
        description="New requests per second from one address before 503 with Retry-After, before any decision. More "
        "than one customer's SBC sends; a trunk's own limit is its `max_cps`.",
    )  # fmt: skip
    new_calls_per_second: int = Field(
        default=0, ge=0, le=1_000_000,
        description="New calls per second of all sources together before 503 with Retry-After; 0 for no limit. "
        "Calls that the machine cannot carry are refused without it; set it if the carriers take fewer.",
    )  # fmt: skip
    shared_memory_mb: int = Field(
        default=512, ge=64, le=65_536,
        description="Most memory (MB) of Kamailio for calls; once it is nearly full, new ones are refused 503. A call "
        "takes 50 kB until 5 s after its last answer: 512 MB carry some 1,500 a second.",
    )  # fmt: skip
    hide_topology: bool = Field(
        default=True,
        description="Keep customers' addresses from carriers and carriers' from customers. Costs a fifth of the "
        "instructions of a call; turn it off if all are one network.",
    )
    breaker_failures: int = Field(
        default=5, ge=0, le=1000,
        description="Attempts in a row that a provider must fail (silence, transport errors, 5xx) before an edge "
        "tries it last; 0 for never. Single failures are the routes' business; five of them are the provider's.",
    )  # fmt: skip
    breaker_open_s: int = Field(
        default=30, ge=1, le=3600,
        description="Seconds until one call tries such a provider in its old place again. At one lost second or "
        "three a trial, a dead provider costs one caller in half a minute that much; one that returns waits as long.",
    )  # fmt: skip
    edge_name: Annotated[str, AfterValidator(_or_host_name)] = Field(
        default="",
        validate_default=True,
        description="Name of this edge in records and feeds; empty for the machine's host name.",
        max_length=255,
    )
    control_url: str = Field(
        default="",
        description="Base URL of the control plane that an edge follows; empty for the one on this machine.",
    )
    key_file: OptionalPath = Field(
        default=None,
        description="File that holds the access key (permission `edge`) of an edge that runs by itself.",
    )

    probe_interval_s: float = Field(
        default=10.0, ge=0.1, le=3600,
        description="Seconds between OPTIONS probes of a provider; sooner while a probe contradicts its health.",
    )  # fmt: skip
    probe_timeout_s: float = Field(
        default=2.0, ge=0.1, le=30,
        description="Seconds a provider has to answer a probe; two retransmissions fit in.",
    )  # fmt: skip
    probe_down_after: int = Field(
        default=3, ge=1, le=100,
        description="Failed probes in a row until a healthy provider is unhealthy; a lost packet moves no call.",
    )  # fmt: skip
    probe_up_after: int = Field(
        default=2, ge=1, le=100,
        description="Answered probes in a row until an unhealthy provider is healthy again.",
    )  # fmt: skip
    replica_check_s: float = Field(
        default=600.0, ge=0.1, le=86_400,
        description="Seconds between two looks at every entry of an edge's table, for damage that calls do not meet.",
    )  # fmt: skip
    dns_server: OptionalAddress = Field(
        default=None,
        description="ADDRESS:PORT of the DNS server to look providers' hostnames up at; empty for the system's.",
    )

    def in_effect(self) -> list[tuple[str, str, bool, str]]:
        """Of each setting its variable, its value ("" of a secret), whether that is the default, its description."""
        fields = type(self).model_fields.items()
        return [
            (
                f"{PREFIX}{name.upper()}",
                "" if name in setting_sources.SECRETS else as_text(value),
                value == field.default,
                field.description or "",
            )
            for name, field in fields
            for value in [getattr(self, name)]
        ]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then what `setting_sources` finds. Raises SettingsRefused."""
        found = setting_sources.find(os.environ, cls.model_fields)
        return init_settings, InitSettingsSource(settings_cls, {name: value for name, (value, _) in found.items()})

    def as_environment(self, names: Iterable[str]) -> dict[str, str]:
        """The variables that say the same of these settings."""
        return {f"{PREFIX}{name.upper()}": as_text(getattr(self, name)) for name in names}

    @property
    def folder(self) -> DataFolder:
        """The data folder, by its absolute path."""
        return DataFolder(self.data.absolute())

    @property
    def carrier_authorities(self) -> Path | None:
        """The authorities for carriers' certificates, a PEM file or OpenSSL's folder of one for each; None: no check.

        The system's as a folder: Kamailio would read its file in each of its processes, for a second at each start.
        """
        if not self.tls_verify_carriers:
            return None
        return (self.tls_authorities or Path(ssl.get_default_verify_paths().capath or _AUTHORITIES)).absolute()

    @property
    def database_file(self) -> Path:
        """The SQLite file that is used if `database_url` is empty."""
        return self.folder.database

    @property
    def secrets_folder(self) -> Path:
        """The folder of the signing keys and of the keys to stored passwords; mode 0700."""
        return self.folder.secrets


def as_text(value: object) -> str:
    """The value of a setting as the environment has it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) is tuple:
        return ",".join(value)
    return "" if value is None else str(value)
