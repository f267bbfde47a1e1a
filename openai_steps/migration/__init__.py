"""Threads as items of the Responses API's conversations, and a report of everything that a conversation cannot hold.

    migration = migrate_thread(history)
    for batch in migration.batches:
        client.conversations.items.create(conversation.id, items=batch)

Nothing here sends a request.
"""

from openai_steps._public import publish
from openai_steps.migration._files import write_migration
from openai_steps.migration._lost import Lost
from openai_steps.migration._migrate import Migration, migrate_thread

__all__ = ["Lost", "Migration", "migrate_thread", "write_migration"]

publish(__name__, globals())
