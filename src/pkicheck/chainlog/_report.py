"""The report on a chain, and what its verdicts mean. Pure.

What the words mean:

* **broken**: some record does not fit, a seal does not hold, or the log ends before the head or the count given.
* **torn**: everything fits, and bytes without a line feed follow: a crash in the middle of an append.
* **unanchored**: everything fits, but nothing from outside proves that it is the log that was written. Whoever can
  write the file can cut its end off, or change a record and chain everything after it again.
* **intact**: everything fits, each record is covered by a head or by a seal that holds, and the log reaches what the
  caller knows of it (a head, or a count).

A seal alone is not enough for *intact*: a log cut off after a sealed record still ends with a good seal. A head alone
is not enough when records follow it: they may have been chained again. `until_head` judges the log up to the head only.
"""

from __future__ import annotations

from enum import Enum
from typing import NoReturn

import attrs

from pkicheck.canon import canonical
from pkicheck.chainlog._damage import FirstBad, Place
from pkicheck.chainlog._values import Head

__all__ = ["ChainReport", "ChainVerdict", "Torn"]


class ChainVerdict(Enum):
    """The answer about a chain; the module says what each word means."""

    INTACT = "intact"
    BROKEN = "broken"
    TORN = "torn"
    UNANCHORED = "unanchored"


@attrs.frozen
class Torn:
    """Bytes after the last line feed.

    Attributes:
        place: where they begin.
        size: how many they are.
    """

    place: Place
    size: int


@attrs.frozen(kw_only=True)
class ChainReport:
    """What is known of a log after reading it once. The verdict is computed, not stored.

    Attributes:
        log_id: the id of the log, None when nothing readable and no head was given.
        records: lines that are records, those after the first bad one included.
        withheld: records whose payload is not there.
        sealed: records with a seal.
        seals_checked: seals that hold. The walk checks none after the first bad record, and none without `seals`.
        backwards: records whose clock reads earlier than the record before: a fact, no damage.
        first_time, last_time: the writer's clock in the first and the last record that fits, RFC 3339 UTC; empty: none.
        last: the state of the log after the last record that fits; None when no record does.
        covered: the last number that a head or a seal that holds covers, 0 when none does.
        reached: whether the log reaches the head or the count given; False when neither was given.
        first_bad: the first bad record, None when all fit.
        torn: what follows the last line feed, None when nothing does.
    """

    log_id: str | None
    records: int
    withheld: int
    sealed: int
    seals_checked: int
    backwards: int
    first_time: str
    last_time: str
    last: Head | None
    covered: int
    reached: bool
    first_bad: FirstBad | None
    torn: Torn | None

    @property
    def verdict(self) -> ChainVerdict:
        """The answer. An empty log is never intact."""
        if self.first_bad is not None:
            return ChainVerdict.BROKEN
        if self.torn is not None:
            return ChainVerdict.TORN
        if self.last is not None and self.reached and self.covered == self.last.sequence:
            return ChainVerdict.INTACT
        return ChainVerdict.UNANCHORED

    def __bool__(self) -> NoReturn:
        msg = "a chain report has no truth value: compare report.verdict with ChainVerdict.INTACT"
        raise TypeError(msg)

    def summary(self) -> str:
        """Some lines for people: the verdict, what was read, the reason."""
        lines = [
            (
                f"{self.verdict.value}: log {self.log_id or '(unknown)'}, {self.records} records, "
                f"{self.withheld} withheld, {self.sealed} sealed, {self.seals_checked} seals checked"
            )
        ]
        if self.last is not None:
            lines.append(f"head: {self.last}")
        if self.first_bad is not None:
            lines.append(self.first_bad.message)
        elif self.torn is not None:
            lines.append(f"{self.torn.place}: {self.torn.size} bytes without a line feed: an append was cut short")
        elif self.last is None:
            lines.append("there is no record")
        elif self.covered < self.last.sequence:
            lines.append(f"no head and no checked seal covers the records after {self.covered}")
        elif not self.reached:
            lines.append("sealed to the end, but only a head or a count from outside proves that nothing was cut off")
        return "\n".join(lines)

    def to_json(self) -> bytes:
        """The report as canonical JSON, schema `pkicheck/chain-report/1`."""
        bad, torn, last = self.first_bad, self.torn, self.last
        return canonical(
            {
                "schema": "pkicheck/chain-report/1",
                "verdict": self.verdict.value,
                "log": self.log_id,
                "records": self.records,
                "withheld": self.withheld,
                "sealed": self.sealed,
                "seals_checked": self.seals_checked,
                "backwards": self.backwards,
                "first_time": self.first_time,
                "last_time": self.last_time,
                "head": None if last is None else str(last),
                "covered": self.covered,
                "reached": self.reached,
                "first_bad": None
                if bad is None
                else {
                    "damage": bad.damage.value,
                    **attrs.asdict(bad.place),
                    "sequence": bad.sequence,
                    "missing": None if bad.missing is None else list(bad.missing),
                    "expected": bad.expected,
                    "saw": bad.saw,
                    "after": bad.after,
                },
                "torn": None if torn is None else {**attrs.asdict(torn.place), "size": torn.size},
            }
        )
