"""May this name or address stand in a certificate? The grammar, and four questions that never answer for each other.

Is the name special (RFC 6761)? Does it lie in a reverse zone? Is its last label a top-level domain of the root zone? Is
it a public suffix? Each has its own data, day and finding code: the public suffix list does not know which top-level
domains exist, and the root zone does not know which names are special. Every answer of a list is an observation with
the list's version and day, so that a replay does not depend on today's lists (R071). The reverse zones come with their
rule.

What is public and what is internal (R114): `scope` says what was asked for.

* `public`: internal names, special-use names, reverse zones and reserved addresses are refused, under any policy.
* `internal`: refused under a policy for public certificates; under one with `names.internal` (`PRIVATE`) those names
  and addresses are notes. A name of the public DNS is then a note too, not a refusal: a split DNS serves public names
  inside, and the certificate is trusted by nobody outside.

The grammar is not dated: an underscore is refused at every date, also before the ballot that forbade it.
"""

from __future__ import annotations

from pkicheck.namecheck.check import DEADLINE, check_name, check_names, name_plan, name_plan_from_json, name_plans
from pkicheck.namecheck.plan import (
    ROOT_ZONE,
    SPECIAL_PURPOSE,
    SPECIAL_USE,
    SUFFIXES,
    NamePlan,
    NameResult,
    Scope,
)

__all__ = [
    "DEADLINE",
    "ROOT_ZONE",
    "SPECIAL_PURPOSE",
    "SPECIAL_USE",
    "SUFFIXES",
    "NamePlan",
    "NameResult",
    "Scope",
    "check_name",
    "check_names",
    "name_plan",
    "name_plan_from_json",
    "name_plans",
]
