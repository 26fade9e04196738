"""Draw what looks random, and is the same every time and on every machine."""

from hashlib import blake2b


def draw(*parts: object) -> float:
    """Return a number from 0 up to but not 1 that follows from the parts alone, evenly spread over what they may be."""
    digest = blake2b(":".join(map(str, parts)).encode(), digest_size=8).digest()
    # A double holds 53 bits; rounding all 64 could give 1.
    return float((int.from_bytes(digest) >> 11) / 2**53)
