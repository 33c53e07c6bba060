"""Kamailio loads this in place of the edge's script: all calls get the decision of the first one."""

import os
import site
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

site.addsitedir(os.environ["DIALPLANE_EDGE_SITE_PACKAGES"])

from dialplane.edge.call import arrival, ingress
from dialplane.edge.script import mod_init
from dialplane.engine.dialroute import dialroute

__all__ = ["mod_init"]

P = ParamSpec("P")
T = TypeVar("T")


def _once(function: Callable[P, T]) -> Callable[P, T]:
    answers: list[T] = []

    @wraps(function)
    def first_answer(*arguments: P.args, **options: P.kwargs) -> T:
        if not answers:
            answers.append(function(*arguments, **options))
        return answers[0]

    return first_answer


ingress.admit = _once(ingress.admit)
vars(arrival)["dialroute"] = _once(dialroute)
