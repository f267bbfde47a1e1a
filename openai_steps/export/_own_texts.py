"""The server's own text of what a client reads, item by item, for an archive."""

from __future__ import annotations

from typing import Any

from openai_steps._client.requests import OwnTexts
from openai_steps._http.replies import Reply
from openai_steps._models.extra import UnreadableItem
from openai_steps._models.pages import Page
from openai_steps._secrets import mask
from openai_steps.archive._redact import Redaction


class Texts(OwnTexts):
    """Keeps texts until they are taken.

    Args:
        redaction: What to take out of them.

    Attributes:
        masked: How many of them echoed a key of the client, which is masked.
    """

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._texts: dict[str, bytes] = {}
        self.masked = 0

    def note(self, reply: Reply, model: Any) -> None:
        """Note a reply and its model."""
        if isinstance(model, Page):
            # A page that shows an item again shows it as it is now.
            self._texts.update(
                (item.id, self._clean(text, reply)) for item, text in zip(model.data, model.raw or (), strict=True)
            )
        else:
            self._texts[model.id] = self._clean(reply.body.strip(), reply)

    def take(self, item: Any) -> tuple[str, bytes]:
        """Return an item's id and its text, and drop the text."""
        if isinstance(item, UnreadableItem):
            return item.id or "", self._redaction.apply(item.raw or b"null")
        return item.id, self._texts.pop(item.id)

    def _clean(self, text: bytes, reply: Reply) -> bytes:
        own = text.decode("utf-8")
        shown = mask(own, reply.secrets)
        self.masked += shown != own
        return self._redaction.apply(text if shown == own else shown.encode())
