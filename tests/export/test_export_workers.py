"""What cannot work on a cluster is found out before any worker is asked."""

from pathlib import Path
from typing import Any

import pytest

from openai_steps import AsyncStepsClient, RunRef

pytest.importorskip("distributed")
from openai_steps.export.cluster import export_on_cluster, export_threads_on_cluster


def takes_nothing() -> AsyncStepsClient:
    return AsyncStepsClient()


async def makes_a_coroutine(*, rate_limiter: Any) -> AsyncStepsClient:
    return AsyncStepsClient(rate_limiter=rate_limiter)


class Unpickled:
    def __call__(self, *, rate_limiter: Any) -> AsyncStepsClient:
        return AsyncStepsClient(rate_limiter=rate_limiter)

    def __reduce__(self) -> Any:
        raise TypeError("it holds a socket")


@pytest.mark.parametrize(
    ("connect", "told"),
    [
        (takes_nothing, "unexpected keyword argument 'rate_limiter'"),
        (makes_a_coroutine, "connect must be a function"),
        ("http://server", "connect must be a function"),
        (Unpickled(), "connect cannot travel to the workers: .*it holds a socket"),
    ],
)
def test_a_connect_that_cannot_work_is_told_before_any_worker_is_asked(tmp_path: Path, connect: Any, told: str) -> None:
    nobody: Any = "tcp://127.0.0.1:9"
    with pytest.raises(ValueError, match=f"(?s){told}"):
        export_on_cluster(nobody, [RunRef("t", "r")], tmp_path / "out", connect=connect)
    with pytest.raises(ValueError, match=f"(?s){told}"):
        export_threads_on_cluster(nobody, ["t"], tmp_path / "out", connect=connect)
    assert list(tmp_path.iterdir()) == []
