"""What all tests share: hypothesis at two lengths, and no credentials from the environment."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Machines that run tests are busy: how long something takes decides nothing.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("short", UNTIMED)
settings.register_profile("long", UNTIMED, max_examples=2_000)
settings.register_profile("ci", UNTIMED, derandomize=True)  # the same examples each time: chance is for developers
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "short"))

PREFIXES = ("OPENAI_", "AZURE_", "DASHSCOPE_", "PROJECT_ENDPOINT")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        monkeypatch.delenv(name)
