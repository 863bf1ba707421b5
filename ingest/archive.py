"""The archive of raw pages: WARC chunks in a folder or an object store, read back record by record.

A chunk is one `YYYY/MM/DD/<kind>-<HHMMSS>-<id>.warc.gz`, published whole: a reader sees all of it
or nothing. Each record is a gzip member of its own, so `path#offset,length` reads one page by
range, and any WARC reader reads the chunk. Bodies are stored as decoded by the fetcher; the day is
that of writing, in UTC.

Source: ISO 28500 (WARC 1.1), annex on one member a record.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import fsspec
from fsspec.implementations.local import LocalFileSystem
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ingest import __version__
from ingest.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

_CHUNK = re.compile(r"(\d{4}/\d\d/\d\d)/[a-z]+-\d{6}-[0-9a-f]{12}\.warc\.gz", re.ASCII)
_REF = re.compile(rf"({_CHUNK.pattern})#(\d{{1,12}}),(\d{{1,12}})", re.ASCII)
_MAX_RECORD_BYTES = 64 * 2**20  # above any page that fetching lets through
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_LEVEL = 5  # warcio's own 9 takes twice the time on news pages to save 2 %
_TRANSFER = ("content-encoding", "content-length", "transfer-encoding")  # of the wire, not the body
_DAMAGE = "restore it from a copy, or fetch the page again"


@dataclass(frozen=True, slots=True)
class RawPage:
    """One answer of a publisher, as fetched.

    Attributes:
        url: as asked for; final_url: after redirects.
        headers: names in lower case.
        body: decoded bytes.
        fetched_at: aware UTC.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    kind: Literal["page", "feed"] = "page"


class Archive:
    """Chunks under one root.

    Args:
        url: a folder or any fsspec URL (`s3://bucket/prefix`, `memory://x`).

    Raises:
        ArchiveError: no such kind of store, or its driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            fs, root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError, OSError) as exc:
            way_out = "set archive.url to a folder or a URL whose driver is installed"
            raise ArchiveError(url, _one_line(exc), way_out) from exc
        self._fs: Any = fs
        self._root = str(root).rstrip("/")

    def write_chunk(self, pages: Sequence[RawPage], now: datetime) -> tuple[str, ...]:
        """Store pages as one chunk; returns a reference for each, in step.

        Durable when it returns: synced to disk on a local folder, accepted by an object store.

        Raises:
            ArchiveError: nothing was published.
        """
        if not pages:
            return ()
        kinds = {page.kind for page in pages}
        kind = kinds.pop() if len(kinds) == 1 else "mixed"
        data, spans = _serialize(pages)
        digest = hashlib.sha256(data).hexdigest()[:12]
        path = (
            f"{now.astimezone(UTC):%Y/%m/%d}/{kind}-{now.astimezone(UTC):%H%M%S}-{digest}.warc.gz"
        )
        with self._translated(path, "free or mount its disk, or set archive.url"):
            self._publish(path, data)
        return tuple(f"{path}#{offset},{length}" for offset, length in spans)

    def read(self, ref: str) -> RawPage:
        """Return the page at a reference that `write_chunk` or `iterate` gave.

        Raises:
            ArchiveError: no reference, none of this archive, gone, or damaged.
        """
        match = _REF.fullmatch(ref)
        if match is None:
            raise ArchiveError(
                _one_line(ref), "not a reference into the archive", "write path#offset,length"
            )
        path, offset, length = match[1], int(match[3]), int(match[4])
        if not 0 < length <= _MAX_RECORD_BYTES:
            raise ArchiveError(ref, "its length is out of range", _DAMAGE)
        with self._translated(ref, "it may be past archive.keep_days; fetch the page again"):
            raw = self._fs.cat_file(self._full(path), start=offset, end=offset + length)
        plain, used = _inflate(raw, ref)
        page = _parse(plain, ref)
        if page is None or used != length:
            raise ArchiveError(ref, "no stored page begins and ends there", _DAMAGE)
        return page

    def probe(self) -> None:
        """Write and remove an object; raises ArchiveError where the archive cannot be written."""
        path = "probe.tmp"
        with self._translated(path, "free or mount its disk, or set archive.url"):
            self._publish(path, b"probe")
            self._fs.rm_file(self._full(path))

    def days(self) -> tuple[date, ...]:
        """Return the days that have chunks, oldest first."""
        return tuple(sorted({_day_of(path) for path in self._paths("")}))

    def chunks(self, day: date) -> tuple[str, ...]:
        """Return the chunks written on a day, in order of time; other files are passed over."""
        paths = self._paths(f"{day:%Y/%m/%d}")
        return tuple(sorted(paths, key=lambda path: path.split("-", 1)[1]))

    def iterate(self, chunk: str) -> Iterator[tuple[str, RawPage]]:
        """Yield every page of a chunk with its reference, in the order written.

        Raises:
            ArchiveError: no such chunk; or damaged, after the pages before the damage.
        """
        if not _CHUNK.fullmatch(chunk):
            raise ArchiveError(_one_line(chunk), "not a chunk of the archive", "see chunks(day)")
        with self._translated(chunk, "it may be past archive.keep_days"):
            data = memoryview(self._fs.cat_file(self._full(chunk)))
        offset = 0
        while offset < len(data):
            ref = f"{chunk}#{offset}"
            plain, used = _inflate(data[offset:], ref)
            page = _parse(plain, ref)
            if page is not None:
                yield f"{ref},{used}", page
            offset += used

    def delete_before(self, day: date) -> int:
        """Delete the chunks written before a day, and folders so emptied; returns how many."""
        old = [path for path in self._paths("") if _day_of(path) < day]
        with self._translated(self.url, "check its permissions"):
            for path in old:
                with suppress(FileNotFoundError):  # another housekeeper was faster
                    self._fs.rm_file(self._full(path))
            if isinstance(self._fs, LocalFileSystem):
                _remove_folders(Path(self._root), {path[:10] for path in old})
        return len(old)

    def erase(self, refs: Iterable[str]) -> int:
        """Take pages out of their chunks for good; returns how many were there.

        Each record gives way to one as long that says it was erased, so references to the others
        stay valid. A chunk is published anew as a whole.

        Raises:
            ArchiveError: a chunk cannot be read or written; those before it are done.
        """
        spans: dict[str, list[tuple[int, int]]] = {}
        for ref in refs:
            match = _REF.fullmatch(ref)
            if match is not None:
                spans.setdefault(match[1], []).append((int(match[3]), int(match[4])))
        erased = 0
        for path, members in sorted(spans.items()):
            with self._translated(path, "free or mount its disk, or check its permissions"):
                try:
                    data = bytearray(self._fs.cat_file(self._full(path)))
                except FileNotFoundError:
                    continue  # past its time
                before = erased
                for offset, length in members:
                    ref = f"{path}#{offset},{length}"
                    plain, used = _inflate(memoryview(data)[offset : offset + length], ref)
                    if used == length and b"WARC-Type: response\r\n" in plain[:1000]:
                        data[offset : offset + length] = _erased(length)
                        erased += 1
                if erased > before:
                    self._publish(path, bytes(data))
        return erased

    def size(self) -> int:
        """Return the bytes of all chunks."""
        with self._translated(self.url, "check its permissions"):
            try:
                found = self._fs.find(self._full(""), detail=True)
            except FileNotFoundError:
                return 0
        start = len(self._root) + 1
        return sum(int(f["size"] or 0) for p, f in found.items() if _CHUNK.fullmatch(p[start:]))

    # -- the store ------------------------------------------------------------------------------

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _publish(self, path: str, data: bytes) -> None:
        full = self._full(path)
        if not isinstance(self._fs, LocalFileSystem):
            self._fs.pipe_file(full, data)  # one put: whole or not at all
            return
        target = Path(full)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # the name too must survive a power cut
        finally:
            os.close(descriptor)

    def _paths(self, under: str) -> list[str]:
        """Return the chunks under a folder, relative to the root."""
        top = self._full(under).rstrip("/")
        with self._translated(self.url, "check its permissions"):
            try:
                found = self._fs.find(top)
            except FileNotFoundError:
                found = []
        start = len(self._root) + 1
        return [path[start:] for path in found if _CHUNK.fullmatch(path[start:])]

    @contextmanager
    def _translated(self, thing: str, way_out: str) -> Generator[None]:
        try:
            yield
        except FileNotFoundError as exc:
            raise ArchiveError(thing, f"not in the archive at {self.url}", way_out) from exc
        except (OSError, ValueError) as exc:
            raise ArchiveError(thing, _one_line(exc), way_out) from exc


def _remove_folders(root: Path, days: set[str]) -> None:
    """Remove the folders of days, what a killed writer left in them, and emptied months."""
    for day in sorted(days):
        folder = root / day
        for part in folder.glob(".*.part"):
            part.unlink(missing_ok=True)
        with suppress(OSError):  # not empty: somebody keeps other files there
            for emptied in (folder, folder.parent, folder.parent.parent):
                emptied.rmdir()


# --- records -----------------------------------------------------------------------------------


def _serialize(pages: Sequence[RawPage]) -> tuple[bytes, list[tuple[int, int]]]:
    """Return the chunk's bytes, and offset and length of each page in it."""
    record_buffer = BytesIO()
    writer = WARCWriter(record_buffer, gzip=False, warc_version="1.1")
    about = {"software": f"summitwatch/{__version__}", "format": "WARC File Format 1.1"}
    writer.write_record(writer.create_warcinfo_record("", about))
    chunk = bytearray(_member(record_buffer))
    spans = []
    for page in pages:
        http = [(_header(k), _header(v)) for k, v in page.headers.items() if k not in _TRANSFER]
        http.append(("content-length", str(len(page.body))))
        record = writer.create_warc_record(
            _header(page.final_url),
            "response",
            payload=BytesIO(page.body),
            http_headers=StatusAndHeaders(str(page.status), http, protocol="HTTP/1.1"),
            warc_headers_dict={
                "WARC-Date": f"{page.fetched_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
                "Summitwatch-URL": _header(page.url),
                "Summitwatch-Kind": page.kind,
            },
        )
        writer.write_record(record)
        record.raw_stream.close()  # warcio leaves its temporary copy open
        member = _member(record_buffer)
        spans.append((len(chunk), len(member)))
        chunk += member
    return bytes(chunk), spans


def _member(record: BytesIO) -> bytes:
    """Pack what a writer has written into one gzip member, and empty its buffer."""
    packer = zlib.compressobj(_LEVEL, wbits=31)
    member = packer.compress(record.getbuffer()) + packer.flush()
    record.seek(0)
    record.truncate()
    return member


def _erased(length: int) -> bytes:
    """Return a gzip member of so many bytes: a record that holds nothing, and padding.

    The padding is the member's comment (RFC 1952, 2.3), which readers pass over.
    """
    record = (
        "WARC/1.1\r\nWARC-Type: metadata\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid.uuid4()}>\r\n"
        f"WARC-Date: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\r\nSummitwatch-Erased: yes\r\n"
        "Content-Length: 0\r\n\r\n\r\n\r\n"
    ).encode()
    packer = zlib.compressobj(9, wbits=31)
    member = packer.compress(record) + packer.flush()
    head, rest = bytearray(member[:10]), member[10:]
    padding = length - len(member)
    if padding <= 0:
        msg = f"a record of {length} bytes leaves no room"
        raise ValueError(msg)
    head[3] |= 16  # FCOMMENT
    return bytes(head) + b"-" * (padding - 1) + b"\0" + rest


def _parse(plain: bytes, ref: str) -> RawPage | None:
    """Read one uncompressed record; None if it is no page (the chunk's own description)."""
    try:
        record = next(iter(ArchiveIterator(BytesIO(plain))))
        if record.rec_type != "response":
            return None
        warc, http = record.rec_headers, record.http_headers
        kind = warc.get_header("Summitwatch-Kind")
        return RawPage(
            url=warc.get_header("Summitwatch-URL"),
            final_url=warc.get_header("WARC-Target-URI"),
            status=int(http.get_statuscode()),
            headers={k: v for k, v in http.headers if k != "content-length"},
            body=record.raw_stream.read(),
            fetched_at=datetime.fromisoformat(warc.get_header("WARC-Date")),
            kind="feed" if kind == "feed" else "page",
        )
    except (ArchiveLoadFailed, StopIteration, ValueError, TypeError, AttributeError) as exc:
        raise ArchiveError(ref, "the record there cannot be read", _DAMAGE) from exc


def _inflate(raw: bytes | memoryview, ref: str) -> tuple[bytes, int]:
    """Unpack the first gzip member; returns it and how many bytes it took."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(raw, _MAX_RECORD_BYTES)
    except zlib.error as exc:
        raise ArchiveError(ref, f"no record begins there ({exc})", _DAMAGE) from exc
    if not unpacker.eof:
        raise ArchiveError(ref, "the record is cut short", _DAMAGE)
    return plain, len(raw) - len(unpacker.unused_data)


def _header(value: str) -> str:
    """A value that fits a header line: publishers send line breaks and lone surrogates."""
    return _CONTROLS.sub(" ", value).encode("utf-8", "replace").decode()


def _day_of(path: str) -> date:
    return date(int(path[:4]), int(path[5:7]), int(path[8:10]))


def _one_line(value: object) -> str:
    return _header(str(value))[:200]
