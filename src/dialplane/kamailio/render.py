"""Kamailio's configuration, rendered from `kamailio.cfg` and the edge's settings, and the other files that it reads.

The template has a setting's value under the setting's name; variables that are no setting come from `_derived`.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from string import Template

from dialplane.domain.call import LONGEST_SETUP_S
from dialplane.domain.hostname import HostPort
from dialplane.edge.call.plan import branches_for
from dialplane.engine.overload import SHARES
from dialplane.engine.refusals import RETRY_AFTER_S
from dialplane.eventlog.native import ensure_mark
from dialplane.kamailio.config import EdgeConfig
from dialplane.kamailio.native import parts
from dialplane.system.address import SocketAddress
from dialplane.system.files import replace_file, update_file

SCANNERS = ("friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sundayddr", "VaxSIPUserAgent", "pplsip", "sipsak")
"""User agents that only attackers have; Kamailio's `=~` does not tell case."""
SCRUBBED_NAMES = (
    *("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Identity", "Identity-Info", "y", "n"),
    "P-Access-Network-Info",
    *("Authorization", "Proxy-Authorization"),
    *("User-Agent", "Organization"),
)
SCRUBBED_PREFIXES = ("X-Dialplane-", "P-Charging-")
"""Headers, by their names and by how their names begin, that cross our border in no request: identities that only a
trusted peer may assert (RFC 3325, RFC 8224, RFC 7315), credentials that were for us, our own, and what equipment the
caller has. Kamailio's matching does not tell case. A name costs a tenth of what a regular expression costs."""
PRIVATE_NAMES = ("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID")
"""Of these headers, the ones that no reply to a caller outside our trust domain has; the prefixes as well."""
_OUTSIDE_DIALOGS = "INVITE, ACK, CANCEL, OPTIONS"
_ALLOW = f"{_OUTSIDE_DIALOGS}, BYE, UPDATE, PRACK, INFO, REFER, NOTIFY, MESSAGE"
_TLS = """loadmodule "tls.so"
modparam("tls", "config", "{config}")
modparam("tls", "xavp_cfg", "tls")
loadmodule "tcpops.so"
modparam("tcpops", "closed_event", 0)"""
CONFIG = "kamailio.cfg"
_COOKIE_KEY_BYTES = 32
_NO_LIMIT = 2**31 - 1
_LONGEST_LIFE_INTERVAL_S = 30  # a look at 2,000 dialogs takes 30 ms
_LOAD_INTERVAL_US = 20_000  # a buffer of the usual size holds some 20 ms of work


def _removing(names: Sequence[str]) -> str:
    """The statements that remove the headers of these names, and of the names that begin as ours do."""
    prefixes = f'remove_hf_re("^({"|".join(SCRUBBED_PREFIXES)})");'
    return "\n    ".join([*(f'remove_hf("{name}");' for name in names), prefixes])


_FIXED: Mapping[str, object] = {
    "longest_setup_s": LONGEST_SETUP_S,
    "retry_after_s": RETRY_AFTER_S,
    "load_interval_us": _LOAD_INTERVAL_US,
    "load_shares": SHARES,
    "allow": _ALLOW,
    "outside_dialogs": _OUTSIDE_DIALOGS,
    "scanners": "|".join(SCANNERS),
    "scrubbing": _removing(SCRUBBED_NAMES),
    "private": _removing(PRIVATE_NAMES),
}
"""The template's variables that are the same for every edge."""

_UNUSED_LOOPBACK = "127.0.0.8"
_LOADED = re.compile(r'^loadmodule "([a-z0-9_]+)\.so"', re.MULTILINE)


class ConfigTemplate(Template):
    """Kamailio's own variables start with a dollar sign, so ours start with an at sign."""

    delimiter = "@"


def write_config(config: EdgeConfig) -> Path:
    """Write Kamailio's configuration and the script's settings into `config.run`; returns the configuration's path.

    The key that signs Record-Route cookies is created once and kept, so that calls outlive a restart. Files that
    have their content already are not written: with the same settings an edge starts on a full disk. Raises OSError.
    """
    config.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    config.events.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = config.folder
    cookie_key = _cookie_key(folder.cookie_key)
    update_file(folder.script_settings, config.for_script(cookie_key=cookie_key).to_json())
    if config.has_tls:
        update_file(folder.tls_config, render_tls(config))
    mark = ensure_mark(config.events)
    update_file(folder.config, render(config, mark=mark))
    return folder.config


def render(config: EdgeConfig, *, mark: str = "") -> str:
    """The text of Kamailio's configuration; `mark` begins the script's own events."""
    values = {**asdict(config.settings), **_derived(config), "mark": mark}
    native = parts(config.settings.edge_name, mark=mark, most_branches=branches_for(config.settings.max_attempts))
    call = ConfigTemplate(_template("call.cfg")).substitute({**values, **native})
    hide = ConfigTemplate(_template("hide.cfg")).substitute(values)
    return ConfigTemplate(_template(CONFIG)).substitute({**values, "call": call, "hide": hide})


def _derived(config: EdgeConfig) -> Mapping[str, object]:
    """The template's variables that are no setting, or another value than the setting's."""
    settings = config.settings
    return {
        "listen": "\n".join(_listen_lines(config)),
        "tls": _TLS.format(config=config.folder.tls_config) if config.has_tls else "",
        "workers": config.workers,
        "debug": config.debug,
        "script": config.script or files("dialplane.edge").joinpath("script.py"),
        "quiet": "#!define QUIET" if config.is_quiet else "",
        "hides_topology": "#!define HIDES_TOPOLOGY" if settings.hide_topology else "",
        "checks_names": "#!define CHECKS_NAMES" if config.checks_names else "",
        "asks_whether_calls_live": "#!define ASKS_WHETHER_CALLS_LIVE" if settings.call_keepalive_s else "",
        "life_interval_s": max(1, min(settings.call_keepalive_s // 5, _LONGEST_LIFE_INTERVAL_S)),
        "breakers": "#!define BREAKERS" if settings.breaker_failures else "",
        "turn_away": "" if settings.drops_strangers else 'sl_send_reply("403", "Forbidden");',
        "new_calls_per_second": settings.new_calls_per_second or _NO_LIMIT,
        "max_branches": branches_for(settings.max_attempts),
        "own_address": _own_address(config.sockets),
        **_FIXED,
    }


def render_tls(config: EdgeConfig) -> str:
    """The text of the TLS module's configuration; the edge's own certificate is created if no other is set."""
    tls, certificate, key = config.tls, config.tls.certificate, config.tls.key
    if certificate is None or key is None:
        certificate, key = config.folder.certificate, config.folder.certificate_key
        if not (certificate.exists() and key.exists()):
            _create_own(certificate, key, config)
    own = f"method = TLSv1.2+\ncertificate = {_quoted(certificate)}\nprivate_key = {_quoted(key)}\n"
    authorities = tls.authorities if tls.authorities is None or tls.authorities.exists() else certificate
    verify = "no" if authorities is None else f"yes\nrequire_certificate = yes\n{_listed(authorities)}"
    return f"[server:default]\n{own}verify_certificate = no\n\n[client:default]\n{own}verify_certificate = {verify}\n"


def _create_own(certificate: Path, key: Path, config: EdgeConfig) -> None:
    # imported late: a start that has a certificate takes calls without loading its library
    from dialplane.kamailio.certificate import ensure_own

    addresses = [socket.host for socket in config.own_sockets]
    ensure_own(certificate, key, name=config.settings.edge_name, addresses=addresses)


def modules() -> Sequence[str]:
    """The names of the modules that the configuration loads."""
    return _LOADED.findall(_template(CONFIG) + _TLS)


def _listed(authorities: Path) -> str:
    return f"{'ca_path' if authorities.is_dir() else 'ca_list'} = {_quoted(authorities)}"


def _quoted(path: Path) -> str:
    """A path as the TLS module reads it, whatever is in its name: a bare one ends at a space."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _template(name: str) -> str:
    return files("dialplane.kamailio").joinpath(name).read_text()


def _listen_lines(config: EdgeConfig) -> Sequence[str]:
    has_tcp = any(socket.startswith(("tcp:", "tls:")) for socket in config.listen)
    sockets = [
        f"listen={socket} advertise {config.reached_at(own)}" if config.advertised else f"listen={socket}"
        for socket, own in zip(config.listen, config.own_sockets, strict=True)
    ]
    return [*(("enable_tls=yes",) if config.has_tls else ()), *sockets, *(() if has_tcp else ("disable_tcp=yes",))]


def _own_address(sockets: Sequence[SocketAddress]) -> str:
    """The address shown for the other side's: ours, so that a peer that ignores Route sends to us all the same."""
    hosts = [HostPort(socket.host, socket.port) for socket in sockets]
    usable = (str(host) for host in hosts if host.address and not host.address.is_unspecified)
    return next(usable, f"{_UNUSED_LOOPBACK}:{hosts[0].port}")


def _cookie_key(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        key = secrets.token_hex(_COOKIE_KEY_BYTES)
        replace_file(path, key + "\n")
        return key
