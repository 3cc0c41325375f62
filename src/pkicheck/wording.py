"""Any result in plain words."""

from __future__ import annotations

from pkicheck.caa import CaaResult, explain_caa
from pkicheck.results import Result

__all__ = ["explain"]


def explain(result: Result) -> str:
    """What a result says, for a reader who is no expert: every finding with its meaning, and the remedy."""
    if isinstance(result, CaaResult):
        return explain_caa(result)
    lines = [f"{result.subject()}: {result.verdict.name}"]
    lines += [f"  {each.code}: {each.message}" for each in result.findings]
    return "\n".join(lines)
