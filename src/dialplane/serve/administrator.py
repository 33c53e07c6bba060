"""The first administrator, as the start shows it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Administrator:
    """The first administrator. `password` is set if it was generated just now; `created`: there was none before.

    `secrets_problem`: what is wrong with the keys to stored passwords, and what to do; "" if nothing is.
    `has_new_edge_key`: the edge's access key was made just now.
    """

    created: bool
    username: str = ""
    password: str = field(default="", repr=False)
    secrets_problem: str = ""
    has_new_edge_key: bool = False
