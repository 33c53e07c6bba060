"""Why Dialplane does not start, for a person who sees it for the first time."""


class CannotStart(Exception):
    """`what` is wrong, in one sentence, and how to `mend` it, in another."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what} {mend}")
        self.what = what
        self.mend = mend
