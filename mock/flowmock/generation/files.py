"""The smallest files of common binary formats, so that clients can show or open what they get."""

import base64
from urllib.parse import quote

_PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==")
_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////"
    "////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8A"
    "a//Z"
)
_GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_WEBP = base64.b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA=")
_AVIF = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAA"
    "AAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAIAAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFD"
    "b2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAAQAAAAEAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJu"
    "Y2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAKG1kYXQSAAoIGAAGiAhoNCAyEh7Hh4VZ3///4sAAAJA1jjx9Nw=="
)
_BMP = base64.b64decode("Qk1CAAAAAAAAAD4AAAAoAAAAAQAAAAEAAAABAAEAAAAAAAQAAADEDgAAxA4AAAIAAAACAAAAAAAAAP///wCAAAAA")
# The header of an icon of 1 by 1 pixels, then a PNG.
_ICO = b"\0\0\1\0\1\0\1\1\0\0\1\0\x20\0" + len(_PNG).to_bytes(4, "little") + b"\x16\0\0\0" + _PNG
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1" fill="#fff"/></svg>\n'
# 8-bit mono PCM, one sample of silence and the byte that pads it.
_WAV = b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\1\0\0\0\x80\0"
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
_ZIP = b"PK\x05\x06" + bytes(18)  # An archive without files.
_GZIP = base64.b64decode("H4sIAAAAAAAAAwMAAAAAAAAAAAA=")  # Of nothing.

FILES = {
    "image/png": _PNG,
    "image/apng": _PNG,
    "image/jpeg": _JPEG,
    "image/jpg": _JPEG,
    "image/gif": _GIF,
    "image/webp": _WEBP,
    "image/avif": _AVIF,
    "image/bmp": _BMP,
    "image/x-icon": _ICO,
    "image/vnd.microsoft.icon": _ICO,
    "image/svg+xml": _SVG,
    "audio/wav": _WAV,
    "audio/x-wav": _WAV,
    "application/pdf": _PDF,
    "application/zip": _ZIP,
    "application/gzip": _GZIP,
}
"""A file by media type; an image has one white pixel."""
OTHERS = frozenset({"icon", "metadata", "preview", "text", "thumb", "thumbnail", "transcript"})
"""Words of last segments of paths at which something else than the file is."""
_BINARY_KINDS = frozenset({"image", "audio", "video", "font"})


def is_file(essence: str) -> bool:
    """Whether a media type is one of files, whose content no JSON value describes."""
    return essence in FILES or essence == "application/octet-stream" or essence.partition("/")[0] in _BINARY_KINDS


def named(headers: tuple[tuple[str, str], ...], name: str) -> tuple[tuple[str, str], ...]:
    """Headers with the name of a file, where they have one (RFC 6266)."""
    plain = "".join(each if each.isascii() and each.isprintable() and each not in '"\\' else "_" for each in name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return tuple(
        (header, f'{value.partition(";")[0]}; filename="{plain}"{extended}')
        if name and header.lower() == "content-disposition" else (header, value)
        for header, value in headers
    )  # fmt: skip
