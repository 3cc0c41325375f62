"""The three curves of the Baseline Requirements (SP 800-186 §3.2.1): y^2 = x^3 - 3x + b modulo p, cofactor 1."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

__all__ = ["CURVES", "Curve"]


@attrs.frozen
class Curve:
    """One curve.

    Attributes:
        p: the prime of its field.
        b: the coefficient b; the other one is -3.
        base: x of its base point.
        octets: how many a coordinate takes.
    """

    p: int
    b: int
    base: int
    octets: int

    def has(self, x: int, y: int) -> bool:
        """Whether a point with coordinates in 0..p-1 lies on the curve."""
        return (y * y - (x * x - 3) * x - self.b) % self.p == 0

    def lift(self, x: int, *, odd: bool) -> int | None:
        """The y of this parity over an x (SEC 1 §2.3.4), None when there is none. p is 3 modulo 4 for each curve."""
        square = ((x * x - 3) * x + self.b) % self.p
        root = pow(square, (self.p + 1) >> 2, self.p)
        if root * root % self.p != square:
            return None
        # A root of 0 has no odd twin: there is no point of order two on a curve of prime order, so it does not occur.
        return root if root & 1 == odd else self.p - root


CURVES: Final[Mapping[str, Curve]] = MappingProxyType(
    {
        "P-256": Curve(
            2**256 - 2**224 + 2**192 + 2**96 - 1,
            0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            32,
        ),
        "P-384": Curve(
            2**384 - 2**128 - 2**96 + 2**32 - 1,
            0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
            0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
            48,
        ),
        "P-521": Curve(
            2**521 - 1,
            int(
                "0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E1"
                "56193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00",
                16,
            ),
            int(
                "00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBA"
                "A14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66",
                16,
            ),
            66,
        ),
    }
)
"""The curves by their names."""
