"""The one exception family of the domain. Each error carries facts; an edge of the system translates it once."""

from collections.abc import Sequence


class DialplaneError(Exception):
    """Base of all that Dialplane itself raises."""


class InvalidValue(DialplaneError, ValueError):
    """A value breaks the rule of its field.

    `code` is a stable snake_case word, `message` says the rule. The input is not part of either: it may be a secret,
    or hostile.
    """

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.code = code
        self.message = message


class NotFound(DialplaneError):
    """No such object, or one that the actor may not see (the two must look alike)."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no such {kind}")
        self.kind = kind


class ObjectDeleted(DialplaneError):
    """A deleted object cannot be changed."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"this {kind} is deleted")
        self.kind = kind


class ProviderInUse(DialplaneError):
    """A provider that live routes use cannot be deleted without force."""

    def __init__(self, route_ids: Sequence[str], total: int) -> None:
        super().__init__(f"{total} live routes use this provider")
        self.route_ids = tuple(route_ids)
        self.total = total


class AlreadyExists(DialplaneError):
    """Another live object already holds a value that must be unique."""

    def __init__(self, kind: str, field: str) -> None:
        super().__init__(f"another {kind} has the same {field}")
        self.kind = kind
        self.field = field


class CustomerFrozen(DialplaneError):
    """The caller's customer is frozen: nothing that it asks for is carried out."""

    def __init__(self) -> None:
        super().__init__("the caller's customer is frozen")


class TrunkAddressTaken(DialplaneError):
    """Another customer's trunk has a source address, or a digest user, that `field` names. Not said: which."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: another customer's trunk has it")
        self.field = field


class Protected(DialplaneError):
    """The object is part of the system (the system default customer, the last administrator) and cannot be removed."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class StaleVersion(DialplaneError):
    """If-Match names a version of the object that is no longer the current one."""


class ChangedSince(DialplaneError):
    """A revision cannot be undone: objects that it touched have changed again since."""

    def __init__(self, objects: Sequence[tuple[str, str, int]]) -> None:
        super().__init__("changed since: " + ", ".join(f"{kind} {id_} in revision {n}" for kind, id_, n in objects))
        self.objects = tuple(objects)


class ContentsGone(DialplaneError):
    """A revision cannot be undone: what it changed is kept no longer, or never was."""

    def __init__(self) -> None:
        super().__init__("what the revision changed is kept no longer")


class Unavailable(DialplaneError):
    """The database cannot carry this out now; the same request may succeed a moment later.

    `code` is a stable snake_case word: `unreachable`, `busy`, `too_long` (what it reads is more than there is time for)
    or `storage_full`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"the database is unavailable: {code}")
        self.code = code


class SecretsMissing(DialplaneError):
    """A secret cannot be stored or read: the keys to stored secrets are not there."""

    def __init__(self) -> None:
        super().__init__("the keys to stored secrets are not there")
