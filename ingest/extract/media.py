"""What is no page, known by its type, its first bytes or its name. Imports nothing dear."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_MEDIA_TYPES = {
    "application/pdf": "a PDF document",
    "application/epub+zip": "an e-book",
    "application/zip": "an archive file",
    "application/gzip": "an archive file",
    "application/json": "JSON",
    "image/": "a picture",
    "audio/": "a sound file",
    "video/": "a video",
    "font/": "a font",
    "application/vnd.": "an office document",
    "application/msword": "an office document",
}
_MEDIA_NAMES = re.compile(
    r"\.(?:(?P<pdf>pdf)|(?P<picture>jpe?g|png|gif|webp|avif|svg|bmp|tiff?|ico)"
    r"|(?P<sound>mp3|m4a|ogg|oga|wav|flac|aac)|(?P<video>mp4|m4v|webm|mov|avi|mkv|m3u8)"
    r"|(?P<office>docx?|xlsx?|pptx?|od[tsp]|rtf|epub)|(?P<archive>zip|gz|7z|rar|tar|exe|dmg|apk))$",
    re.IGNORECASE,
)
_NAMES = {
    "pdf": "a PDF document",
    "picture": "a picture",
    "sound": "a sound file",
    "video": "a video",
    "office": "an office document",
    "archive": "an archive file",
}
_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"ID3", "a sound file"),
    (b"PK\x03\x04", "an archive file"),
    (b"\x1f\x8b\x08", "an archive file"),
)


def media_name(url: str, content_type: str = "", body: bytes = b"") -> str:
    """Say what a document is if it cannot be an article ("a PDF document"), else "".

    The declared type decides; the URL's ending only where no type is known, so that it can be
    asked before anything is fetched.
    """
    kind = content_type.partition(";")[0].strip().lower()
    for prefix, name in _MEDIA_TYPES.items():
        if kind.startswith(prefix):
            return name
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return name
    if body or (kind and kind != "application/octet-stream"):
        return ""
    try:
        match = _MEDIA_NAMES.search(urlsplit(url).path)
    except ValueError:
        return ""
    return _NAMES[match.lastgroup] if match and match.lastgroup else ""
