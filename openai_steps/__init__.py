"""The steps of Assistants-style runs, read asynchronously from any server that serves them.

async with AsyncStepsClient() as client:
    async for step in client.iter_steps("thread_abc", "run_abc", order="asc"):
        print(step.created_at, step.type, step.status)
"""

from typing import TYPE_CHECKING, Any

from openai_steps._converter import dumps, structure_page, structure_step, unstructure
from openai_steps._endpoint import (
    PROVIDERS,
    AccessToken,
    ApiKey,
    AsyncTokenCredential,
    Endpoint,
    IncludeStyle,
)
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
    UnprocessableEntityError,
)
from openai_steps._models import (
    INCLUDE_FILE_SEARCH_CONTENT,
    CodeInterpreter,
    CodeInterpreterToolCall,
    CodeOutput,
    CompletionTokensDetails,
    FileSearch,
    FileSearchContent,
    FileSearchResult,
    FileSearchToolCall,
    FunctionCall,
    FunctionToolCall,
    ImageFile,
    ImageOutput,
    LastError,
    LogsOutput,
    McpToolCall,
    MessageCreation,
    MessageCreationDetails,
    Model,
    Order,
    OtherOutput,
    OtherStepDetails,
    OtherToolCall,
    PromptTokenDetails,
    RankingOptions,
    RetrievalToolCall,
    Run,
    RunRef,
    RunStep,
    RunSteps,
    StepDetails,
    StepPage,
    ToolCall,
    ToolCallsDetails,
    Usage,
)
from openai_steps._settings import Limits, PollInterval, RetryPolicy, Timeouts

if TYPE_CHECKING:
    from openai_steps._client import AsyncStepsClient

__all__ = [
    "INCLUDE_FILE_SEARCH_CONTENT",
    "PROVIDERS",
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AccessToken",
    "ApiKey",
    "AsyncStepsClient",
    "AsyncTokenCredential",
    "AuthenticationError",
    "BadRequestError",
    "CodeInterpreter",
    "CodeInterpreterToolCall",
    "CodeOutput",
    "CompletionTokensDetails",
    "ConflictError",
    "Endpoint",
    "FileSearch",
    "FileSearchContent",
    "FileSearchResult",
    "FileSearchToolCall",
    "FunctionCall",
    "FunctionToolCall",
    "ImageFile",
    "ImageOutput",
    "IncludeStyle",
    "InternalServerError",
    "LastError",
    "Limits",
    "LogsOutput",
    "McpToolCall",
    "MessageCreation",
    "MessageCreationDetails",
    "Model",
    "NotFoundError",
    "Order",
    "OtherOutput",
    "OtherStepDetails",
    "OtherToolCall",
    "PaginationError",
    "PermissionDeniedError",
    "PollInterval",
    "PromptTokenDetails",
    "RankingOptions",
    "RateLimitError",
    "ResponseDecodeError",
    "ResponseTooLargeError",
    "RetrievalToolCall",
    "RetryPolicy",
    "Run",
    "RunRef",
    "RunStep",
    "RunSteps",
    "StepDetails",
    "StepPage",
    "StepsError",
    "Timeouts",
    "ToolCall",
    "ToolCallsDetails",
    "UnprocessableEntityError",
    "Usage",
    "dumps",
    "structure_page",
    "structure_step",
    "unstructure",
]


def __getattr__(name: str) -> Any:
    if name == "AsyncStepsClient":  # not before it is asked for: aiohttp takes longer to import than all the rest
        from openai_steps._client import AsyncStepsClient

        globals()[name] = AsyncStepsClient
        return AsyncStepsClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
