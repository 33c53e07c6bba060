"""What a benchmark prints: one line a figure, with the goal beside it where there is one."""


class Report:
    """Collects nothing: each line is printed as it is measured."""

    def section(self, title: str) -> None:
        """A group of figures."""
        print(f"\n{title}", flush=True)

    def line(self, what: str, figure: str, *, goal: str = "") -> None:
        """One figure."""
        print(f"  {what:<44} {figure}{f'   (goal: {goal})' if goal else ''}", flush=True)

    def note(self, text: str) -> None:
        """What to know about the figures around it."""
        print(f"    {text}", flush=True)
