"""Fields that are made when they are first touched.

Half of those who read steps never look at what the steps did, and making that is most of the work. So such a field is
left out when an instance is made of JSON. What it is to be made of waits in a slot that attrs does not know, and
``__getattr__``, which Python asks for what is not there, makes it. From then on the field is as any other; attrs,
pickle, copy and ``match`` look at it, and so find it.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Final

# One for all: it is held for the microseconds in which a field is made, and only once for each. It can be taken again,
# for a signal's handler may touch a field while one is being made.
_making: Final = RLock()


class MadeWhenTouched:
    """The base of classes that have such a field, which ``touched`` names."""

    __slots__ = ("_waiting",)

    touched: ClassVar[str]
    _waiting: Any
    """A pair: the function that makes the field, and what it makes it of."""

    if not TYPE_CHECKING:  # who reads types is to see the fields alone

        def __getattr__(self, name: str) -> Any:
            if name == type(self).touched:
                with _making:
                    return _make(self, name)
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=self)


def _make(instance: Any, name: str) -> Any:
    """Make the field, unless another thread was faster."""
    field = getattr(type(instance), name)
    try:
        return field.__get__(instance)
    except AttributeError:
        make, of = instance._waiting
        value = make(of)
    field.__set__(instance, value)
    instance_slot.__set__(instance, None)  # what it was made of is not needed any more
    return value


instance_slot: Final[Any] = MadeWhenTouched.__dict__["_waiting"]
