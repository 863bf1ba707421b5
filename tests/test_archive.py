"""The archive on a real folder and in memory, read by ourselves and by a standard reader."""

from __future__ import annotations

import errno
import gzip
import os
from datetime import UTC, date, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from ingest.archive import Archive, RawPage
from ingest.errors import ArchiveError

NOW = datetime(2026, 3, 9, 23, 30, 15, 250_000, tzinfo=UTC)
DAY = date(2026, 3, 9)


def make_page(number: int = 1, **changes: Any) -> RawPage:
    fields: dict[str, Any] = {
        "url": f"http://courier.example/{number}?utm_source=rss",
        "final_url": f"http://courier.example/{number}",
        "status": 200,
        "headers": {"content-type": "text/html; charset=windows-1251", "etag": '"x"'},
        "body": f"<p>Страница {number}</p>".encode("cp1251"),
        "fetched_at": NOW - timedelta(seconds=number),
        "kind": "page",
    }
    return RawPage(**{**fields, **changes})


@pytest.fixture(params=["folder", "memory"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return Archive(
        str(tmp_path / "archive") if request.param == "folder" else f"memory://{uuid4()}"
    )


def test_pages_come_back_as_they_went_in(archive: Archive) -> None:
    pages = [
        make_page(1),
        make_page(2, body=b""),
        make_page(3, status=404, body=b"\x00\xff\r\n\r\n"),
    ]
    refs = archive.write_chunk(pages, NOW)
    assert [archive.read(ref) for ref in refs] == pages
    assert all(ref.startswith("2026/03/09/page-233015-") for ref in refs)


def test_kinds_share_an_archive(archive: Archive) -> None:
    feed = make_page(1, kind="feed")
    (ref,) = archive.write_chunk([feed], NOW)
    assert archive.read(ref).kind == "feed"
    assert "/feed-" in ref
    assert "/mixed-" in archive.write_chunk([feed, make_page(2)], NOW)[0]


def test_no_pages_make_no_chunk(archive: Archive) -> None:
    assert archive.write_chunk([], NOW) == ()
    assert archive.days() == ()
    assert archive.chunks(DAY) == ()


def test_a_day_is_read_back_in_order(archive: Archive) -> None:
    later = archive.write_chunk([make_page(3), make_page(4, kind="feed")], NOW)
    earlier = archive.write_chunk([make_page(1), make_page(2)], NOW - timedelta(minutes=5))
    archive.write_chunk([make_page(5)], NOW + timedelta(hours=1))
    assert archive.days() == (DAY, DAY + timedelta(days=1))
    chunks = archive.chunks(DAY)
    found = [item for chunk in chunks for item in archive.iterate(chunk)]
    assert [ref for ref, _ in found] == [*earlier, *later]
    assert [page for _, page in found] == [archive.read(ref) for ref in (*earlier, *later)]


def test_the_day_is_utc(archive: Archive) -> None:
    zone = timezone(timedelta(hours=3))
    (ref,) = archive.write_chunk([make_page()], datetime(2026, 3, 10, 1, 0, tzinfo=zone))
    assert ref.startswith("2026/03/09/page-220000-")


def test_writing_a_chunk_again_changes_nothing(archive: Archive) -> None:
    refs = archive.write_chunk([make_page()], NOW)
    assert archive.write_chunk([make_page(2)], NOW) != refs
    assert archive.read(refs[0]) == make_page()


def test_old_days_are_deleted(archive: Archive) -> None:
    (old,) = archive.write_chunk([make_page()], NOW - timedelta(days=200))
    (new,) = archive.write_chunk([make_page()], NOW)
    assert archive.delete_before(DAY) == 1
    assert archive.delete_before(DAY) == 0
    assert archive.days() == (DAY,)
    assert archive.read(new) == make_page()
    with pytest.raises(ArchiveError, match="not in the archive"):
        archive.read(old)


def test_a_standard_reader_reads_a_chunk(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    refs = archive.write_chunk([make_page(1), make_page(2)], NOW)
    path = tmp_path / refs[0].partition("#")[0]
    with path.open("rb") as file:
        records = [
            (r.rec_type, r.rec_headers.get_header("WARC-Target-URI"), r.content_stream().read())
            for r in ArchiveIterator(file, check_digests="raise")
        ]
    assert records[1:] == [
        ("response", "http://courier.example/1", make_page(1).body),
        ("response", "http://courier.example/2", make_page(2).body),
    ]
    assert records[0][0] == "warcinfo"
    start, length = map(int, refs[1].partition("#")[2].split(","))
    plain = gzip.decompress(path.read_bytes()[start : start + length])
    assert plain.startswith(b"WARC/1.1\r\n")
    assert next(iter(ArchiveIterator(BytesIO(plain)))).http_headers.get_header("etag") == '"x"'


HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "x-note", "set-cookie", "content-encoding", "content-length"]),
    st.text(max_size=30),
)


@settings(max_examples=60, deadline=None)
@given(url=st.text(max_size=60), headers=HEADERS, body=st.binary(max_size=300))
def test_whatever_a_publisher_sends_can_be_archived(
    url: str, headers: dict[str, str], body: bytes
) -> None:
    archive = Archive("memory://hostile")
    page = make_page(url=url, final_url="http://courier.example/x", headers=headers, body=body)
    (ref,) = archive.write_chunk([page], NOW)
    found = archive.read(ref)
    assert (found.body, found.final_url, found.status) == (body, page.final_url, 200)
    assert set(found.headers) <= set(headers) - {"content-encoding", "content-length"}


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "2026/03/09/page-233015-0123456789ab.warc.gz",
        "2026/03/09/page-233015-0123456789ab.warc.gz#0",
        "2026/03/09/page-233015-0123456789ab.warc.gz#-1,5",
        "2026/03/09/page-233015-0123456789ab.warc.gz#0,0",
        "2026/03/09/page-233015-0123456789ab.warc.gz#0,999999999999",
        "../../../etc/passwd#0,10",
        "2026/03/09/../../../x.warc.gz#0,10",
        "/etc/passwd#0,10",
        "file:///etc/passwd#0,10",
        "2026/03/09/page-233015-0123456789ab.warc.gz\n#0,5",
        "2026/03/09/page-٢٣٣٠١٥-0123456789ab.warc.gz#0,5",
        "x" * 5000,
    ],
)
def test_foreign_references_are_refused(archive: Archive, ref: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        archive.read(ref)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("chunk", ["../x.warc.gz", "2026/03/09", "", "2026/03/09/other.warc.gz"])
def test_foreign_chunks_are_refused(archive: Archive, chunk: str) -> None:
    with pytest.raises(ArchiveError):
        list(archive.iterate(chunk))


def test_a_reference_between_records_is_refused(archive: Archive) -> None:
    first, second = archive.write_chunk([make_page(1), make_page(2)], NOW)
    path, _, span = first.partition("#")
    start, length = map(int, span.split(","))
    for offset, count in [
        (start + 1, length),
        (start, length - 1),
        (start, length + 5),
        (0, start),
    ]:
        with pytest.raises(ArchiveError):
            archive.read(f"{path}#{offset},{count}")
    assert archive.read(second) == make_page(2)


def test_a_cut_chunk_gives_what_is_whole_and_then_an_error(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    refs = archive.write_chunk([make_page(1), make_page(2)], NOW)
    chunk = refs[0].partition("#")[0]
    path = tmp_path / chunk
    path.write_bytes(path.read_bytes()[:-20])
    seen = []
    with pytest.raises(ArchiveError, match="cut short") as caught:
        seen.extend(ref for ref, _ in archive.iterate(chunk))
    assert caught.value.way_out
    assert archive.read(refs[0]) == make_page(1)
    with pytest.raises(ArchiveError, match="cut short"):
        archive.read(refs[1])


def test_a_damaged_record_is_an_error(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    (ref,) = archive.write_chunk([make_page(1, body=os.urandom(2000))], NOW)
    path = tmp_path / ref.partition("#")[0]
    data = bytearray(path.read_bytes())
    data[-500] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ArchiveError):
        archive.read(ref)


def test_other_files_in_the_folder_are_passed_over(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    archive.write_chunk([make_page()], NOW)
    (tmp_path / "2026/03/09/notes.txt").write_text("mine")
    (tmp_path / "2026/03/09/.page-1-x.warc.gz.7.part").write_text("half")
    (tmp_path / "README").write_text("mine")
    assert len(archive.chunks(DAY)) == 1
    assert archive.delete_before(DAY + timedelta(days=1)) == 1
    assert (tmp_path / "2026/03/09/notes.txt").exists()


def test_deleting_leaves_no_empty_folders(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    archive = Archive(str(root))
    archive.write_chunk([make_page()], NOW)
    (root / "2026/03/09/.page-x.warc.gz.77.part").write_text("a killed writer's")
    archive.write_chunk([make_page()], NOW - timedelta(days=400))
    assert archive.delete_before(DAY + timedelta(days=1)) == 2
    assert list(root.iterdir()) == []


def test_a_full_disk_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    archive = Archive(str(tmp_path))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArchiveError, match="No space left") as caught:
        archive.write_chunk([make_page()], NOW)
    assert "archive.url" in caught.value.way_out
    assert archive.days() == ()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_root_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArchiveError):
        Archive(str(tmp_path / "file")).write_chunk([make_page()], NOW)


def test_an_unknown_store_is_an_error() -> None:
    with pytest.raises(ArchiveError, match="nosuch") as caught:
        Archive("nosuch://bucket/x")
    assert caught.value.way_out


def test_a_relative_folder_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (ref,) = Archive("data/archive").write_chunk([make_page()], NOW)
    assert Archive("data/archive/").read(ref) == make_page()
    assert (tmp_path / "data/archive" / ref.partition("#")[0]).is_file()


def test_an_erased_page_is_gone_and_references_to_the_others_hold(archive: Archive) -> None:
    pages = [make_page(n, body=f"word{n} ".encode() * n) for n in range(1, 5)]
    refs = archive.write_chunk(pages, NOW)
    size = archive.size()
    assert archive.erase([refs[1], refs[3], "no reference"]) == 2
    assert archive.erase([refs[1]]) == 0
    assert archive.size() == size
    assert [archive.read(ref) for ref in (refs[0], refs[2])] == [pages[0], pages[2]]
    with pytest.raises(ArchiveError, match="no stored page"):
        archive.read(refs[1])
    (chunk,) = archive.chunks(DAY)
    assert [page for _, page in archive.iterate(chunk)] == [pages[0], pages[2]]
    data = archive._fs.cat_file(archive._full(chunk))
    kinds = [record.rec_type for record in ArchiveIterator(BytesIO(data))]
    assert kinds == ["warcinfo", "response", "metadata", "response", "metadata"]
    assert b"word2" not in gzip.decompress(data)
    archive.delete_before(DAY + timedelta(days=1))
    assert archive.erase(refs) == 0


@given(size=st.integers(0, 3000))
@settings(max_examples=20, deadline=None)
def test_a_page_of_any_size_can_be_erased(size: int) -> None:
    archive = Archive(f"memory://{uuid4()}")
    (ref,) = archive.write_chunk([make_page(1, headers={}, body=b"x" * size)], NOW)
    assert archive.erase([ref]) == 1
