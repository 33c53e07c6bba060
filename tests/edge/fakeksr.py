"""A KSR made from Kamailio's own list of functions: what is not on the list is not there."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_LIST = Path(__file__).with_name("ksr-functions-5.6.3.txt")


def function_names() -> set[str]:
    """All functions, as `tm.t_relay`; those of the core without a module."""
    names = set()
    for line in _LIST.read_text().splitlines():
        module, colon, functions = line.partition(":")
        names |= {f"{module}.{name}" for name in functions.split()} if colon else {module.strip()}
    return names - {""}


class FakeKsr:
    """`answers` maps a function to what it returns, or to a callable that does; all others answer 1."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.answers = dict(answers or {})
        self.calls: list[tuple[Any, ...]] = []
        for name in function_names():
            module, dot, function = name.rpartition(".")
            owner = vars(self).setdefault(module, SimpleNamespace()) if dot else self
            setattr(owner, function, self._function(name))

    def _function(self, name: str) -> Any:
        def function(*arguments: Any) -> Any:
            self.calls.append((name, *arguments))
            answer = self.answers.get(name, 1)
            return answer(*arguments) if callable(answer) else answer

        return function

    def called(self, name: str) -> list[list[Any]]:
        """The arguments of each call of a function."""
        return [list(arguments) for called, *arguments in self.calls if called == name]
