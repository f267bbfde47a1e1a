"""What all tests share: hypothesis at two lengths, Ctrl-C, and nothing from the environment that changes an answer."""

import faulthandler
import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# Machines that run tests are busy: how long something takes decides nothing.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", UNTIMED, derandomize=True)  # the same examples each time, for all who set nothing
settings.register_profile("short", UNTIMED)
settings.register_profile("long", UNTIMED, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# A job in the background of a shell ignores Ctrl-C, and so would every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test waits for ever: this ends the run, and shows where each thread is. What a variable lengthens may take hours.
LONGEST = None if {"SOAK_REQUESTS", "HYPOTHESIS_PROFILE", "FOLLOW_SECONDS"} & os.environ.keys() else 900
STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[STDERR] = os.dup(2)  # now, since pytest captures what a test writes there


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if LONGEST is not None:
        faulthandler.dump_traceback_later(LONGEST, exit=True, file=item.config.stash[STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


# Credentials; proxies, which other clients ask for servers on this machine, too; colours, which part a text's words;
# and what makes the programs that tests start tell their own troubles.
PREFIXES = (
    *("OPENAI_", "AZURE_", "DASHSCOPE_", "PROJECT_ENDPOINT", "FOUNDRY_"),
    *("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "PYTHONDEVMODE", "PYTHONASYNCIODEBUG"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith(PREFIXES)]:
        monkeypatch.delenv(name)
