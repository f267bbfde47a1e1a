"""The pytest plugin: the fixture `steps_server`.

pytest imports every plugin that is installed, in every run. Here that must cost nothing and disturb no measurement of
coverage, so this module imports nothing of the package, and the wheel puts it beside the package, not into it (see
pyproject.toml): to import a module of a package is to import the package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from openai_steps.testing import StepsServer


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "steps_server(profile=..., dialect=..., api_key=..., host=...): which server the fixture steps_server imitates",
    )


@pytest.fixture
def steps_server(request: pytest.FixtureRequest) -> Iterator[StepsServer]:
    """Serve run steps on a loopback port; see `openai_steps.testing.StepsServer` for what it can do.

    The marker ``@pytest.mark.steps_server(profile=…, dialect=…, api_key=…)`` chooses the server to imitate;
    ``host="::1"`` chooses its address.
    """
    from openai_steps.testing import StepsServer

    marker = request.node.get_closest_marker("steps_server")
    with StepsServer(**(marker.kwargs if marker else {})) as server:
        yield server
