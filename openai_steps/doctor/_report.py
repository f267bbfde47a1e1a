"""The report of an examination: attrs classes, and their JSON."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from attrs import asdict, frozen

from openai_steps._models.notebook import one_line, table

Grade: TypeAlias = Literal["sound", "harmless", "unknown", "refused", "broken"]
"""A grade, from the best to the worst.

``sound``: as documented. ``harmless``: different, and every walk is still exact. ``unknown``: this run does not show
it. ``refused``: some walks end in a `PaginationError`, and none in a wrong list. ``broken``: a list can be wrong.
"""

_RANKS: Final[tuple[Grade, ...]] = ("sound", "harmless", "unknown", "refused", "broken")


@frozen(kw_only=True)
class Finding:
    """The finding of one check.

    Args:
        check: The name of the check.
        grade: Its grade.
        found: What the server does.
        means: What that means for reading steps from it.
    """

    check: str
    grade: Grade
    found: str
    means: str


@frozen(kw_only=True)
class Report:
    """The report of an examination.

    Args:
        thread_id: The run's thread.
        run_id: The run.
        steps: How many of its steps were seen.
        requests: How many requests were sent.
        findings: The findings of all checks, in a fixed order.
    """

    thread_id: str
    run_id: str
    steps: int
    requests: int
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Grade:
        """The worst of the grades."""
        return max(self.findings, key=lambda finding: _RANKS.index(finding.grade)).grade if self.findings else "unknown"

    @property
    def all_clear(self) -> bool:
        """Whether every walk over this run is exact, and nothing speaks against others."""
        return self.verdict in ("sound", "harmless")

    @property
    def advice(self) -> str:
        """The findings in a sentence or two."""
        return _ADVICE[self.verdict].format(open=", ".join(self.checks("unknown")))

    def __repr__(self) -> str:
        ids = {"thread_id": self.thread_id, "run_id": self.run_id}
        return one_line("Report", repr(self.verdict), **ids, steps=self.steps, requests=self.requests)

    def _repr_html_(self) -> str:
        """Return a row for each check, below the advice, for notebooks."""
        rows = ((finding.check, finding.grade, finding.found, finding.means) for finding in self.findings)
        return table(self.advice, ("check", "grade", "found", "what it means"), rows)

    def checks(self, grade: Grade) -> list[str]:
        """Return the names of the checks of a grade."""
        return [finding.check for finding in self.findings if finding.grade == grade]

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object, with its verdict and advice."""
        findings = [asdict(finding) for finding in self.findings]
        return {**asdict(self), "findings": findings, "verdict": self.verdict, "advice": self.advice}


_ADVICE: Final[dict[Grade, str]] = {
    "sound": "This server's paging is sound.",
    "harmless": "This server differs from what is documented, and every walk over it is still exact.",
    "unknown": "Nothing speaks against this server. Not judged by this run: {open}.",
    "refused": "Some walks over this server end in a PaginationError, none in a wrong list; see the lines marked so.",
    "broken": "This server can make a list wrong without an error; see the lines marked so.",
}
