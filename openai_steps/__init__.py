"""The steps of Assistants-style runs, read asynchronously from any server that serves them.

async with AsyncStepsClient() as client:
    async for step in client.iter_steps("thread_abc", "run_abc", order="asc"):
        print(step.created_at, step.type, step.status)
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import takes longer than this whole module
if TYPE_CHECKING:
    from typing import Any

    from openai_steps._client.client import AsyncStepsClient
    from openai_steps._endpoint.credentials import AccessToken, ApiKey, AsyncTokenCredential
    from openai_steps._endpoint.endpoint import PROVIDERS, Endpoint, IncludeStyle, Read
    from openai_steps._errors import (
        APIConnectionError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        InternalServerError,
        NotFoundError,
        PaginationError,
        PermissionDeniedError,
        RateLimitError,
        ResponseDecodeError,
        ResponseTooLargeError,
        StepsError,
        UnfinishedRunError,
        UnprocessableEntityError,
    )
    from openai_steps._json.converter import dumps, unstructure
    from openai_steps._json.readers import (
        structure_file,
        structure_message,
        structure_page,
        structure_run,
        structure_step,
        structure_thread,
    )
    from openai_steps._models.actions import (
        OtherRequiredAction,
        RequiredAction,
        SubmitToolApproval,
        SubmitToolApprovalAction,
        SubmitToolOutputs,
        SubmitToolOutputsAction,
    )
    from openai_steps._models.extra import Misfit, UnreadableItem
    from openai_steps._models.messages import (
        Annotation,
        Attachment,
        FileCitation,
        FileCitationAnnotation,
        FilePath,
        FilePathAnnotation,
        ImageFileContent,
        ImageUrl,
        ImageUrlContent,
        Message,
        MessageContent,
        MessageText,
        OtherAnnotation,
        OtherContent,
        RefusalContent,
        TextContent,
        UrlCitation,
        UrlCitationAnnotation,
    )
    from openai_steps._models.model import Model
    from openai_steps._models.pages import MessagePage, Page, RunPage, StepPage, ThreadPage
    from openai_steps._models.runs import IncompleteDetails, Order, Run, RunRef, RunSteps
    from openai_steps._models.steps import (
        INCLUDE_FILE_SEARCH_CONTENT,
        CompletionTokensDetails,
        LastError,
        MessageCreation,
        MessageCreationDetails,
        OtherStepDetails,
        PromptTokenDetails,
        RunStep,
        StepDetails,
        ToolCallsDetails,
        UnreadableStep,
        Usage,
    )
    from openai_steps._models.threads import File, Thread
    from openai_steps._models.tokens import Tokens
    from openai_steps._models.tool_calls import (
        CodeInterpreter,
        CodeInterpreterToolCall,
        CodeOutput,
        FileSearch,
        FileSearchContent,
        FileSearchResult,
        FileSearchToolCall,
        FunctionCall,
        FunctionToolCall,
        ImageFile,
        ImageOutput,
        LogsOutput,
        McpToolCall,
        OtherOutput,
        OtherToolCall,
        RankingOptions,
        RetrievalToolCall,
        ToolCall,
    )
    from openai_steps._sending.events import Observer, RequestEvent
    from openai_steps._settings import Limits, PollInterval, RetryPolicy, Timeouts
    from openai_steps._walks.trust import LearnedPaging

__all__ = [
    "INCLUDE_FILE_SEARCH_CONTENT",
    "PROVIDERS",
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AccessToken",
    "Annotation",
    "ApiKey",
    "AsyncStepsClient",
    "AsyncTokenCredential",
    "Attachment",
    "AuthenticationError",
    "BadRequestError",
    "CodeInterpreter",
    "CodeInterpreterToolCall",
    "CodeOutput",
    "CompletionTokensDetails",
    "ConflictError",
    "Endpoint",
    "File",
    "FileCitation",
    "FileCitationAnnotation",
    "FilePath",
    "FilePathAnnotation",
    "FileSearch",
    "FileSearchContent",
    "FileSearchResult",
    "FileSearchToolCall",
    "FunctionCall",
    "FunctionToolCall",
    "ImageFile",
    "ImageFileContent",
    "ImageOutput",
    "ImageUrl",
    "ImageUrlContent",
    "IncludeStyle",
    "IncompleteDetails",
    "InternalServerError",
    "LastError",
    "LearnedPaging",
    "Limits",
    "LogsOutput",
    "McpToolCall",
    "Message",
    "MessageContent",
    "MessageCreation",
    "MessageCreationDetails",
    "MessagePage",
    "MessageText",
    "Misfit",
    "Model",
    "NotFoundError",
    "Observer",
    "Order",
    "OtherAnnotation",
    "OtherContent",
    "OtherOutput",
    "OtherRequiredAction",
    "OtherStepDetails",
    "OtherToolCall",
    "Page",
    "PaginationError",
    "PermissionDeniedError",
    "PollInterval",
    "PromptTokenDetails",
    "RankingOptions",
    "RateLimitError",
    "Read",
    "RefusalContent",
    "RequestEvent",
    "RequiredAction",
    "ResponseDecodeError",
    "ResponseTooLargeError",
    "RetrievalToolCall",
    "RetryPolicy",
    "Run",
    "RunPage",
    "RunRef",
    "RunStep",
    "RunSteps",
    "StepDetails",
    "StepPage",
    "StepsError",
    "SubmitToolApproval",
    "SubmitToolApprovalAction",
    "SubmitToolOutputs",
    "SubmitToolOutputsAction",
    "TextContent",
    "Thread",
    "ThreadPage",
    "Timeouts",
    "Tokens",
    "ToolCall",
    "ToolCallsDetails",
    "UnfinishedRunError",
    "UnprocessableEntityError",
    "UnreadableItem",
    "UnreadableStep",
    "UrlCitation",
    "UrlCitationAnnotation",
    "Usage",
    "dumps",
    "structure_file",
    "structure_message",
    "structure_page",
    "structure_run",
    "structure_step",
    "structure_thread",
    "unstructure",
]

# The modules of the names, except for the client, which imports aiohttp. Nothing is imported before a name is used:
# `import openai_steps` is part of the start of every command.
_HOMES = (
    "_endpoint.credentials",
    "_endpoint.endpoint",
    "_errors",
    "_sending.events",
    "_json.converter",
    "_json.readers",
    "_models.actions",
    "_models.extra",
    "_models.messages",
    "_models.model",
    "_models.pages",
    "_models.runs",
    "_models.steps",
    "_models.threads",
    "_models.tokens",
    "_models.tool_calls",
    "_settings",
    "_walks.trust",
)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _load(*_HOMES)
    if name == "AsyncStepsClient":
        _load("_client.client")
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _load(*homes: str) -> None:
    """Import modules of this package, and take their public names into this one."""
    from importlib import import_module

    from openai_steps._public import publish

    modules = [vars(import_module(f"{__name__}.{home}")) for home in homes]
    found = {name: module[name] for module in modules for name in __all__ if name in module}
    publish(__name__, found)
    globals().update(found)
