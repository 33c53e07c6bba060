"""Tells what happens to those who watch the stream of news."""

from collections.abc import Awaitable, Callable

from dialplane.jobs.supervisor import Job

EVERY_S = 0.25


def stream_job(tell: Callable[[], Awaitable[None]]) -> Job:
    """`tell` is one round. Nothing slows it down: who watches a busy platform wants to know of it no later."""
    return Job(name="stream", every_s=EVERY_S, run_round=tell, largest_share=1.0)
