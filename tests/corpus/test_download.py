"""Fetching a text: whole and checked, or not there; whatever the server does."""

import hashlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from labgpt import corpus
from labgpt.corpus import download

TEXT = bytes(range(256)) * 2000
KEPT = Path(__file__).parents[3] / "shared" / "data" / "tinyshakespeare.txt"


class Server(BaseHTTPRequestHandler):
    """Serves TEXT, as `mode` says; notes each request's path and range."""

    def do_GET(self):
        mode, wanted = self.server.mode, self.headers.get("Range")
        self.server.asked.append((self.path, wanted))
        first = len(self.server.asked) == 1
        if mode == "redirects" and self.path == "/text":
            return self.head(302, Location="/moved")
        if mode == "in circles":
            return self.head(302, Location=self.path)
        if mode == "missing":
            return self.head(404)
        if mode == "busy" and first:
            return self.head(503)
        start = int(wanted[6:-1]) if wanted and mode != "no ranges" else 0
        body = {"wrong": TEXT[::-1], "longer": TEXT + b"more", "shorter": TEXT[:1000]}.get(mode, TEXT)[start:]
        more = {"Content-Range": f"bytes {start}-{len(TEXT) - 1}/{len(TEXT)}"} if start else {}
        self.head(206 if start else 200, **{"Content-Length": str(len(body))}, **more)
        if first and mode in ("truncates", "stalls", "no ranges") or mode == "always truncates":
            body = body[:100_000]
        self.wfile.write(body)
        if mode == "stalls" and first:
            self.wfile.flush()
            time.sleep(1)

    def head(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    found = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    found.asked, found.mode = [], ""
    threading.Thread(target=found.serve_forever, daemon=True).start()
    monkeypatch.setenv("LABGPT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "WAIT_S", 0.01)
    monkeypatch.setattr(download, "STALL_S", 0.3)
    found.source = download.Source(f"http://127.0.0.1:{found.server_port}/text", hashlib.sha256(TEXT).hexdigest(), len(TEXT), "none")
    monkeypatch.setitem(download.SOURCES, "tinyshakespeare", found.source)
    corpus.load.cache_clear()
    yield found
    corpus.load.cache_clear()
    found.shutdown()
    found.server_close()


@pytest.mark.parametrize("mode", ["", "truncates", "stalls", "redirects", "busy", "no ranges", "always truncates"])
def test_the_text_arrives_whole(server, mode):
    server.mode = mode
    said = []
    path = download.prepare("tinyshakespeare", said.append)
    assert path.read_bytes() == TEXT and len(said) == 1
    assert "512,000 bytes from 127.0.0.1" in said[0] and str(path) in said[0], "size, origin and place come before the first byte"
    assert list(path.parent.iterdir()) == [path]
    if mode == "truncates":
        assert [r for _, r in server.asked] == [None, "bytes=100000-"]
    if mode == "always truncates":
        assert len(server.asked) == 6
    asked = len(server.asked)
    assert download.prepare("tinyshakespeare", said.append) == path and len(server.asked) == asked and "already here" in said[-1]
    text = corpus.load("tinyshakespeare")
    assert bytes(text.train) + bytes(text.val) == TEXT and text.name == "tinyshakespeare" and server.source.sha256 in text.provenance


@pytest.mark.parametrize("mode, said", [("wrong", "sha256"), ("longer", "sha256"), ("missing", "404"), ("in circles", "302"),
                                        ("shorter", "1,000 of 512,000 bytes are kept")])  # fmt: skip
def test_what_is_not_the_text_is_refused_in_one_line(server, mode, said):
    server.mode = mode
    with pytest.raises(ValueError, match=said) as caught:
        download.prepare("tinyshakespeare", lambda line: None)
    assert "\n" not in str(caught.value) and not download.place("tinyshakespeare").exists()
    with pytest.raises(ValueError, match="labgpt corpus prepare tinyshakespeare"):
        corpus.load("tinyshakespeare")
    if mode in ("wrong", "longer"):
        assert not download.place("tinyshakespeare").with_suffix(".part").exists(), "wrong bytes are not what a next try builds on"


def test_offline_is_one_line_and_the_next_call_goes_on(server, monkeypatch):
    part = download.place("tinyshakespeare").with_suffix(".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(TEXT[:300_000])
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, and nobody listens
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}/text"
        monkeypatch.setitem(download.SOURCES, "tinyshakespeare", download.replace(server.source, url=gone))
        with pytest.raises(ValueError, match="300,000 of 512,000 bytes are kept.*same command goes on") as caught:
            download.prepare("tinyshakespeare", lambda line: None)
    assert "\n" not in str(caught.value)
    monkeypatch.setitem(download.SOURCES, "tinyshakespeare", server.source)
    assert download.prepare("tinyshakespeare", lambda line: None).read_bytes() == TEXT
    assert server.asked == [("/text", "bytes=300000-")]


def test_a_damaged_file_is_fetched_again(server):
    path = download.prepare("tinyshakespeare", lambda line: None)
    path.write_bytes(TEXT[:-1] + b"?")
    corpus.load.cache_clear()
    with pytest.raises(ValueError, match="not on this machine"):
        corpus.load("tinyshakespeare")
    assert download.prepare("tinyshakespeare", lambda line: None).read_bytes() == TEXT


def test_a_name_that_is_none_is_told():
    with pytest.raises(ValueError, match="'moby-dick': allowed is tinyshakespeare"):
        download.prepare("moby-dick")


@pytest.mark.skipif(not KEPT.is_file(), reason="no copy of the text beside the repository")
def test_what_is_pinned_is_the_known_text():
    source = download.SOURCES["tinyshakespeare"]
    assert (len(KEPT.read_bytes()), hashlib.sha256(KEPT.read_bytes()).hexdigest()) == (source.size, source.sha256)
