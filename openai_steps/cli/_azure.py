"""Entra tokens from any login that azure-identity finds: the CLI's, a managed identity's, the environment's."""

from __future__ import annotations

from openai_steps._endpoint.credentials import AccessToken


class AzureLogin:
    """The DefaultAzureCredential of azure-identity, whose errors are one line long.

    Raises:
        ValueError: If azure-identity is not installed.
    """

    def __init__(self) -> None:
        try:
            from azure.identity.aio import DefaultAzureCredential
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != "azure":
                raise
            raise ValueError(
                "No token for Azure: set AZURE_AI_TOKEN (azure_foundry) or AZURE_OPENAI_API_KEY (azure_openai), "
                "or `pip install azure-identity` to use the login of Azure's tools."
            ) from None
        self._credential = DefaultAzureCredential()

    async def get_token(self, *scopes: str) -> AccessToken:
        """Return a token for the scopes.

        Raises:
            Failure: If there is no login.
        """
        from azure.core.exceptions import AzureError

        from openai_steps.cli._terminal import Failure

        try:
            token: AccessToken = await self._credential.get_token(*scopes)
        except AzureError as error:
            raise Failure(f"Azure gave no token: {error.message.partition(chr(10))[0]} Try `az login`.") from error
        return token

    async def close(self) -> None:
        """Close the connections."""
        await self._credential.close()
