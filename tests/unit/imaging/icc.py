"""Small colour profiles built from bytes, whose effect on a pixel is known."""

import struct

from PIL import ImageCms


def swapped_primaries() -> bytes:
    """Make an RGB profile that calls sRGB's blue red and its red blue."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return srgb.replace(b"rXYZ", b"tmp!", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp!", b"bXYZ", 1)


def linear_grey() -> bytes:
    """Make a grey profile whose samples are proportional to light."""
    return _profile(b"GRAY", b"XYZ ", b"prtr", {b"wtpt": _xyz(), b"kTRC": b"curv" + struct.pack(">II", 0, 0)})


def press() -> bytes:
    """Make a CMYK profile in which solid cyan ink is a strong red, all other inks are black and paper is white."""
    white, red, black = (255, 128, 128), (135, 208, 195), (0, 128, 128)
    corners = bytearray()
    for corner in range(16):
        inks = [corner >> shift & 1 for shift in (3, 2, 1, 0)]
        corners += bytes(white if not any(inks) else red if inks == [1, 0, 0, 0] else black)
    identity = bytes(range(256))
    unit = struct.pack(">9i", *(65536 if index in (0, 4, 8) else 0 for index in range(9)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + unit + identity * 4 + bytes(corners) + identity * 3
    return _profile(b"CMYK", b"Lab ", b"prtr", {b"wtpt": _xyz(), b"A2B0": lut})


def _xyz() -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)


def _profile(space: bytes, connection: bytes, device: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", start + len(body), len(data))
        body += padded
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"test", 0x02400000, device, space, connection)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\x00") + struct.pack(">I", len(tags)) + table + body
