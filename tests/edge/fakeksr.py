"""A KSR made from Kamailio's own lists of functions: what a version that we run on lacks is not there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

LISTS = {path.stem.rpartition("-")[2]: path for path in Path(__file__).parent.glob("ksr-functions-*.txt")}
"""Version of Kamailio -> its list, which `python -m tools.ksr_functions` has printed there."""


def function_names() -> set[str]:
    """The functions that all these versions have, as `tm.t_relay`; those of the core without a module."""
    return set.intersection(*(_names(path.read_text().splitlines()) for path in LISTS.values()))


def _names(lines: Sequence[str]) -> set[str]:
    names = set()
    for line in lines:
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
