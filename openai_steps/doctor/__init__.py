"""Checks whether a server's paging is sound, with one run, and reports the findings.

It asks the server for pages of a run as walks do, at the page sizes that people use, in both orders, with and without
cursors, and judges by the same proofs as the walks.
"""

from openai_steps._public import publish
from openai_steps.doctor._examine import examine
from openai_steps.doctor._report import Finding, Grade, Report

__all__ = ["Finding", "Grade", "Report", "examine"]

publish(__name__, globals())
