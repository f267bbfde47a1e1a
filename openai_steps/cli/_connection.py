"""The connection that options, the configuration and the environment describe.

The options of each provider are read from the constructors in `PROVIDERS`: a new provider, or a new argument of one,
needs no branch here.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import attrs
import click
from click.core import ParameterSource

from openai_steps._arguments import ArgumentError
from openai_steps._endpoint.endpoint import PROVIDERS, Endpoint
from openai_steps._errors import NotFoundError

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient
    from openai_steps.cli._azure import AzureLogin

T = TypeVar("T")


@attrs.frozen
class Connection:
    """The server that options name, and how to ask it. It is resolved on first use.

    Args:
        given: The given options, by their names.
        headers: More headers for each request.
        verbose: Whether each request is reported on standard error.

    Attributes:
        quiet: Whether only errors are reported there.
    """

    _given: Mapping[str, Any] = attrs.field(repr=False)
    _headers: Mapping[str, str] = attrs.field(repr=False)
    _verbose: bool = False
    quiet: bool = False

    @property
    def endpoint(self) -> Endpoint:
        """The server.

        Raises:
            click.UsageError: If the options contradict each other, or one is missing.
            Failure: If the configuration is malformed.
        """
        return self._server[0]

    @property
    def sketch(self) -> Endpoint:
        """The server, even if its key is missing: ``key_source`` then says what to do.

        Raises:
            click.UsageError: If more than the key is missing, or the options contradict each other.
            Failure: If the configuration is malformed.
        """
        try:
            return self.endpoint
        except click.UsageError as error:
            with suppress(click.UsageError):
                endpoint, _ = connect({**self._settings, "api_key": "missing"}, self._headers)
                return attrs.evolve(endpoint, api_key=None, key_source=f"none. {error.message}")
            raise

    @cached_property
    def _server(self) -> tuple[Endpoint, AzureLogin | None]:
        return connect(self._settings, self._headers)

    @cached_property
    def _settings(self) -> Mapping[str, Any]:
        return with_configuration(self._given)

    async def close(self) -> None:
        """Close the login of Azure's tools, if there is one; `run` does so itself."""
        _, login = self._server
        if login is not None:
            await login.close()

    def run(
        self, work: Callable[[AsyncStepsClient], Awaitable[T]], *, shows_progress: bool = False, **options: Any
    ) -> T:
        """Call an async function with a client, in an event loop of its own, and return what it returns.

        Args:
            work: The function.
            shows_progress: Whether the function itself shows its progress.
            **options: Options of the client.

        Raises:
            click.UsageError: If the client refused an argument; all arguments come from options.
        """
        endpoint, login = self._server
        with usage_errors(), _path_errors(endpoint):
            import asyncio  # here: a command that only helps needs no event loop

            return asyncio.run(self._run(work, endpoint, login, shows_progress, options | self.client_options()))

    def for_workers(self) -> Callable[..., AsyncStepsClient]:
        """Return the function that makes a client on another machine.

        Raises:
            click.UsageError: If the client would need something from this machine.
        """
        from openai_steps import AsyncStepsClient

        if self.endpoint.credential is not None or callable(self.endpoint.api_key):
            raise click.UsageError("The workers cannot use the login of this machine: give a key.")
        options = self.client_options()
        if "ssl" in options:
            raise click.UsageError("--cacert is of this machine: set SSL_CERT_FILE where the workers are.")
        return partial(AsyncStepsClient, self.endpoint, **options)

    async def _run(
        self,
        work: Callable[[AsyncStepsClient], Awaitable[T]],
        endpoint: Endpoint,
        login: AzureLogin | None,
        shows_progress: bool,
        options: Mapping[str, Any],
    ) -> T:
        from openai_steps import AsyncStepsClient  # here, for the same reason
        from openai_steps.cli._waiting import requests_on_stderr, spinning

        async with AsyncExitStack() as stack:
            if self._verbose:
                stack.enter_context(requests_on_stderr())
            if not (self.quiet or shows_progress):
                stack.enter_context(spinning(urlsplit(endpoint.base_url).netloc))
            if login is not None:
                stack.push_async_callback(login.close)
            return await work(await stack.enter_async_context(AsyncStepsClient(endpoint, **options)))

    def client_options(self) -> dict[str, Any]:
        """Return the client's other arguments.

        Raises:
            ArgumentError: If the certificates cannot be read.
        """
        from openai_steps import RetryPolicy

        settings = self._settings
        options = {name: settings[name] for name in ("timeout", "proxy") if name in settings}
        if "retries" in settings:
            options["retry"] = RetryPolicy(attempts=settings["retries"] + 1)
        if "cacert" in settings:
            from openai_steps._sending.network import trust

            options["ssl"] = trust(settings["cacert"], "cacert")
        return options


@contextmanager
def _path_errors(endpoint: Endpoint) -> Iterator[None]:
    """Add a hint to a 404 from a base URL without a path."""
    try:
        yield
    except NotFoundError as error:
        if endpoint.provider in ("openai", "compatible") and urlsplit(endpoint.base_url).path in ("", "/"):
            error.message += f" The base URL has no path: {endpoint.base_url.rstrip('/')}/v1 may be meant."
        raise


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
    """Return the command's name for an argument of the client, or the argument's own if it has no such option."""
    names = (argument, "base_url" if argument in _ADDRESSES else argument.removesuffix("_id"))
    for parameter in context.command.params if context else ():
        if parameter.name in names:
            return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    return argument


# --- From options to a server -------------------------------------------------------------------------------------


def with_configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the named connection, or of the default one, with the given options on top.

    Raises:
        click.UsageError: If options on the command line contradict each other.
        Failure: If the configuration is malformed.
    """
    options = dict(given)
    name = options.pop("connection_name", None)
    elsewhere = [key for key in ("provider", "base_url") if key in options]
    typed = [key for key in elsewhere if _is_typed(key)]
    if name is not None and typed:
        if _is_typed("connection_name"):
            raise click.UsageError(f"{_flag(typed[0])} and --connection name a server each: give one of them.")
        return options  # typed options take precedence over variables
    if name is None and elsewhere:
        return options

    from openai_steps.cli._config import read_connection

    named = read_connection(name)
    for key in elsewhere:
        del options[key]
    if "api_key" in named and not _is_typed("api_key"):  # OPENAI_STEPS_API_KEY may be meant for another server
        options.pop("api_key", None)
    return {**named, **options}


def _is_typed(option: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(option) is ParameterSource.COMMANDLINE


def connect(settings: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[Endpoint, AzureLogin | None]:
    """Return the server that settings mean, and the login that has to be closed, if there is one.

    Args:
        settings: The settings, by the names of the options.
        headers: More headers for each request.

    Raises:
        click.UsageError: If the settings contradict each other, or one is missing.
    """
    provider = settings.get("provider") or ("openai" if "base_url" in settings else provider_of_environment())
    if provider not in PROVIDERS:
        raise click.UsageError(f"The provider {provider!r} is not one of {', '.join(PROVIDERS)}.")
    make = PROVIDERS[provider]
    arguments = {_parameter(provider, name): settings[name] for name in PROVIDER_OPTIONS if name in settings}
    for name, parameter in inspect.signature(make).parameters.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise click.UsageError(f"--provider {provider} needs {_flag(name)}.")
    with usage_errors():
        endpoint, login = _make(make, arguments)
    more = {**endpoint.headers, **settings.get("headers", {}), **headers}
    return attrs.evolve(endpoint, headers=more, key_source=_key_source(settings, endpoint, login)), login


def provider_of_environment() -> str:
    """Return the provider that the environment's variables name, or else OpenAI.

    They name a provider if they have all that it needs, or else if some of them are for it alone. A host that has
    stopped serving runs is chosen only if there is no other.

    Raises:
        click.UsageError: If they name several, and not OpenAI.
    """
    found = {name: _found_in_environment(make) for name, make in PROVIDERS.items()}
    complete = [name for name, endpoint in found.items() if endpoint is not None]
    serving = [name for name in complete if not getattr(found[name], "ended_on", None)]
    started = {name for start, name in _VARIABLES.items() if any(key.startswith(start) for key in os.environ)}
    meant = serving or complete or sorted(started)
    if "openai" in meant or not meant:
        return "openai"
    if len(meant) > 1:
        raise click.UsageError(f"The environment points to {' and '.join(meant)}: name one with --provider.")
    return meant[0]


# The prefixes of variables that only one provider reads.
_VARIABLES: Final = {
    "AZURE_OPENAI_": "azure_openai",
    "AZURE_AI_": "azure_foundry",
    "FOUNDRY_PROJECT_": "azure_foundry",
    "PROJECT_ENDPOINT": "azure_foundry",
    "DASHSCOPE_": "dashscope",
}


def _found_in_environment(make: Callable[..., Endpoint]) -> Endpoint | None:
    parameters = inspect.signature(make).parameters
    if any(parameter.default is parameter.empty for parameter in parameters.values()):
        return None
    for arguments in ({}, {"credential": _AnyLogin}) if make in _ENTRA else ({},):
        with suppress(ValueError):
            return make(**arguments)
    return None


class _AnyLogin:
    """A placeholder for a login while only the rest of an endpoint is checked."""

    @staticmethod
    def get_token(*scopes: str) -> Any:
        """Raise an error: it has no token."""
        raise NotImplementedError


def _make(make: Callable[..., Endpoint], arguments: dict[str, Any]) -> tuple[Endpoint, AzureLogin | None]:
    """Make the endpoint, with the login of Azure's tools if the provider takes one and there is no key."""
    try:
        if "scope" not in arguments or "api_key" in arguments:
            return make(**arguments), None
    except ValueError:
        if make not in _ENTRA or "api_key" in arguments:
            raise
    from openai_steps.cli._azure import AzureLogin

    make(**arguments, credential=AzureLogin)  # reports first whatever else is missing
    login = AzureLogin()
    return make(**arguments, credential=login), login


# Those that take Entra's tokens without a given scope.
_ENTRA: Final = (Endpoint.azure_openai, Endpoint.azure_foundry, Endpoint.fabric)


def _parameter(provider: str, option: str) -> str:
    """Return what the provider's constructor calls an option."""
    parameters = inspect.signature(PROVIDERS[provider]).parameters
    names = _ADDRESSES if option == "base_url" else (option,)
    for name in names:
        if name in parameters:
            return name
    takers = [name for name, make in PROVIDERS.items() if option in inspect.signature(make).parameters]
    raise click.UsageError(f"{_flag(option)} does not go with --provider {provider}, but with {', '.join(takers)}.")


def _key_source(settings: Mapping[str, Any], endpoint: Endpoint, login: AzureLogin | None) -> str:
    if login is not None:
        return "the login of Azure's tools (DefaultAzureCredential)"
    if _is_typed("api_key"):
        return "the option --api-key"
    if "api_key" in settings:
        source: str = settings.get("key_source", "the environment variable OPENAI_STEPS_API_KEY")
        return source
    return endpoint.key_source


# --- Words --------------------------------------------------------------------------------------------------------

PROVIDER_OPTIONS: Final = (
    "base_url",
    "api_key",
    "api_version",
    "scope",
    "region",
    "workspace",
    "organization",
    "project",
    "key_header",
)
"""The options that constructors take, under these names or, as the address, under their own."""

# A provider's constructor calls its address as the provider does.
_ADDRESSES: Final = ("base_url", "project_endpoint", "azure_endpoint")


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"
