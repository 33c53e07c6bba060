"""What `serve` needs to run Kamailio as an edge: its configuration, its command line, and what is missing.

Runs outside Kamailio.
"""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from string import Template

from dialplane.domain.call import LONGEST_SETUP_S
from dialplane.edge.call.plan import branches_for
from dialplane.edge.settings import SETTINGS_VARIABLE
from dialplane.edge.sip import QUIET_LEVEL
from dialplane.engine.dialroute import MOST_ATTEMPTS
from dialplane.engine.failover import RETRY_AFTER_S
from dialplane.engine.overload import SHARES
from dialplane.kamailio.certificate import ensure_own
from dialplane.kamailio.config import DROP, SITE_PACKAGES_VARIABLE, EdgeConfig, script_settings
from dialplane.system.files import replace_file

CONFIG_FILE = "kamailio.cfg"
SETTINGS_FILE = "script.json"
TLS_FILE = "tls.cfg"
COOKIE_KEY_FILE = "cookie.key"
DEBIAN_PACKAGES = ("kamailio", "kamailio-python3-modules", "kamailio-extra-modules", "kamailio-tls-modules")

SCANNERS = ("friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sundayddr", "VaxSIPUserAgent", "pplsip", "sipsak")
"""User agents that only attackers have; Kamailio's `=~` does not tell case."""
SCRUBBED = (
    "P-(Asserted|Preferred)-Identity",
    "Remote-Party-ID",
    "Identity(-Info)?",
    "y",
    "n",
    "X-Dialplane-.*",
    "P-Charging-.*",
    "P-Access-Network-Info",
    "(Proxy-)?Authorization",
    "User-Agent",
    "Organization",
)
"""Headers, as regular expressions, that cross our border in no request: identities that only a trusted peer may assert
(RFC 3325, RFC 8224, RFC 7315), credentials that were for us, our own, and what equipment the caller has. Kamailio's
matching does not tell case."""
_OUTSIDE_DIALOGS = "INVITE, ACK, CANCEL, OPTIONS"
_ALLOW = f"{_OUTSIDE_DIALOGS}, BYE, UPDATE, PRACK, INFO, REFER, NOTIFY, MESSAGE"
_REPLY_ROUTE = """onreply_route[ATTEMPT_{n}] {{
    if ($rs >= 180 && $rs < 300) python_exec("attempt_replied", "{n}");
    if ($rs >= 200 && $rs < 300) unlock("$ci");
}}"""
_TLS = """loadmodule "tls.so"
modparam("tls", "config", "{config}")"""
_COOKIE_KEY_BYTES = 32
_NO_LIMIT = 2**31 - 1
_LOAD_INTERVAL_US = 20_000  # a buffer of the usual size holds some 20 ms of work
_MODULE_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64")
_LITERAL = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9a-fA-F:.]+\]")
_EVERY_ADDRESS = ("0.0.0.0", "[::]")
_NOBODYS_ADDRESS = "127.0.0.8"
_LOADED = re.compile(r'^loadmodule "([a-z0-9_]+)\.so"', re.MULTILINE)
_LIBPYTHON = re.compile(rb"libpython(3\.[0-9]+)\.so")


class ConfigTemplate(Template):
    """Kamailio's own variables start with a dollar sign, so ours start with an at sign."""

    delimiter = "@"


def missing() -> Sequence[str]:
    """What Kamailio lacks to be an edge here, each as words for a person; empty where nothing does."""
    if shutil.which("kamailio") is None and not Path("/usr/sbin/kamailio").exists():
        return ("the program kamailio",)
    folder = _module_folder()
    if folder is None:
        return ("Kamailio's modules",)
    lacking = [f"Kamailio's module {name}" for name in _modules() if not (folder / f"{name}.so").exists()]
    scripting = folder / "app_python3.so"
    if scripting.exists() and (wanted := _python_of(scripting)) != _own_python():
        lacking.append(f"Python {wanted}, which Kamailio is linked to (this is Python {_own_python()})")
    return tuple(lacking)


def install_command() -> str:
    """What installs the missing on Debian and its kin."""
    return f"apt-get install --yes {' '.join(DEBIAN_PACKAGES)}"


def write_config(config: EdgeConfig) -> Path:
    """Write Kamailio's configuration and the script's settings into `config.run`; returns the configuration's path.

    The key that signs Record-Route cookies is made once and kept, so that calls outlive a restart. Raises OSError.
    """
    config.run.mkdir(parents=True, exist_ok=True)
    config.events.mkdir(parents=True, exist_ok=True)
    cookie_key = _cookie_key(config.run / COOKIE_KEY_FILE)
    settings = script_settings(config, cookie_key=cookie_key)
    replace_file(config.run / SETTINGS_FILE, settings.to_json())
    if _has_tls(config.listen):
        replace_file(config.run / TLS_FILE, render_tls(config))
    replace_file(config.run / CONFIG_FILE, render(config, topology_key=_topology_key(cookie_key)))
    return config.run / CONFIG_FILE


def render(config: EdgeConfig, *, topology_key: str = "") -> str:
    """The text of Kamailio's configuration. `topology_key` masks what one side is not to see of the other."""
    return ConfigTemplate(_template()).substitute(
        listen="\n".join(_listen_lines(config)),
        tls=_TLS.format(config=config.run / TLS_FILE) if _has_tls(config.listen) else "",
        workers=config.workers,
        tcp_workers=config.workers,
        log_level=config.log_level,
        max_call_s=config.max_call_s,
        longest_setup_s=LONGEST_SETUP_S,
        max_branches=branches_for(config.max_attempts),
        max_message_bytes=config.max_message_bytes,
        max_stranger_requests=config.max_stranger_requests,
        ban_s=config.ban_s,
        max_source_rps=config.max_source_rps,
        max_new_calls_per_s=config.max_new_calls_per_s or _NO_LIMIT,
        nonce_s=config.nonce_s,
        allow=_ALLOW,
        outside_dialogs=_OUTSIDE_DIALOGS,
        scanners="|".join(SCANNERS),
        scrubbed="|".join(SCRUBBED),
        retry_after_s=RETRY_AFTER_S,
        load_interval_us=_LOAD_INTERVAL_US,
        load_shares=SHARES,
        topology="#!define HIDES_TOPOLOGY" if config.hides_topology else "",
        keepalive="#!define ASKS_WHETHER_CALLS_LIVE" if config.keepalive_s else "",
        keepalive_s=config.keepalive_s,
        list_calls_s=config.list_calls_s,
        keepalive_failures=config.keepalive_failures,
        quiet="#!define QUIET" if config.is_quiet else "",
        quiet_level=QUIET_LEVEL,
        topology_key=topology_key,
        topology_address=_mask_address(config.sockets),
        turn_away="" if config.scanners == DROP else 'sl_send_reply("403", "Forbidden");',
        reply_routes="\n".join(_REPLY_ROUTE.format(n=n) for n in range(1, MOST_ATTEMPTS + 1)),
        script=config.script or files("dialplane.edge").joinpath("script.py"),
    )


def render_tls(config: EdgeConfig) -> str:
    """The text of the TLS module's configuration; the edge's own certificate is made where it is given none."""
    tls, certificate, key = config.tls, config.tls.certificate, config.tls.key
    if certificate is None or key is None:
        certificate, key = config.run / "tls.crt", config.run / "tls.key"
        addresses = [socket.split(":", 1)[1].rpartition(":")[0].strip("[]") for socket in config.listen]
        ensure_own(certificate, key, name=config.edge, addresses=addresses)
    own = f"method = TLSv1.2+\ncertificate = {certificate}\nprivate_key = {key}\n"
    authorities = tls.authorities if tls.authorities is None or tls.authorities.exists() else certificate
    verify = "no" if authorities is None else f"yes\nrequire_certificate = yes\n{_listed(authorities)}"
    return f"[server:default]\n{own}verify_certificate = no\n\n[client:default]\n{own}verify_certificate = {verify}\n"


def _listed(authorities: Path) -> str:
    return f"{'ca_path' if authorities.is_dir() else 'ca_list'} = {authorities}"


def command(config: EdgeConfig) -> Sequence[str]:
    """The command line that runs Kamailio in the foreground; to be started in a process group of its own."""
    program = shutil.which("kamailio") or "/usr/sbin/kamailio"
    run = str(config.run)
    return (
        program,
        *("-f", str(config.run / CONFIG_FILE)),
        *("-DD", "-E"),
        *("-x", "fm", "-X", "fm"),
        *("-m", str(config.shared_memory_mb), "-M", str(config.package_memory_mb)),
        *("-Y", run, "-w", run, "-P", str(config.run / "kamailio.pid")),
    )


def environment(config: EdgeConfig, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for that command: `base` without what would lead its Python astray, and where ours is."""
    kept = {name: value for name, value in base.items() if not name.startswith("PYTHON")}
    return {
        **kept,
        SITE_PACKAGES_VARIABLE: str(config.site_packages),
        SETTINGS_VARIABLE: str(config.run / SETTINGS_FILE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _template() -> str:
    return files("dialplane.kamailio").joinpath(CONFIG_FILE).read_text()


def _modules() -> Sequence[str]:
    return [*_LOADED.findall(_template()), "tls"]


def _listen_lines(config: EdgeConfig) -> Sequence[str]:
    has_tcp = any(socket.startswith(("tcp:", "tls:")) for socket in config.listen)
    tls = ("enable_tls=yes",) if _has_tls(config.listen) else ()
    sockets = [
        f"listen={socket} advertise {config.reached_at(socket)}" if config.advertised else f"listen={socket}"
        for socket in config.listen
    ]
    return [*tls, *sockets, *(() if has_tcp else ("disable_tcp=yes",))]


def _has_tls(sockets: Sequence[str]) -> bool:
    return any(socket.startswith("tls:") for socket in sockets)


def _mask_address(sockets: Sequence[str]) -> str:
    """The address that stands for the other side: ours, so that a peer that ignores Route sends to us all the same."""
    hosts = (socket.rpartition(":")[0] for socket in sockets)
    usable = (host for host in hosts if _LITERAL.fullmatch(host) and host not in _EVERY_ADDRESS)
    return next(usable, _NOBODYS_ADDRESS)


def _module_folder() -> Path | None:
    found = (path for root in _MODULE_FOLDERS for path in Path(root).glob("**/kamailio/modules"))
    return next(found, None)


def _python_of(library: Path) -> str:
    found = _LIBPYTHON.search(library.read_bytes())
    return found[1].decode() if found else ""


def _own_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _cookie_key(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        key = secrets.token_hex(_COOKIE_KEY_BYTES)
        replace_file(path, key + "\n")
        return key


def _topology_key(cookie_key: str) -> str:
    return blake2b(b"topology", key=bytes.fromhex(cookie_key), digest_size=16).hexdigest()
