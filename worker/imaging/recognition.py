"""Tell what a file is by its first bytes, in words, when it is not an image that Loupe reads."""

from app.i18n import gettext as _

# Image formats offered to Pillow. Others are left out on purpose: EPS and WMF call outside programs, the rest
# are icons, game textures and telemetry that no archive delivers.
SUPPORTED: dict[str, str] = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "JPEG2000": "image/jp2",
    "AVIF": "image/avif",
    "PPM": "image/x-portable-anymap",
}
# MPO (two JPEG pictures in one file, as stereo cameras write) is opened by Pillow's JPEG reader.
OPENABLE = tuple(name for name in SUPPORTED if name != "MPO")

EXTENSIONS: dict[str, frozenset[str]] = {
    "JPEG": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    "PNG": frozenset({".png", ".apng"}),
    "TIFF": frozenset({".tif", ".tiff"}),
    "WEBP": frozenset({".webp"}),
    "GIF": frozenset({".gif"}),
    "BMP": frozenset({".bmp", ".dib"}),
    "JPEG2000": frozenset({".jp2", ".j2k", ".jpx", ".jpf", ".jpc", ".j2c"}),
    "AVIF": frozenset({".avif", ".avifs"}),
    "PPM": frozenset({".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm"}),
}

# How much of the file is needed to recognise everything below; an SVG may open with a long comment.
HEAD_BYTES = 4096

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_RAW_MARKS = (b"CR\x02\x00",)


def supported_names() -> str:
    """List the formats a person may bring, for sentences."""
    return "JPEG, PNG, TIFF, WebP, GIF, BMP, JPEG 2000, AVIF, PNM"


def why_not_an_image(head: bytes) -> str:
    """Say what the file is instead of an image, and what to do."""
    sentence = _image_like(head) or _drawing_like(head) or _document_like(head) or _text_like(head)
    if sentence:
        return sentence
    if not head.strip(b"\x00"):
        return _("The file holds only zero bytes: a copy or download broke off. Copy it again from where it came.")
    return _("This is not an image in a format that Loupe reads. Export it as one of: %(formats)s.") % {
        "formats": supported_names()
    }


def unreadable_camera_raw(head: bytes) -> str | None:
    """Recognise camera raw files, which pose as TIFF and would show only their tiny preview."""
    if head[8:12] in _RAW_MARKS or head[:4] == b"IIRO" or head[:4] == b"IIU\x00" or head[:8] == b"FUJIFILM":
        return _("This is a camera raw file. Export it as TIFF or JPEG from the program that develops it.")
    return None


def _image_like(head: bytes) -> str | None:
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return _("This is a HEIC photograph, which Loupe does not read. Export it as JPEG or PNG.")
    if head[4:8] == b"ftyp" or head[:4] in (b"\x1aE\xdf\xa3", b"OggS") or head[8:12] == b"AVI ":
        return _("This is a video. Save the frame you need as an image.")
    if head[:4] == b"8BPS":
        return _("This is a Photoshop document. Export it as TIFF, PNG or JPEG.")
    if head[:8] == b"\x00\x00\x00\x0cJXL " or head[:2] == b"\xff\x0a":
        return _("This is a JPEG XL image, which Loupe does not read. Export it as JPEG or PNG.")
    return unreadable_camera_raw(head)


def _drawing_like(head: bytes) -> str | None:
    if head[:4] in (b"%!PS", b"\xc5\xd0\xd3\xc6"):
        return _("This is a PostScript drawing. Export it as PNG or TIFF.")
    if b"<svg" in head.lower():
        return _("This is an SVG drawing, not a picture made of pixels. Export it as PNG.")
    return None


def _document_like(head: bytes) -> str | None:
    if head[:1024].lstrip().startswith(b"%PDF"):
        return _("This is a PDF document. Export its pages as images (TIFF, PNG or JPEG) first.")
    if head[:4] == b"AT&T":
        return _("This is a DjVu document. Export its pages as images first.")
    archives = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b\x08\x00", b"\x1f\x8b\x08\x08", b"BZh9")
    if head[:4] in archives:
        return _("This is an archive or an office document, not an image. Unpack it and import the images inside.")
    if head[:4] == b"\xd0\xcf\x11\xe0":
        return _("This is an office document, not an image. Save the pictures in it as image files.")
    return None


def _text_like(head: bytes) -> str | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return _(
            "This is a web page, not an image: the download probably fetched an error page or a page about the image."
            " Download the image itself."
        )
    if head and all(byte >= 32 or byte in b"\t\r\n\f" for byte in head):
        return _("This is a text file, not an image.")
    return None
