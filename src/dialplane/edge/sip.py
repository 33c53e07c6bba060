"""Kamailio's scripting interface (KEMI, module KSR) with Python's types: bools, values, and failures that raise.

The one file that touches KSR. Its functions answer 1 or -1, both of which are true in Python; text that is not UTF-8
raises. Sources: Kamailio 5.6.3, src/core/kemi.c and the modules' own tables.
"""

import ctypes
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

UNDECODABLE = "\ufffd"

DIGEST_GOOD = 1
DIGEST_WRONG = -2  # the nonce is valid, the response is not
"""Answers of `Sip.check_digest`; all others mean that the nonce is not valid (any more). auth module, 5.6.3."""

COUNTERS_TABLE = "counters"
"""The hash table of the edge's counters since its start; kamailio.cfg counts into it too."""

RELAY = "RELAY"
"""The route of the script that forwards a request."""

BANNED_TABLE = "banned"
"""The hash table of the sources that get no answer for a while; kamailio.cfg puts some there too."""

_HA1_GIVEN = 1
_QOP_AUTH = 1
_STALE = 16
STDERR = 2
QUIET_LEVEL = -2  # L_CRIT: parsers write several lines, of level L_ERR, for each datagram that is no SIP
_TIMER_UNIT_PER_S = 1000  # t_set_fr takes milliseconds


class KsrError(Exception):
    """A function of Kamailio's failed."""

    def __init__(self, function: str, answer: Any) -> None:
        super().__init__(f"{function} answered {answer!r}")


class Sip:
    """The message and the transaction that the running entry point processes."""

    def __init__(self, ksr: Any, *, set_debug_level: Callable[[int], object] = lambda level: None) -> None:
        self._ksr = ksr
        self._set_debug_level = set_debug_level
        self._pv_get = ksr.pv.get
        self._avp_get = ksr.pvx.avp_get
        self._avp_set = ksr.pvx.avp_sets
        self._avp_set_number = ksr.pvx.avp_seti
        self.log_descriptor = STDERR

    # the message

    def text(self, variable: str) -> str:
        """A pseudo-variable as text; "" if it is null, U+FFFD if its bytes are not UTF-8."""
        try:
            value = self._pv_get(variable)
        except UnicodeDecodeError:
            return UNDECODABLE
        return "" if value is None else str(value)

    def raw(self) -> bytes:
        """The message as received."""
        try:
            return str(self._pv_get("$mb") or "").encode()
        except UnicodeDecodeError as error:
            return error.object

    def number(self, variable: str) -> int:
        """A pseudo-variable as an integer; 0 if it is null."""
        return int(self._pv_get(variable) or 0)

    def header(self, name: str) -> str:
        """The body of the first header of that name, "" if there is none."""
        try:
            return self._ksr.hdr.get(name) or ""
        except UnicodeDecodeError:
            return UNDECODABLE

    def headers(self, name: str, *, most: int) -> list[str]:
        """The bodies of the first headers of that name."""
        get = self._ksr.hdr.get_idx
        bodies = []
        for index in range(most):
            body = get(name, index)
            if body is None:
                break
            bodies.append(body)
        return bodies

    def is_from_caller(self) -> bool:
        """Whether an in-dialog request travels in the direction of the first INVITE."""
        return bool(self._ksr.rr.is_direction("downstream") > 0)

    # forwarding it

    def remove_header(self, name: str) -> None:
        """Remove all headers of that name."""
        self._ksr.hdr.remove(name)

    def add_header(self, name: str, value: str) -> None:
        """Add a header. Name and value must be free of CR and LF: Kamailio does not check."""
        self._require("hdr.append", self._ksr.hdr.append(f"{name}: {value}\r\n"))

    def insert_header(self, name: str, value: str) -> None:
        """Add a header before all others."""
        self._require("hdr.insert", self._ksr.hdr.insert(f"{name}: {value}\r\n"))

    def replace_header(self, name: str, values: Sequence[str], *, first: bool = False) -> None:
        """Have one header with these values in place of all of that name; `first`: before all other headers."""
        self.remove_header(name)
        if values:
            (self.insert_header if first else self.add_header)(name, ", ".join(values))

    def body(self) -> str | None:
        """The message's body, None if it has none, or one that is not UTF-8."""
        try:
            return self._pv_get("$rb") or None
        except UnicodeDecodeError:
            return None

    def set_body(self, body: str) -> None:
        """Put another body of the same type in its place."""
        self._require("textops.set_body", self._ksr.textops.set_body(body, self.header("Content-Type")))

    def set_target(self, uri: str, next_hop: str) -> None:
        """Set the request URI, and the URI to send it to ("": the request URI)."""
        self._require("seturi", self._ksr.seturi(uri))
        if next_hop:
            self._require("setdsturi", self._ksr.setdsturi(next_hop))
        else:
            self._ksr.resetdsturi()

    def set_server_name(self, name: str) -> None:
        """Have a TLS connection that is opened for this message ask for a certificate of that name, "" for any."""
        if name:
            self._ksr.pvx.xavp_child_sets("tls", "server_name", name)
        else:
            self._ksr.pvx.xavp_rm("tls")

    def connection_to(self, place: str) -> int:
        """The id of a connection to this `address:port`, 0 if there is none."""
        self.set_variable("$var(place)", place)
        self.run_route("CONNECTION")
        return self.number("$var(connection)")

    def record_route(self, parameters: str) -> None:
        """Stay in the path of the dialog (RFC 3261, section 16.6), with these parameters in our Record-Route."""
        self._require("rr.add_rr_param", self._ksr.rr.add_rr_param(parameters))
        self._require("rr.record_route", self._ksr.rr.record_route())

    def is_ours(self, uri: str) -> bool:
        """Whether a SIP URI leads to a socket of this edge."""
        return bool(self._ksr.is_myself(uri))

    # answering

    def reply(self, status: int, phrase: str) -> None:
        """Answer within the transaction, which is created if there is none."""
        self._ksr.tm.t_send_reply(status, phrase)

    def reply_stateless(self, status: int, phrase: str) -> None:
        """Answer without a transaction."""
        self._ksr.sl.sl_send_reply(status, phrase)

    def hold_back(self) -> None:
        """In a reply route of a 2xx to an INVITE: keep it from the caller (see onsend_route)."""
        self._ksr.pv.seti("$var(is_late)", 1)

    def add_reply_header(self, name: str, value: str) -> None:
        """Add a header to the answer that follows."""
        self._ksr.hdr.append_to_reply(f"{name}: {value}\r\n")

    def add_reply_headers(self, lines: str) -> None:
        """Add header lines, each with its end, to the answer that follows."""
        self._ksr.hdr.append_to_reply(lines)

    # authentication

    def check_digest(self, realm: str, ha1: str) -> int:
        """Check the request's credentials for this realm: one of the DIGEST answers."""
        return int(self._ksr.auth.pv_auth_check(realm, ha1, _HA1_GIVEN, 0))

    def challenge(self, realm: str, *, stale: bool = False) -> None:
        """Answer 407, within the transaction if there is one. `stale`: only the nonce is wrong (RFC 7616)."""
        self._require("auth.auth_challenge", self._ksr.auth.auth_challenge(realm, _QOP_AUTH | (_STALE if stale else 0)))

    # transactions

    def begin_transaction(self) -> bool:
        """Create the transaction of this request; False if it has one (a retransmission, now answered again)."""
        answer = self._ksr.tm.t_newtran()
        if answer < 0:
            raise KsrError("tm.t_newtran", answer)
        return bool(answer > 0)

    def has_transaction(self) -> bool:
        """Whether `begin_transaction` created the transaction of this request."""
        return bool(self.text("$T(id_index)"))

    def relay(self) -> bool:
        """Forward the request, with the sender's network hidden; False if that failed at once."""
        return bool(self._ksr.route(RELAY) > 0)

    def send(self, method: str, uri: str, next_hop: str, headers: str, *, socket: str = "") -> bool:
        """Send a request of our own, with its From, To, Call-ID and CSeq in `headers`; False if that failed.

        `socket` is the one to send from, "" if Kamailio is to choose.
        """
        return bool(self._ksr.tm.t_uac_send(method, uri, next_hop, socket, headers, "") > 0)

    def send_text(self, uri: str, text: str) -> None:
        """Send text to the address of a URI, as it is; by TCP and TLS, on the connection to it."""
        self._ksr.corex.sendx(uri, "", text)

    def branches(self) -> int:
        """In a failure route: how many branches the transaction has; the one that failed is the last."""
        return int(self._ksr.tm.t_get_branch_index())

    def on_outcome(self, *, failure: str, reply: str, branch: str) -> None:
        """Set the routes that process the next `relay`'s failure, replies and branches; `branch` may be ""."""
        tm = self._ksr.tm
        tm.t_on_failure(failure)
        tm.t_on_reply(reply)
        if branch:
            tm.t_on_branch(branch)

    def set_timers(self, *, silent_s: int, provisional_s: int) -> None:
        """Set how long to wait for any response, and for a final one after a provisional one; running ones too."""
        self._ksr.tm.t_set_fr(provisional_s * _TIMER_UNIT_PER_S, silent_s * _TIMER_UNIT_PER_S)

    def is_cancelled(self) -> bool:
        """Whether the caller has sent CANCEL."""
        return bool(self._ksr.tm.t_is_canceled() > 0)

    def has_timed_out(self) -> bool:
        """In a failure route: no final response came."""
        return bool(self._ksr.tm.t_branch_timeout() > 0)

    def was_replied(self) -> bool:
        """In a failure route: at least a provisional response came."""
        return bool(self._ksr.tm.t_branch_replied() > 0)

    def failed_status(self) -> int:
        """In a failure route: the final status of the attempt."""
        return int(self._ksr.tm.t_get_status_code())

    # memory between entry points

    def keep(self, name: str, value: str | int) -> None:
        """Keep a value with the transaction, in place of an earlier one of this name; the script has it as $avp."""
        if isinstance(value, str):
            self._avp_set(name, value)
        else:
            self._avp_set_number(name, value)

    def kept(self, name: str) -> Any:
        """The value that was kept with the transaction, None if none was."""
        return self._avp_get(name)

    def kept_text(self, name: str) -> str:
        """The text that was kept with the transaction, "" if none was."""
        return self._avp_get(name) or ""

    def set_variable(self, variable: str, text: str) -> None:
        """Set a variable of the script, which all messages of this process share."""
        self._ksr.pv.sets(variable, text)

    def count(self, table: str, key: str) -> int:
        """Add one to a counter that all workers share, for as long as its table keeps it; returns the new value."""
        return int(self._ksr.htable.sht_inc(table, key))

    def count_down(self, table: str, key: str) -> int:
        """Subtract one from a counter; returns the new value."""
        return int(self._ksr.htable.sht_dec(table, key))

    def put(self, table: str, key: str, text: str) -> None:
        """Keep text for all workers, for as long as its table keeps it."""
        self._ksr.htable.sht_sets(table, key, text)

    def put_number(self, table: str, key: str, number: int) -> None:
        """Keep a number for all workers, to be read with `counted`."""
        self._ksr.htable.sht_seti(table, key, number)

    def get(self, table: str, key: str) -> str | None:
        """The text that `put` kept, None if there is none (any more)."""
        value = self._ksr.htable.sht_get(table, key)
        return value if isinstance(value, str) else None

    def counted(self, table: str, key: str) -> int:
        """The value of a counter; 0 if nothing was counted."""
        value = self._ksr.htable.sht_get(table, key)
        return value if isinstance(value, int) else 0

    def forget(self, table: str, key: str) -> None:
        """Remove the text or counter of this key."""
        self._ksr.htable.sht_rm(table, key)

    @contextmanager
    def locked(self, table: str, key: str) -> Iterator[None]:
        """Lock a key, and the keys that share its slot, against other workers for the block."""
        htable = self._ksr.htable
        self._require("htable.sht_lock", htable.sht_lock(table, key))
        try:
            yield
        finally:
            htable.sht_unlock(table, key)

    def mark(self, table: str, key: str) -> None:
        """Set a flag for all workers, for as long as its table keeps it."""
        self._ksr.htable.sht_seti(table, key, 1)

    def memory_fullness(self) -> float:
        """The part of Kamailio's shared memory that is taken, 0 to 1. Raises KsrError if it cannot be read."""
        memory = json.loads(self.call_rpc("core.shmmem", "k"))["result"]
        return float(memory["real_used"] / memory["total"])

    def call_rpc(self, method: str, *parameters: str | int) -> str:
        """Call one of Kamailio's RPC commands; returns its answer, as JSON. Raises KsrError if it fails."""
        rpc = self._ksr.jsonrpcs
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        self._require(f"jsonrpcs.exec {method}", rpc.exec(request))
        answer = rpc.response() or ""
        if '"error"' in answer:
            raise KsrError(f"jsonrpcs.exec {method}", answer)
        return str(answer)

    def run_route(self, name: str) -> None:
        """Run one of the configuration's routes."""
        self._ksr.route(name)

    # dialogs

    def begin_dialog(self, **variables: str) -> bool:
        """Follow the dialog that this INVITE begins, and keep variables with it; False if it can begin none."""
        dialog = self._ksr.dialog
        if dialog.dlg_manage() < 0:
            return False
        for name, value in variables.items():
            self._require("dialog.var_sets", dialog.var_sets(name, value))
        return True

    def note(self, variable: str, text: str) -> None:
        """Set a variable of the current dialog."""
        self._require("dialog.var_sets", self._ksr.dialog.var_sets(variable, text))

    def dialog_variable(self, name: str) -> str:
        """A variable of the current dialog, "" if it has no such."""
        return self._ksr.dialog.var_get(name) or ""

    def end_dialog(self, entry: int, id_: int, *, after_s: int) -> None:
        """Have the time of a dialog be up."""
        self._ksr.dialog.dlg_set_timeout_id(after_s, entry, id_)

    def channels(self, profile: str, member: str) -> int:
        """How many dialogs of a profile have this value."""
        self._ksr.dialog.get_profile_size(profile, member, "$var(size)")
        return self.number("$var(size)")

    def take_channel(self, profile: str, member: str) -> None:
        """Count the current dialog under this value, until it ends or `free_channel`."""
        self._ksr.dialog.set_dlg_profile(profile, member)

    def free_channel(self, profile: str, member: str) -> None:
        """Count the current dialog no longer under this value."""
        self._ksr.dialog.unset_dlg_profile(profile, member)

    # logging

    def log_error(self, text: str) -> None:
        """Write a line to Kamailio's log."""
        self._log("ERROR", text)

    def log_warning(self, text: str) -> None:
        """Write a line to Kamailio's log."""
        self._log("WARNING", text)

    def log_line(self, line: bytes) -> None:
        """Write a whole line to Kamailio's log, `log_descriptor`."""
        with suppress(OSError):
            os.write(self.log_descriptor, line)

    def keep_quiet(self) -> None:
        """Log only critical messages, and our own lines, in this process, from now on.

        The debugger module's levels for each module would do the same, with a lock in shared memory at each place that
        may log: a quarter of a busy edge's time.
        """
        self._set_debug_level(QUIET_LEVEL)

    def _log(self, level: str, text: str) -> None:
        """Our own lines do not depend on Kamailio's level."""
        self.log_line(f"{os.getpid()} {level}: {text}\n".encode(errors="replace"))

    def _require(self, function: str, answer: Any) -> None:
        if answer is not True and (answer is False or answer is None or answer < 0):
            raise KsrError(function, answer)


def connect() -> Sip:
    """The adapter on the KSR module of the Kamailio that runs this Python. Raises ImportError anywhere else.

    The level of one process is set by the function of the core (dprint.h) that module kex has for scripts: kex itself
    counts at each allocation of package memory (pkg_stats.c), which is 5 % of a call.
    """
    return Sip(import_module("KSR"), set_debug_level=ctypes.CDLL(None).set_local_debug_level)
