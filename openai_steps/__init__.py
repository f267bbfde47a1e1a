"""The steps of Assistants-style runs, read asynchronously from any server that serves them.

async with AsyncStepsClient() as client:
    async for step in client.iter_steps("thread_abc", "run_abc", order="asc"):
        print(step.created_at, step.type, step.status)
"""

from typing import TYPE_CHECKING, Any

from openai_steps._endpoint.credentials import AccessToken, ApiKey, AsyncTokenCredential
from openai_steps._endpoint.endpoint import PROVIDERS, Endpoint, IncludeStyle
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
    Usage,
)
from openai_steps._models.threads import File, Thread
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
from openai_steps._public import publish
from openai_steps._settings import Limits, PollInterval, RetryPolicy, Timeouts

if TYPE_CHECKING:
    from openai_steps._client.client import AsyncStepsClient

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
    "Limits",
    "LogsOutput",
    "McpToolCall",
    "Message",
    "MessageContent",
    "MessageCreation",
    "MessageCreationDetails",
    "MessagePage",
    "MessageText",
    "Model",
    "NotFoundError",
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
    "RefusalContent",
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
    "ToolCall",
    "ToolCallsDetails",
    "UnprocessableEntityError",
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


def __getattr__(name: str) -> Any:
    if name == "AsyncStepsClient":  # not before it is asked for: aiohttp takes longer to import than all the rest
        from openai_steps._client.client import AsyncStepsClient

        globals()[name] = AsyncStepsClient
        publish(__name__, {name: AsyncStepsClient})
        return AsyncStepsClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


publish(__name__, globals())
