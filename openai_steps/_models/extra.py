"""What all models share: the JSON that has no field of its own."""

from __future__ import annotations

from typing import Any, Final, NoReturn, cast

from attrs import field


class _NoExtra(dict[str, Any]):
    """An empty dict that stays empty, so that all models without unknown keys can share one.

    A step is a dozen objects. A dict for each would double what the cyclic collector counts, and how often it runs.
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


def extra_field() -> Any:
    """Declare the field that keeps the keys for which a keyword-only class has no field.

    Elsewhere the declaration is written out: of a wrapped one, type checkers do not see that it is keyword-only.
    """
    return field(default=NO_EXTRA, kw_only=True, hash=False)


def optional_json_object() -> Any:
    """Declare a field that may hold a JSON object as it came (a dict has no hash)."""
    return field(default=None, hash=False)
