"""Which server: the options that all commands share, and the connection that they mean.

Which of them go with which provider is read from the constructors in `PROVIDERS`: a new provider, or a new argument of
one, needs no branch here.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click
from click.core import ParameterSource

from openai_steps._arguments import ArgumentError
from openai_steps._endpoint.endpoint import PROVIDERS, Endpoint

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient
    from openai_steps.cli._azure import AzureLogin


def _full_names(_context: click.Context, _option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    from openai_steps import INCLUDE_FILE_SEARCH_CONTENT

    return tuple(INCLUDE_FILE_SEARCH_CONTENT if name == "file_search_content" else name for name in names)


include_option = click.option(
    "--include",
    metavar="NAME",
    multiple=True,
    callback=_full_names,
    help="More to send: file_search_content, or a name in full; may be repeated.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl"]),
    default="table",
    show_default=True,
    help="jsonl: the wire's JSON, a step a line.",
)


T = TypeVar("T")


@attrs.frozen
class Connection:
    """A server that the options named.

    Attributes:
        endpoint: The server.
    """

    endpoint: Endpoint
    _login: AzureLogin | None = attrs.field(default=None, repr=False)

    def run(self, work: Callable[[AsyncStepsClient], Awaitable[T]], **options: Any) -> T:
        """Call an async function with a client, in an event loop of its own, and return what it returns.

        Args:
            work: The function.
            **options: Of the client.

        Raises:
            click.UsageError: If the client refused an argument; all of them come from options.
        """
        with usage_errors():
            import asyncio  # here: a command that only helps needs no event loop
            import logging

            # Without a handler, logging writes warnings to standard error, such as a line for each retry.
            logging.getLogger().addHandler(logging.NullHandler())
            return asyncio.run(self._run(work, options))

    async def _run(self, work: Callable[[AsyncStepsClient], Awaitable[T]], options: Mapping[str, Any]) -> T:
        from openai_steps import AsyncStepsClient  # here, for the same reason

        async with AsyncExitStack() as stack:
            if self._login is not None:
                stack.push_async_callback(self._login.close)
            return await work(await stack.enter_async_context(AsyncStepsClient(self.endpoint, **options)))


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn the ValueErrors of the client, which are about arguments, into errors about options."""
    context = click.get_current_context(silent=True)
    try:
        yield
    except ArgumentError as error:
        raise click.UsageError(f"{_as_option(error.argument, context)} {error.problem}", context) from None
    except ValueError as error:
        raise click.UsageError(str(error), context) from None


def _as_option(argument: str, context: click.Context | None) -> str:
    """Return what the command calls an argument of the client's; the argument's own name if it has no such option."""
    names = (argument, "base_url" if argument in _ADDRESSES else argument.removesuffix("_id"))
    for parameter in context.command.params if context else ():
        if parameter.name in names:
            return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    return argument


# --- The options --------------------------------------------------------------------------------------------------


def _read_headers(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    headers = {}
    for number, header in enumerate(given, start=1):
        name, colon, value = header.partition(":")
        # The value may be a secret: the message does not repeat it.
        if not colon or not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII):
            raise click.BadParameter(f"number {number} has not the form NAME:VALUE.")
        if re.search(r"[\x00-\x1f\x7f]", value):
            raise click.BadParameter(f"the value of {name} has a control character in it.")
        headers[name] = value.strip()
    return headers


_OPTIONS: Final = (
    click.option(
        "--provider",
        type=click.Choice(list(PROVIDERS)),
        default="openai",
        show_default=True,
        envvar="OPENAI_STEPS_PROVIDER",
        show_envvar=True,
        help="Who serves the run.",
    ),
    click.option(
        "--base-url",
        metavar="URL",
        help="Where it is: a base URL, an Azure resource or a Foundry project endpoint. "
        "Default: the provider's own, or its usual environment variable.",
    ),
    click.option(
        "--api-key",
        metavar="KEY",
        envvar="OPENAI_STEPS_API_KEY",
        show_envvar=True,
        help="Better left out: every user of this machine can see it in the list of processes. "
        "Set the provider's usual environment variable instead.",
    ),
    click.option("--api-version", metavar="VERSION", help="Of the API (azure_openai, azure_foundry)."),
    click.option("--region", type=click.Choice(["beijing", "international"]), help="The site (dashscope)."),
    click.option("--workspace", metavar="ID", help="Unless it is the default one (dashscope)."),
    click.option("--organization", metavar="ID", help="Who pays (openai)."),
    click.option("--project", metavar="ID", help="Which project (openai)."),
    click.option("--key-header", metavar="NAME", help="The header for the key, if not Authorization (compatible)."),
    click.option(
        "--header",
        "headers",
        metavar="NAME:VALUE",
        multiple=True,
        callback=_read_headers,
        help="One more header; may be repeated.",
    ),
)

_PROVIDER_OPTIONS: Final = (
    "base_url",
    "api_key",
    "api_version",
    "region",
    "workspace",
    "organization",
    "project",
    "key_header",
)


def connection_options(command: Callable[..., T], *, unless: str | None = None) -> Callable[..., T]:
    """Add the options that name a server to a command, which gets a `Connection` as ``connection``.

    Args:
        command: The command's function.
        unless: The parameter which, if it is given, makes a server needless: then ``connection`` is None.
    """

    @functools.wraps(command)
    def connected(*, provider: str, headers: Mapping[str, str], **options: Any) -> T:
        given = {name: value for name in _PROVIDER_OPTIONS if (value := options.pop(name)) is not None}
        needless = unless is not None and options[unless] is not None
        return command(connection=None if needless else connect(provider, headers, given), **options)

    for option in reversed(_OPTIONS):
        connected = option(connected)
    return connected


# --- From options to a connection ---------------------------------------------------------------------------------


def connect(provider: str, headers: Mapping[str, str], given: Mapping[str, Any]) -> Connection:
    """Return the connection that options mean.

    Args:
        provider: A name of PROVIDERS.
        headers: More headers for each request.
        given: The other options that were given, by their names.

    Raises:
        click.UsageError: If they make no sense together, or something is missing.
    """
    make = PROVIDERS[provider]
    arguments = {_parameter(provider, name): value for name, value in given.items()}
    for name, parameter in inspect.signature(make).parameters.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise click.UsageError(f"--provider {provider} needs {_flag(name)}.")
    with usage_errors():
        endpoint, login = _make(make, arguments)
    return Connection(
        attrs.evolve(
            endpoint,
            headers={**endpoint.headers, **headers},
            key_source=_key_source(endpoint, login),
        ),
        login,
    )


def _make(make: Callable[..., Endpoint], arguments: dict[str, Any]) -> tuple[Endpoint, AzureLogin | None]:
    """Make the endpoint, with the login of Azure's tools where a provider takes one and there is no key."""
    try:
        return make(**arguments), None
    except ValueError:
        if "credential" not in inspect.signature(make).parameters or "api_key" in arguments:
            raise
    from openai_steps.cli._azure import AzureLogin

    make(**arguments, credential=AzureLogin)  # whatever else is missing is told first
    login = AzureLogin()
    return make(**arguments, credential=login), login


def _parameter(provider: str, option: str) -> str:
    """Return what the provider's constructor calls an option."""
    parameters = inspect.signature(PROVIDERS[provider]).parameters
    names = _ADDRESSES if option == "base_url" else (option,)
    for name in names:
        if name in parameters:
            return name
    takers = [name for name, make in PROVIDERS.items() if option in inspect.signature(make).parameters]
    raise click.UsageError(f"{_flag(option)} does not go with --provider {provider}, but with {', '.join(takers)}.")


def _key_source(endpoint: Endpoint, login: AzureLogin | None) -> str:
    context = click.get_current_context(silent=True)
    source = context.get_parameter_source("api_key") if context else None
    if login is not None:
        return "the login of Azure's tools (DefaultAzureCredential)"
    match source:
        case ParameterSource.COMMANDLINE:
            return "the option --api-key"
        case ParameterSource.ENVIRONMENT:
            return "the environment variable OPENAI_STEPS_API_KEY"
        case _:
            return endpoint.key_source


# --- Words --------------------------------------------------------------------------------------------------------

# A provider's constructor calls its address as the provider does.
_ADDRESSES: Final = ("base_url", "project_endpoint", "azure_endpoint")


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"
