"""A real server over a SQLite file, and a reader of its pages."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import re
import socket
import threading
import urllib.request
from datetime import timedelta
from html.parser import HTMLParser
from urllib.error import HTTPError

import uvicorn
from alerts.newsdesk import DAY0

from ingest.store import open_store
from ingest.web.app import make_app

NOW = DAY0 + timedelta(days=1)


@contextlib.contextmanager
def served(path, **more):
    """A real server on a free port over a SQLite file; gives its address."""
    opened = functools.partial(open_store, f"sqlite:///{path}", create=False)
    options = {"timezone": "Europe/Warsaw", "max_age_s": 60, "pages": True, "metrics": False}
    app = make_app(opened, lambda: NOW, **(options | more))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=300)


class Read(HTMLParser):
    """Elements and text of a page, as a browser would take them."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(text)
        self.close()
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def ask(url, method="GET"):
    """(status, headers, page); never more than one redirect away."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, method=method), timeout=300
        ) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as exc:
        with exc:
            return exc.code, exc.headers, exc.read().decode()


def check_safe(headers, text):
    """Nothing of the news became markup, and nothing would run if it had."""
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self';")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    page = Read(text)
    known = (
        "html head meta title style body nav a main h1 h2 h3 p bdi time section strong blockquote"
    )
    known += " span article mark small div form label input button link abbr code"
    known += " table thead tbody tr th td svg rect"
    assert {tag for tag, _ in page.elements} <= set(known.split())
    for tag, attrs in page.elements:
        assert not any(name.startswith("on") or name == "style" for name in attrs), (tag, attrs)
        assert re.match(r"\.|#|https?://", attrs.get("href", ".")), attrs
        if attrs.get("href", "").startswith("http"):
            assert attrs["rel"] == "noopener noreferrer nofollow"
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    inside = {a["href"][1:] for _, a in page.elements if a.get("href", "").startswith("#")}
    assert inside <= set(ids)
    assert not set("\u202e\u2069\x1b") & set(text)
    return page
