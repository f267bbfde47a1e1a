"""Fields that are made when they are first read.

Half of all callers never read what the steps did, and decoding that is most of the work. So such a field is left unset
when an instance is made from JSON. Its source waits in a slot that attrs does not know, and ``__getattr__``, which
Python calls for a missing attribute, makes the field. From then on it is a field like any other; attrs, pickle, copy
and ``match`` read it, and so find it.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Final

# One for all: it is held for the microseconds in which a field is made, once for each field. It is reentrant, since a
# signal handler may read a field while one is being made.
_making: Final = RLock()


class MadeWhenTouched:
    """The base of classes that have such a field, which ``touched`` names."""

    __slots__ = ("_waiting",)

    touched: ClassVar[str]
    _waiting: Any
    """A pair: the function that makes the field, and the field's source."""

    if not TYPE_CHECKING:  # type checkers are to see only the fields

        def __getattr__(self, name: str) -> Any:
            if name == type(self).touched:
                with _making:
                    return _make(self, name)
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=self)


def _make(instance: Any, name: str) -> Any:
    """Make the field, unless another thread has made it."""
    field = getattr(type(instance), name)
    try:
        return field.__get__(instance)
    except AttributeError:
        make, of = instance._waiting
        value = make(of)
    field.__set__(instance, value)
    instance_slot.__set__(instance, None)  # the source is no longer needed
    return value


instance_slot: Final[Any] = MadeWhenTouched.__dict__["_waiting"]
