"""The union of all models that have a shape on the wire."""

from __future__ import annotations

from typing import TypeAlias

from openai_steps._models.actions import RequiredAction, SubmitToolApproval, SubmitToolOutputs
from openai_steps._models.messages import (
    Annotation,
    Attachment,
    FileCitation,
    FilePath,
    ImageUrl,
    Message,
    MessageContent,
    MessageText,
    UrlCitation,
)
from openai_steps._models.pages import MessagePage, RunPage, StepPage, ThreadPage
from openai_steps._models.runs import IncompleteDetails, Run, RunRef
from openai_steps._models.steps import (
    CompletionTokensDetails,
    LastError,
    MessageCreation,
    PromptTokenDetails,
    RunStep,
    StepDetails,
    UnreadableStep,
    Usage,
)
from openai_steps._models.threads import File, Thread
from openai_steps._models.tool_calls import (
    CodeInterpreter,
    CodeOutput,
    FileSearch,
    FileSearchContent,
    FileSearchResult,
    FunctionCall,
    ImageFile,
    RankingOptions,
    ToolCall,
)

Model: TypeAlias = (
    RunStep
    | StepPage
    | Run
    | RunPage
    | RunRef
    | Message
    | MessagePage
    | Thread
    | ThreadPage
    | File
    | StepDetails
    | MessageCreation
    | ToolCall
    | CodeInterpreter
    | CodeOutput
    | ImageFile
    | FileSearch
    | FileSearchResult
    | FileSearchContent
    | RankingOptions
    | FunctionCall
    | MessageContent
    | MessageText
    | ImageUrl
    | Annotation
    | FileCitation
    | FilePath
    | UrlCitation
    | Attachment
    | RequiredAction
    | SubmitToolOutputs
    | SubmitToolApproval
    | IncompleteDetails
    | LastError
    | Usage
    | PromptTokenDetails
    | CompletionTokensDetails
    | UnreadableStep
)
"""Any model that has a shape on the wire."""
