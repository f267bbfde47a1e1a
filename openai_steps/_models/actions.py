"""What a run waits for: outputs of functions to submit, or tool calls to approve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from attrs import field, frozen

from openai_steps._models.extra import NO_EXTRA, Misfit, problem_field
from openai_steps._models.tool_calls import OtherToolCall, ToolCall, calls_in, type_of


@frozen
class SubmitToolOutputs:
    """The calls whose outputs are awaited."""

    tool_calls: tuple[ToolCall, ...]
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class SubmitToolOutputsAction:
    """The run waits for the outputs of functions that the caller runs."""

    type: ClassVar[Literal["submit_tool_outputs"]] = "submit_tool_outputs"
    submit_tool_outputs: SubmitToolOutputs
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls whose outputs are awaited."""
        return self.submit_tool_outputs.tool_calls


@frozen
class SubmitToolApproval:
    """The calls to approve; an MCP server's are flat, with no nested payload."""

    tool_calls: tuple[ToolCall, ...]
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class SubmitToolApprovalAction:
    """The run waits until its tool calls are approved or refused (Azure AI Foundry)."""

    type: ClassVar[Literal["submit_tool_approval"]] = "submit_tool_approval"
    submit_tool_approval: SubmitToolApproval
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls to approve."""
        return self.submit_tool_approval.tool_calls


@frozen
class OtherRequiredAction:
    """An action of a kind that has no class of its own, or does not fit it; ``data`` is the whole JSON object.

    bee-api's ``submit_tool_inputs`` and ``submit_tool_approvals`` and LLAMPHouse's actions arrive as this.
    """

    data: dict[str, Any] = field(hash=False)
    problem: Misfit | None = problem_field()

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None if it is missing or not text."""
        return type_of(self.data)

    @property
    def tool_calls(self) -> tuple[OtherToolCall, ...]:
        """The calls that the object under the type's name lists; empty if it lists none."""
        payload = self.data.get(self.type or "")
        return calls_in(payload) if isinstance(payload, dict) else ()


RequiredAction: TypeAlias = SubmitToolOutputsAction | SubmitToolApprovalAction | OtherRequiredAction
"""What a run in ``requires_action`` waits for: each kind has ``type`` and ``tool_calls``."""
