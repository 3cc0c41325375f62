"""Wrong calls of canonical JSON: a line marked `# wrong` must be refused by both type checkers, no other line may."""

from __future__ import annotations

from pkicheck.canon import Sha256, canonical, decode_bytes, digest, format_time

canonical(1.5)  # wrong
canonical({1: "a"})  # wrong
digest("text")  # wrong
decode_bytes(b"AAAA")  # wrong
format_time("2026-03-15T00:00:00Z")  # wrong
key: Sha256 = "ab" * 32  # wrong
print(canonical("fine"))
