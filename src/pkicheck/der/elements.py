"""Elements: the header of each, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from pkicheck.der import values
from pkicheck.der.headers import header_at, number_of
from pkicheck.der.limits import DEFAULT_LIMITS, Limits
from pkicheck.der.reasons import Defect, DerError
from pkicheck.der.tags import (
    ANY,
    BIT_STRING,
    BOOLEAN,
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    NULL,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SET,
    UTC_TIME,
    TagClass,
)

__all__ = ["Element", "Reader", "element_at", "in_order", "read"]


# A tuple, because a request is made of some thirty of these: attrs' frozen classes take three times as long to make.
class Element(NamedTuple):
    """One element and where it stands. Methods that read a value expect the type's own tag; IMPLICIT ones pass theirs.

    Attributes:
        data: all bytes that were given to `read`.
        tag: its identifier octets as a number.
        start: where the identifier begins.
        body: where the content begins.
        end: the offset behind the content.
    """

    data: bytes
    tag: int
    start: int
    body: int
    end: int

    def __repr__(self) -> str:
        return f"Element(tag=0x{self.tag:02X}, start={self.start}, body={self.body}, end={self.end})"

    @property
    def encoded(self) -> bytes:
        """The element as it stands, header and content: what digests and signatures are made of."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        """The octets behind the header, as they stand."""
        return self.data[self.body : self.end]

    @property
    def tag_class(self) -> TagClass:
        """The class of the tag."""
        return TagClass(self.data[self.start] >> 6)

    @property
    def constructed(self) -> bool:
        """The content is made of elements."""
        return self.data[self.start] & 0x20 != 0

    @property
    def tag_number(self) -> int:
        """The number of the tag within its class."""
        return number_of(self.tag)

    def encoded_as(self, tag: int) -> bytes:
        """The octets with another tag: signed attributes are sent as [0] and signed as SET (RFC 5652 §5.4).

        Args:
            tag: of one identifier octet. The element's own tag must be of one octet too.

        Raises:
            DerError: wrong-tag, the element has a tag of several octets.
        """
        if self.tag > 0xFF:
            raise DerError("wrong-tag", self.start)
        return bytes((tag,)) + self.data[self.start + 1 : self.end]

    # -- what is made of elements

    def fields(self, *tags: int) -> tuple[Element, ...]:
        """The elements inside, which must be these and no others. Each tag may be `ANY`.

        Raises:
            DerError: missing-element, wrong-tag, trailing-bytes, or the defect of a header.
        """
        self._check_constructed()
        data, end = self.data, self.end
        at = self.body
        found: list[Element] = []
        for tag in tags:
            element = element_at(data, at, end)
            if element.tag != tag and tag != ANY:
                raise _wrong_tag(element, tag)
            found.append(element)
            at = element.end
        if at != end:
            raise DerError("trailing-bytes", at)
        return tuple(found)

    def reader(self) -> Reader:
        """A cursor over the elements inside, for a SEQUENCE with optional fields."""
        self._check_constructed()
        return Reader(self.data, self.body, self.end)

    def children(self) -> Iterator[Element]:
        """The elements inside, one after the other, read as they are asked for.

        Raises:
            DerError: primitive-constructed, or the defect of a header, when the iteration comes to it.
        """
        self._check_constructed()
        data, end = self.data, self.end
        at = self.body
        while at < end:
            element = element_at(data, at, end)
            yield element
            at = element.end

    def set_of(self, tag: int = SET) -> tuple[Element, ...]:
        """The elements inside a SET OF, in their order, which must be ascending (X.690 §11.6).

        Raises:
            DerError: wrong-tag, set-not-sorted, or the defect of a header.
        """
        if self.tag != tag:
            raise _wrong_tag(self, tag)
        data, at, end = self.data, self.body, self.end
        found: list[Element] = []
        while at < end:
            element = element_at(data, at, end)
            if found and not in_order(found[-1], element):
                raise DerError("set-not-sorted", element.start)
            found.append(element)
            at = element.end
        return tuple(found)

    def contents(self) -> tuple[tuple[int, bytes], ...]:
        """Tag and content of each element inside: the quick way through a long list, such as the names of a SAN."""
        self._check_constructed()
        data, at, end = self.data, self.body, self.end
        found: list[tuple[int, bytes]] = []
        while at < end:
            # The commonest header, one octet of tag and one of length, without a call; `element_at` reads the others.
            tag = data[at]
            body = at + 2
            if body <= end and tag & 0x1F != 0x1F and (length := data[at + 1]) < 0x80 and body + length <= end:
                at = body + length
                found.append((tag, data[body:at]))
            else:
                element = element_at(data, at, end)
                found.append((element.tag, element.content))
                at = element.end
        return tuple(found)

    def inner(self) -> Element:
        """The only element inside: of an EXPLICIT tag, of a SET with one value, of an OCTET STRING or BIT STRING.

        Raises:
            DerError: missing-element, trailing-bytes; wrong-tag for a type that holds no element; unused-bits.
        """
        return _only(self.data, self.inside(), self.end)

    def inside(self) -> int:
        """Where the element that `inner` reads begins.

        Raises:
            DerError: wrong-tag, unused-bits.
        """
        if self.data[self.start] & 0x20 or self.tag == OCTET_STRING:
            return self.body
        self.bit_string()
        return self.body + 1

    # -- values

    def boolean(self, tag: int = BOOLEAN) -> bool:
        """A BOOLEAN (X.690 §8.2, §11.1)."""
        self._check(tag)
        return values.boolean(self.content, self.body)

    def integer(self, tag: int = INTEGER) -> int:
        """An INTEGER of any size and sign (X.690 §8.3). Turning a huge one into decimal digits is not linear."""
        if self.tag != tag:
            raise _wrong_tag(self, tag)
        return values.integer(self.data[self.body : self.end], self.body)

    def enumerated(self, tag: int = ENUMERATED) -> int:
        """An ENUMERATED (X.690 §8.4)."""
        return self.integer(tag)

    def bit_string(self, tag: int = BIT_STRING) -> bytes:
        """The octets of a BIT STRING that holds whole octets, such as a key or a signature (X.690 §8.6)."""
        if self.tag != tag:
            raise _wrong_tag(self, tag)
        content = self.data[self.body : self.end]
        if values.unused_bits(content, self.body):
            raise DerError("unused-bits", self.body)
        return content[1:]

    def named_bits(self, tag: int = BIT_STRING) -> tuple[int, ...]:
        """The numbers of the bits that are set in a list of named bits, such as KeyUsage (X.690 §11.2.2)."""
        self._check(tag)
        return values.named_bits(self.content, self.body)

    def octet_string(self, tag: int = OCTET_STRING) -> bytes:
        """The octets of an OCTET STRING (X.690 §8.7)."""
        if self.tag != tag:
            raise _wrong_tag(self, tag)
        return self.data[self.body : self.end]

    def null(self, tag: int = NULL) -> None:
        """A NULL: nothing comes back, but it must be one (X.690 §8.8)."""
        self._check(tag)
        values.null(self.content, self.body)

    def oid(self, tag: int = OBJECT_IDENTIFIER) -> str:
        """An OBJECT IDENTIFIER in dotted decimal, at most 128 arcs of at most 19 octets (X.690 §8.19).

        Raises:
            DerError: wrong-tag, bad-oid; too-large above those bounds (UUID arcs have 19 octets, X.667).
        """
        if self.tag != tag:
            raise _wrong_tag(self, tag)
        return values.oid(self.data[self.body : self.end], self.body)

    def text(self, kind: int = ANY, *, tag: int = ANY) -> str:
        """The characters of a string, all of them in its type's alphabet (X.680 §41, X.690 §8.23).

        Args:
            kind: the tag of the string type, such as `IA5_STRING`; `ANY` reads the string type that it says it is.
            tag: the IMPLICIT tag, when it has one.

        UTF8String, NumericString, PrintableString, IA5String, VisibleString, BMPString (no surrogates) and
        UniversalString are what they say. TeletexString is read as ISO 8859-1, the way those who write it mean it.
        """
        expected = kind if tag == ANY else tag
        if expected != ANY:
            self._check(expected)
        decode = values.STRINGS.get(self.tag if kind == ANY else kind)
        if decode is None:
            raise DerError("wrong-tag", self.start)
        return decode(self.content, self.body)

    def utc_time(self, tag: int = UTC_TIME) -> datetime:
        """A UTCTime YYMMDDHHMMSSZ as an aware datetime, 1950 to 2049 (X.690 §11.8; RFC 5280 §4.1.2.5.1)."""
        self._check(tag)
        return values.utc_time(self.content, self.body)

    def generalized_time(self, tag: int = GENERALIZED_TIME) -> datetime:
        """A GeneralizedTime YYYYMMDDHHMMSSZ, without fraction, as an aware datetime (RFC 5280 §4.1.2.5.2)."""
        self._check(tag)
        return values.generalized_time(self.content, self.body)

    def time(self) -> datetime:
        """The CHOICE of the two kinds of time, in UTC (RFC 5280 §4.1.2.5)."""
        return self.utc_time() if self.tag == UTC_TIME else self.generalized_time()

    def _check(self, tag: int) -> None:
        if self.tag != tag:
            raise _wrong_tag(self, tag)

    def _check_constructed(self) -> None:
        if not self.data[self.start] & 0x20:
            raise DerError("primitive-constructed", self.start)


class Reader:
    """A cursor over the fields of one constructed element, made by `Element.reader`.

    Attributes:
        at: the offset of the next field.
    """

    __slots__ = ("_data", "_end", "at")

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data = data
        self.at = at
        self._end = end

    def take(self, tag: int) -> Element:
        """The next field, which must have this tag; `ANY` takes whatever comes.

        Raises:
            DerError: missing-element, wrong-tag, or the defect of its header.
        """
        element = element_at(self._data, self.at, self._end)
        if element.tag != tag and tag != ANY:
            raise _wrong_tag(element, tag)
        self.at = element.end
        return element

    def take_optional(self, tag: int) -> Element | None:
        """The next field if it has this tag, else None: then the next `take` or `end` meets what stands there."""
        if self.at == self._end:
            return None
        element = element_at(self._data, self.at, self._end)
        if element.tag != tag:
            return None
        self.at = element.end
        return element

    def take_default(self, tag: int, default: bytes) -> Element | None:
        """As `take_optional`, for a field with a DEFAULT, which DER leaves out.

        Args:
            tag: of the field.
            default: the content that the default value would have.

        Raises:
            DerError: default-encoded.
        """
        element = self.take_optional(tag)
        if element is not None and element.content == default:
            raise DerError("default-encoded", element.start)
        return element

    def end(self) -> None:
        """Nothing may follow.

        Raises:
            DerError: trailing-bytes.
        """
        if self.at != self._end:
            raise DerError("trailing-bytes", self.at)


def read(data: bytes, tag: int = ANY, *, limits: Limits = DEFAULT_LIMITS) -> Element:
    """The one element that these bytes are. Its content is not looked at yet.

    Args:
        data: exactly one element.
        tag: the tag that it must have.
        limits: only `max_bytes` matters here; who reads lazily goes only as deep as its own code does.

    Raises:
        DerError: too-large, missing-element (no bytes), truncated, trailing-bytes, wrong-tag, or another header defect.
    """
    if len(data) > limits.max_bytes:
        raise DerError("too-large", limits.max_bytes)
    element = _only(data, 0, len(data))
    if element.tag != tag and tag != ANY:
        raise _wrong_tag(element, tag)
    return element


# The constructor of a NamedTuple is a Python function around this one.
_new: Final[Callable[[type[Element], tuple[bytes, int, int, int, int]], Element]] = tuple[object, ...].__new__


def element_at(data: bytes, at: int, end: int, flaws: list[Defect] | None = None) -> Element:
    """The element that begins at an offset and ends before or at another.

    Args:
        data: all the bytes.
        at: where its identifier stands.
        end: where the content of what encloses it ends, at most the length of `data`.
        flaws: takes the defects of its header that leave its end known; without it the first of them is raised.

    Raises:
        DerError: missing-element, truncated, indefinite-length, reserved-length, too-large (a tag number of more than
            28 bits); without `flaws` also non-minimal-tag, non-minimal-length.
    """
    # Nearly all headers have a tag of one octet and a minimal length of up to three. `header_at` reads the others.
    body = at + 2
    if body <= end:
        tag = data[at]
        length = data[at + 1]
        if length >= 0x80:
            first = data[body] if body < end else 0
            if length == 0x81 and first >= 0x80:
                body += 1
                length = first
            elif length == 0x82 and first and body + 1 < end:
                length = first << 8 | data[body + 1]
                body += 2
            else:
                length = end
        stop = body + length
        if stop <= end and tag & 0x1F != 0x1F:
            return _new(Element, (data, tag, at, body, stop))
    met: list[Defect] = [] if flaws is None else flaws
    tag, body, stop = header_at(data, at, end, met)
    if flaws is None and met:
        raise DerError(met[0].reason, met[0].offset)
    return _new(Element, (data, tag, at, body, stop))


def _only(data: bytes, at: int, end: int) -> Element:
    """The element that fills data[at:end]."""
    element = element_at(data, at, end)
    if element.end != end:
        raise DerError("trailing-bytes", element.end)
    return element


def in_order(before: Element, element: Element) -> bool:
    """Of two elements of a SET OF in the same bytes, the first does not sort behind the second (X.690 §11.6)."""
    # No element is the beginning of another, so the octets that both have decide; and no more of them are copied.
    data = before.data
    size = min(before.end - before.start, element.end - element.start)
    return data[before.start : before.start + size] <= data[element.start : element.start + size]


def _wrong_tag(element: Element, tag: int) -> DerError:
    """What to raise for an element that should have another tag."""
    if element.tag ^ tag == 0x20:  # only the bit of the constructed form differs
        return DerError("constructed-primitive" if element.constructed else "primitive-constructed", element.start)
    return DerError("wrong-tag", element.start)
