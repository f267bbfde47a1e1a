"""Pages by the documented contract, cut from a whole run. Pure.

The contract: pages in the order asked for; ``after`` is exclusive, ``before`` gives the steps next to it; ``has_more``
says whether there are steps beyond the page, on the side away from the cursor.
https://platform.openai.com/docs/api-reference/run-steps/listRunSteps
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Final

from attrs import Factory, field, frozen

from openai_steps._json.converter import dumps
from openai_steps._json.text import to_text
from openai_steps._models.steps import RunStep
from openai_steps._secrets import mask
from openai_steps.gateway._rejection import Rejection
from openai_steps.gateway._target import Target

_DEFAULT_LIMIT: Final = 20


@frozen
class WholeRun:
    """All steps of a run, oldest first, as JSON text."""

    ids: tuple[str, ...]
    items: tuple[bytes, ...] = field(repr=False)
    _places: Mapping[str, int] = field(
        init=False,
        repr=False,
        default=Factory(lambda run: {id_: at for at, id_ in enumerate(run.ids)}, takes_self=True),
    )

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return sum(map(len, self.items)) + 200 * len(self.items)

    def page(self, target: Target) -> bytes:
        """Return the page asked for.

        Raises:
            Rejection: 404 for a cursor that is not a step of this run.
        """
        start = 0 if target.after is None else self._place("after", target.after, target) + 1
        end = len(self.ids) if target.before is None else self._place("before", target.before, target)
        limit = target.limit or _DEFAULT_LIMIT
        end = max(start, end)
        has_more = end - start > limit
        if target.before is not None and target.after is None:
            start = max(start, end - limit)
        else:
            end = min(end, start + limit)
        places = [self._turned(place, target) for place in range(start, end)]
        ends = (self.ids[places[0]], self.ids[places[-1]]) if places else (None, None)
        return b'{"object":"list","data":[%s],"first_id":%s,"last_id":%s,"has_more":%s}' % (
            b",".join([self.items[place] for place in places]),
            *map(to_text, (*ends, has_more)),
        )

    def _place(self, param: str, cursor: str, target: Target) -> int:
        place = self._places.get(cursor)
        if place is None:
            raise Rejection(404, "not_found", f"No run step found with id '{cursor}'.", param=param)
        return self._turned(place, target)

    def _turned(self, place: int, target: Target) -> int:
        return place if target.order == "asc" else len(self.ids) - 1 - place


def whole_run(steps: Iterable[RunStep], *, secrets: tuple[str, ...] = ()) -> WholeRun:
    """Return the run of these steps.

    Args:
        steps: The steps, in any order; those of equal times keep theirs.
        secrets: What must not be shown if the server echoes it.
    """
    ordered = sorted(steps, key=attrgetter("created_at"))
    return WholeRun(
        tuple(step.id for step in ordered),
        tuple(mask(dumps(step).decode(), secrets).encode() for step in ordered),
    )
