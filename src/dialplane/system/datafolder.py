"""The data folder: where each file is, which instance runs on it, and that one uses it at a time."""

import fcntl
import json
import os
import stat
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from dialplane.system.files import make_private, replace_file

DEFAULT = Path("dialplane-data")
_PRIVATE = 0o700
_OWN = ("*dialplane.db*", "before-upgrades", "secrets", "edge", "logs", "lock", "running.json", "node", "demo*.json")
"""Patterns of the names in the data folder."""


class FolderInUse(Exception):
    """Another process holds the folder; the message is its process id, or "unknown"."""


def _homes() -> Sequence[Path]:
    """This user's home folder; none where the user has no name, as in a container."""
    try:
        return (Path.home().resolve(),)
    except RuntimeError:
        return ()


@dataclass(frozen=True, slots=True)
class KamailioFolder:
    """Kamailio's run folder: what is written for it before it starts, and what it writes."""

    root: Path

    @property
    def config(self) -> Path:
        """Kamailio's configuration."""
        return self.root / "kamailio.cfg"

    @property
    def script_settings(self) -> Path:
        """The script's settings (JSON)."""
        return self.root / "script.json"

    @property
    def tls_config(self) -> Path:
        """The TLS module's configuration."""
        return self.root / "tls.cfg"

    @property
    def certificate(self) -> Path:
        """The edge's own certificate (PEM), if no other is set."""
        return self.root / "tls.crt"

    @property
    def certificate_key(self) -> Path:
        """The private key to `certificate` (PEM)."""
        return self.root / "tls.key"

    @property
    def cookie_key(self) -> Path:
        """The key that signs Record-Route cookies (hex)."""
        return self.root / "cookie.key"

    @property
    def pid(self) -> Path:
        """The process id of the running Kamailio."""
        return self.root / "kamailio.pid"

    @property
    def load(self) -> Path:
        """How many calls Kamailio refuses for overload, and its other counters (JSON), renewed each second."""
        return self.root / "load.json"

    @property
    def calls(self) -> Path:
        """The calls that go on, for the next start."""
        return self.root / "calls.json"


@dataclass(frozen=True, slots=True)
class EdgeFolder:
    """The files of an edge: Kamailio's and its companion's."""

    root: Path

    @property
    def key(self) -> Path:
        """The access key with which the companion reaches the control plane of this machine."""
        return self.root / "edge.key"

    @property
    def replica(self) -> Path:
        """The folder of the routing table (LMDB)."""
        return self.root / "replica"

    @property
    def events(self) -> Path:
        """The folder of the event log."""
        return self.root / "events"

    @property
    def companion_status(self) -> Path:
        """When each loop of the companion last turned (JSON), renewed each second."""
        return self.root / "companion.json"

    @property
    def kamailio(self) -> KamailioFolder:
        """Kamailio's run folder."""
        return KamailioFolder(self.root / "kamailio")


@dataclass(frozen=True, slots=True)
class RunningInstance:
    """A running instance: its supervisor's process id, its API's URL, its SIP socket."""

    pid: int
    control_url: str
    sip: str


@dataclass(frozen=True, slots=True)
class DataFolder:
    """All paths under `root`, which only the user that Dialplane runs as may enter."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.root / "dialplane.db"

    @property
    def before_upgrades(self) -> Path:
        """The folder of the copies of the SQLite database that were made before its schema was changed."""
        return self.root / "before-upgrades"

    @property
    def secrets(self) -> Path:
        """The folder of the signing keys, the keys to stored passwords, and the operator's access key."""
        return self.root / "secrets"

    @property
    def login_link(self) -> Path:
        """The link that logs in whoever started the demo, until it is used."""
        return self.secrets / "login-link.json"

    @property
    def operator_key(self) -> Path:
        """The access key of the command line on this machine."""
        return self.secrets / "operator.key"

    @property
    def edge(self) -> EdgeFolder:
        """The edge of this machine."""
        return EdgeFolder(self.root / "edge")

    @property
    def logs(self) -> Path:
        """The folder of the programs' logs."""
        return self.root / "logs"

    def log(self, program: str) -> Path:
        """The log of a program."""
        return self.logs / f"{program}.log"

    @property
    def demo_state(self) -> Path:
        """State of the demo between two starts (JSON)."""
        return self.root / "demo.json"

    @property
    def demo_carriers(self) -> Path:
        """The simulated carriers of the demo (JSON)."""
        return self.root / "demo-carriers.json"

    @property
    def demo_switches(self) -> Path:
        """How each of the demo's carriers is to behave, by its key (JSON); the API writes it."""
        return self.root / "demo-switches.json"

    @property
    def demo_calls(self) -> Path:
        """What has become of the demo's calls (JSON), renewed each second by the process that makes them."""
        return self.root / "demo-calls.json"

    @property
    def demo_outage(self) -> Path:
        """When the API was last to be kept away, and for how long (JSON); the API writes it."""
        return self.root / "demo-outage.json"

    @contextmanager
    def node(self) -> Iterator[str]:
        """A random name of the API that runs on this folder, the same after a restart.

        A second one beside it, and one that cannot write there, has another name each time.
        """
        name, file = str(uuid.uuid4()), None
        try:
            with suppress(OSError):
                file = os.open(self.root / "node", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stored = os.pread(file, len(name), 0).decode(errors="replace")
                if len(stored) < len(name):
                    os.pwrite(file, name.encode(), 0)
                else:
                    name = stored
            yield name
        finally:
            if file is not None:
                os.close(file)

    def make(self) -> None:
        """Create the folders that are missing, for this user alone. Raises OSError."""
        for folder in (self.root, self.edge.root, self.edge.events, self.logs, self.secrets):
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)

    def make_private(self) -> int:
        """Take what is here from other users; how many files and folders were open to them. Raises OSError.

        The root, a home folder and one that all share (`/tmp`) stay as they are, but for what is Dialplane's in them.
        """
        own = (path for pattern in _OWN for path in self.root.glob(pattern))
        count = sum(map(make_private, own))
        mode, place = self.root.stat().st_mode, self.root.resolve()
        is_shared = place in (Path(place.anchor), *_homes()) or bool(mode & stat.S_ISVTX)
        if mode & 0o077 and not is_shared:
            self.root.chmod(_PRIVATE)
            count += 1
        return count

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the lock ends with this process, for whatever reason. Raises FolderInUse, OSError."""
        file = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderInUse(os.pread(file, 32, 0).decode(errors="replace").strip() or "unknown") from None
            with suppress(OSError):  # the lock holds without it: on a full disk others read "unknown", or an old id
                os.ftruncate(file, os.pwrite(file, f"{os.getpid()}\n".encode(), 0))
            yield
        finally:
            os.close(file)

    @contextmanager
    def announced(self, instance: RunningInstance) -> Iterator[Callable[[], None]]:
        """Let the command line find this instance, until it ends. The function does so later if the disk was full."""
        announcement = json.dumps(asdict(instance))
        has_announced = False

        def announce() -> None:
            nonlocal has_announced
            with suppress(OSError):
                if not has_announced:
                    replace_file(self._running, announcement, durable=False)
                    has_announced = True

        announce()
        try:
            yield announce
        finally:
            with suppress(OSError):
                self._running.unlink(missing_ok=True)

    def running_instance(self) -> RunningInstance:
        """The instance that runs on this folder, or ran until it was killed. Raises OSError, ValueError."""
        try:
            stored = json.loads(self._running.read_text())
            return RunningInstance(int(stored["pid"]), str(stored["control_url"]), str(stored["sip"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{self._running} does not describe an instance") from error

    @property
    def _running(self) -> Path:
        return self.root / "running.json"
