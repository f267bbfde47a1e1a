"""What all models share: unknown keys, and notes on JSON that does not fit."""

from __future__ import annotations

from typing import Any, Final, NoReturn, cast

from attrs import field, frozen

from openai_steps._models.notebook import one_line


class _NoExtra(dict[str, Any]):
    """An empty dict that stays empty, so that all models without unknown keys can share one.

    A step is a dozen objects. A dict for each would make the cyclic collector run twice as often.
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("A model is frozen, and so is its extra: attrs.evolve makes a changed copy.")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = cast(Any, _refuse)

    def __reduce__(self) -> str:
        return "NO_EXTRA"

    def __copy__(self) -> _NoExtra:
        return self

    def __deepcopy__(self, _: Any) -> _NoExtra:
        return self


NO_EXTRA: Final = _NoExtra()


@frozen
class Misfit:
    """A JSON value that does not fit its place.

    Attributes:
        path: Its place within the step (or the run, the page …): ``$.step_details.tool_calls[0].function.name``.
        expected: What should be there, in words: ``text``.
    """

    path: str
    expected: str


@frozen
class UnreadableItem:
    """An item of a list without an id, or without a readable time of creation.

    Attributes:
        data: The JSON value, whole.
        problem: What does not fit.
        index: Its place in the page, counted from 0; 0 if it did not come in a page.
        raw: The server's own text of it, if that was asked for.
    """

    data: Any = field(hash=False)
    problem: Misfit
    index: int = field(default=0, kw_only=True, eq=False)
    raw: bytes | None = field(default=None, kw_only=True, eq=False)

    def __repr__(self) -> str:
        where = {"path": self.problem.path, "expected": self.problem.expected}
        return one_line(type(self).__name__, id=self.id, **where, index=self.index, data=self.data)

    @property
    def id(self) -> str | None:
        """The item's id, or None if it has none."""
        found = self.data.get("id") if isinstance(self.data, dict) else None
        return found if isinstance(found, str) else None


def extra_field() -> Any:
    """Declare the field of a keyword-only class that keeps unknown keys.

    Other classes write the declaration out: in a wrapper, type checkers do not see that it is keyword-only.
    """
    return field(default=NO_EXTRA, kw_only=True, hash=False)


def problem_field() -> Any:
    """Declare the field of an ``Other…`` class that says why an object of a known type did not fit."""
    return field(default=None, kw_only=True, eq=False)


def problems_field() -> Any:
    """Declare the field that lists what did not fit; it does not count when objects are compared."""
    return field(default=(), kw_only=True, eq=False)


def optional_json_object() -> Any:
    """Declare a field that may hold a JSON object as received (a dict has no hash)."""
    return field(default=None, hash=False)
