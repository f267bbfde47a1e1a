"""Tokens in one vocabulary, whichever the server uses."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Tokens:
    """Tokens by kind, None for an unreported kind. Tokens can be added up: an unreported kind adds nothing.

    Attributes:
        prompt: Tokens read.
        completion: Tokens written.
        total: Both: the server's own sum if it sends one.
        cached: Those of ``prompt`` that came from a cache.
        reasoning: Those of ``completion`` that went into hidden reasoning.
    """

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None
    cached: int | None = None
    reasoning: int | None = None

    def __add__(self, other: Tokens) -> Tokens:
        """Add kind by kind."""
        return Tokens(
            prompt=add(self.prompt, other.prompt),
            completion=add(self.completion, other.completion),
            total=add(self.total, other.total),
            cached=add(self.cached, other.cached),
            reasoning=add(self.reasoning, other.reasoning),
        )


def add(one: int | None, other: int | None) -> int | None:
    """Add two counts, of which either may be unknown; None if both are."""
    return (one or 0) + (other or 0) if one is not None or other is not None else None
