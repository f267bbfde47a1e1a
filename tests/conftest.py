"""What all tests share: hypothesis at two lengths, Ctrl-C, and no credentials from the environment."""

import os
import signal

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

PREFIXES = ("OPENAI_", "AZURE_", "DASHSCOPE_", "PROJECT_ENDPOINT", "FOUNDRY_")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        monkeypatch.delenv(name)
