"""Any result in plain words."""

from __future__ import annotations

from pkicheck.caa import CaaResult, explain_caa
from pkicheck.codes import code
from pkicheck.findings import Verdict
from pkicheck.results import Result

__all__ = ["explain"]


def explain(result: Result) -> str:
    """What a result says, for a reader who is no expert: every finding with its meaning, and the remedy."""
    if isinstance(result, CaaResult):
        return explain_caa(result)
    lines = [f"{result.subject()}: {result.verdict.name}"]
    lines += [f"  {each.code}: {each.message}" for each in result.findings]
    if result.verdict is not Verdict.PASS:
        lines.append("What would make it pass:")
        lines += [f"  {each}" for each in dict.fromkeys(code(each.code).remedy for each in result.deciding())]
    return "\n".join(lines)
