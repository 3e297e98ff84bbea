"""Refuses positional arguments of a link's methods; the error names the keyword to use."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from lab.agent.wire import impairments
from lab.errors import UsageError

Method = TypeVar("Method", bound=Callable[..., Any])


def by_name(method: Method) -> Method:
    """Let the method of an impairment raise UsageError for positional arguments."""

    @wraps(method)
    def checked(self: object, *values: object, **asked: object) -> object:
        if values:
            name = method.__name__
            first, *_ = *(one.name for one in impairments.load(name).PARAMETERS), "first"
            text = f"{name}: {values[0]!r}: parameters are given by name, as {first}=..."
            raise UsageError(text)
        return method(self, **asked)

    return checked  # type: ignore[return-value]
