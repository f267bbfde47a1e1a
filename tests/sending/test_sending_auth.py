from __future__ import annotations

import asyncio
from typing import Any

import pytest
from attrs import define, frozen

from openai_steps import ApiKey, Endpoint
from openai_steps._arguments import check_key
from openai_steps._sending.auth import Authorizer

PROJECT = "https://res.services.ai.azure.com/api/projects/proj"
HOUR = 3600


@frozen
class Token:
    token: str
    expires_on: int


@define
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@define
class Credential:
    """Gives token-1, token-2 and so on, each for as long as told, when `gate` is open."""

    clock: Clock
    lifetime: int = HOUR
    asked: int = 0
    scopes: tuple[str, ...] = ()
    gate: asyncio.Event | None = None
    fails: tuple[int, ...] = ()

    async def get_token(self, *scopes: str) -> Token:
        self.asked += 1
        number, self.scopes = self.asked, scopes
        if self.gate is not None:
            await self.gate.wait()
        if number in self.fails:
            raise ConnectionError("no token today")
        return Token(f"token-{number}", int(self.clock.now) + self.lifetime)


def with_key(api_key: ApiKey | None, **fields: Any) -> Authorizer:
    return Authorizer(Endpoint.compatible("https://host/v1", api_key=api_key, **fields), now=Clock())


def with_credential(credential: Credential) -> Authorizer:
    return Authorizer(Endpoint.azure_foundry(PROJECT, credential), now=credential.clock)


async def bearer(authorizer: Authorizer) -> str:
    return (await authorizer.header())["Authorization"].removeprefix("Bearer ")


# --- Keys --------------------------------------------------------------------------------------------------------


async def test_a_key_goes_into_its_header() -> None:
    assert await with_key("sk-1").header() == {"Authorization": "Bearer sk-1"}
    assert await with_key("sk-1", key_header="X-Key").header() == {"X-Key": "sk-1"}
    assert await with_key("sk-1", key_prefix="Token ").header() == {"Authorization": "Token sk-1"}


async def test_no_key_no_header() -> None:
    assert await with_key(None).header() == {}


async def test_a_function_is_asked_each_time() -> None:
    keys = iter(["sk-1", "sk-2", "sk-3"])

    async def later() -> str:
        await asyncio.sleep(0)
        return next(keys)

    plain, awaited = with_key(lambda: next(keys)), with_key(later)
    assert [await bearer(plain), await bearer(awaited), await bearer(plain)] == ["sk-1", "sk-2", "sk-3"]


@pytest.mark.parametrize("key", ["sk 1", "sk-1\n", "\tsk-1", "sk-\x00", "sk-é", "sk-\x7f", "Bearer sk-1"])
async def test_a_key_that_no_header_can_carry_is_refused_and_not_told(key: str) -> None:
    with pytest.raises(ValueError, match="space, a line break") as caught:
        with_key(key)
    assert "sk" not in str(caught.value)
    with pytest.raises(ValueError, match="space, a line break"):
        await with_key(lambda: key).header()


@pytest.mark.parametrize("key", ["", None, 7, b"sk"])
def test_what_is_no_key_is_refused(key: object) -> None:
    with pytest.raises(ValueError, match=type(key).__name__):
        check_key(key)


async def test_only_a_credential_can_give_another_key() -> None:
    assert not with_key("sk-1").can_renew
    assert with_credential(Credential(Clock())).can_renew


async def test_what_must_not_be_shown_is_the_key_alone() -> None:
    authorizer = with_key("sk-1")
    assert authorizer.secrets(await authorizer.header()) == ("sk-1",)
    assert with_key(None).secrets({}) == ()


# --- Tokens ------------------------------------------------------------------------------------------------------


async def test_a_token_is_kept_until_shortly_before_it_expires() -> None:
    clock = Clock()
    credential = Credential(clock)
    authorizer = with_credential(credential)
    assert await bearer(authorizer) == "token-1"
    assert credential.scopes == ("https://ai.azure.com/.default",)
    clock.now += HOUR - 301
    assert await bearer(authorizer) == "token-1"
    clock.now += 1
    assert await bearer(authorizer) == "token-2"
    assert credential.asked == 2


async def test_a_token_that_lives_shorter_is_kept_for_half_its_life() -> None:
    clock = Clock()
    authorizer = with_credential(Credential(clock, lifetime=60))
    assert [await bearer(authorizer) for _ in range(3)] == ["token-1"] * 3
    clock.now += 29
    assert await bearer(authorizer) == "token-1"
    clock.now += 1
    assert await bearer(authorizer) == "token-2"


async def test_a_token_that_has_expired_when_it_comes_is_not_kept() -> None:
    authorizer = with_credential(Credential(Clock(), lifetime=-1))
    assert [await bearer(authorizer), await bearer(authorizer)] == ["token-1", "token-2"]


async def test_if_there_is_no_new_token_the_old_is_used_until_it_expires() -> None:
    clock = Clock()
    credential = Credential(clock, fails=tuple(range(2, 100)))
    authorizer = with_credential(credential)
    assert await bearer(authorizer) == "token-1"
    clock.now += HOUR - 300
    assert [await bearer(authorizer) for _ in range(10)] == ["token-1"] * 10
    assert credential.asked == 2  # and not again before half of the time left is over
    clock.now += 299
    assert await bearer(authorizer) == "token-1"
    assert credential.asked == 3
    clock.now += 1
    with pytest.raises(ConnectionError, match="no token today"):
        await bearer(authorizer)


async def test_a_refused_token_is_not_used_again_if_there_is_no_new_one() -> None:
    authorizer = with_credential(Credential(Clock(), fails=(2,)))
    authorizer.forget(await authorizer.header())
    with pytest.raises(ConnectionError, match="no token today"):
        await bearer(authorizer)


async def test_many_at_once_make_one_refresh() -> None:
    credential = Credential(Clock(), gate=asyncio.Event())
    authorizer = with_credential(credential)
    waiting = [asyncio.create_task(bearer(authorizer)) for _ in range(50)]
    await asyncio.sleep(0)
    assert credential.gate is not None
    credential.gate.set()
    assert set(await asyncio.gather(*waiting)) == {"token-1"}
    assert credential.asked == 1


async def test_if_the_first_to_come_is_called_off_the_next_refreshes() -> None:
    credential = Credential(Clock(), gate=asyncio.Event())
    authorizer = with_credential(credential)
    first, second = (asyncio.create_task(bearer(authorizer)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert credential.gate is not None
    credential.gate.set()
    assert await second == "token-2"
    assert first.cancelled()


async def test_a_refresh_that_fails_is_tried_again_by_the_next() -> None:
    authorizer = with_credential(Credential(Clock(), fails=(1,)))
    with pytest.raises(ConnectionError, match="no token today"):
        await bearer(authorizer)
    assert await bearer(authorizer) == "token-2"


async def test_a_refused_token_is_forgotten_once_however_many_were_refused() -> None:
    credential = Credential(Clock())
    authorizer = with_credential(credential)
    refused = [await authorizer.header() for _ in range(3)]
    for header in refused:
        authorizer.forget(header)
        assert await bearer(authorizer) == "token-2"
    assert credential.asked == 2


async def test_a_credential_that_is_not_async_is_named() -> None:
    class DefaultAzureCredential:
        def get_token(self, *scopes: str) -> Token:
            return Token("t", 0)

    endpoint = Endpoint.azure_foundry(PROJECT, DefaultAzureCredential())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"DefaultAzureCredential\.get_token is not async.*azure\.identity\.aio"):
        await Authorizer(endpoint, now=Clock()).header()
