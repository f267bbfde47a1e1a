"""Mistakes that type checkers must find: each has the errors expected, and an error that is missing is one, too."""

from __future__ import annotations

from openai_steps import AsyncStepsClient, Endpoint, LogsOutput, OtherToolCall, RetryPolicy, RunRef, RunStep, ToolCall


async def reading(client: AsyncStepsClient) -> None:
    client.iter_steps("t", "r", order="up")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    client.iter_steps("t", "r", "asc")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.iter_steps("t", "r", limit=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.iter_steps("t", "r", after=5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    client.iter_steps("t")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.read_runs([("t", "r")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await client.iter_steps("t", "r")  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    with client:  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass


def looping(client: AsyncStepsClient) -> None:
    list(client.iter_steps("t", "r"))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


def values(step: RunStep, call: ToolCall) -> None:
    len(step.status)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    len(step.state)  # type: ignore[attr-defined]  # pyright: ignore
    len(call.function.name)  # type: ignore[union-attr]  # pyright: ignore
    step.status = "failed"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def making() -> None:
    OtherToolCall()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LogsOutput("text", {})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    RunRef("t")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    RetryPolicy(3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    RetryPolicy(retries=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    AsyncStepsClient(api_key=b"key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Endpoint.compatible()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
