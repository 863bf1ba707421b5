"""A webhook sink and a mail server on loopback that misbehave on demand and keep a ledger."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HookSink:
    """Answers with `script`: a list of statuses, `reset` (no answer at all) and `lost` (taken,
    then no answer), or functions that return one; when it is used up, 200. `ledger` holds (headers, body)
    of all that was taken; `gets` holds the paths that were asked for by GET, answered with
    `get_status`.
    """

    def __init__(self, *script):
        sink = self
        self.script, self.ledger, self.asked, self.extra = list(script), [], 0, {}
        self.gets, self.get_status, self.get_body = [], 200, b""
        self._under_way, self._rest = 0, threading.Condition()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.asked += 1
                step = sink.script.pop(0) if sink.script else 200
                step = step() if callable(step) else step
                if step in {200, 204, "lost"}:
                    sink.ledger.append((dict(self.headers), body))
                if isinstance(step, str):
                    self.close_connection = True
                    return
                self.send_response(step)
                for name, value in sink.extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                sink.gets.append(self.path)
                self.send_response(sink.get_status)
                self.send_header("Content-Length", str(len(sink.get_body)))
                self.end_headers()
                self.wfile.write(sink.get_body)

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def process_request(self, request, client_address):
                with sink._rest:
                    sink._under_way += 1
                super().process_request(request, client_address)

            def process_request_thread(self, request, client_address):
                super().process_request_thread(request, client_address)
                with sink._rest:
                    sink._under_way -= 1
                    sink._rest.notify_all()

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.port = self._server.server_address[1]
        self.url = f"http://hook.example:{self.port}/in?key=1"

    def keys(self):
        return [headers["Idempotency-Key"] for headers, _ in self.ledger]

    def come_to_rest(self):
        """Wait until whatever was sent before this call is in the ledger, or is given up."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/rest", timeout=100):
            self.gets.remove("/rest")  # its connection was taken after all others
        with self._rest:
            assert self._rest.wait_for(lambda: not self._under_way, 100)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class MailSink:
    """A mail server: enough SMTP for one client. `script` holds answers to DATA (`250 …`).

    With `tls` it offers STARTTLS, or speaks TLS `at_once`. `bad` recipients are refused.
    """

    def __init__(self, *script, tls=None, at_once=False, bad="", refusal="550 unknown"):
        sink = self
        self.script, self.mails, self.commands = list(script), [], []

        class Handler(socketserver.StreamRequestHandler):
            def setup(self):
                if at_once:
                    self.request = tls.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self):
                with contextlib.suppress(OSError):  # a client that does not trust us hangs up
                    self.talk()

            def finish(self):
                super().finish()
                self.request.close()

            def talk(self):
                is_private = at_once
                self.say("220 sink")
                while line := self.rfile.readline():
                    command = line.decode().strip()
                    sink.commands.append(command)
                    verb = command.split(maxsplit=1)[0].upper() if command else ""
                    if verb == "EHLO":
                        self.say("250-sink")
                        if tls and not is_private:
                            self.say("250-STARTTLS")
                        if is_private:
                            self.say("250-AUTH PLAIN")
                        self.say("250 8BITMIME")
                    elif verb == "STARTTLS":
                        self.say("220 go")
                        self.request = tls.wrap_socket(self.request, server_side=True)
                        self.rfile = self.request.makefile("rb")
                        self.wfile = self.request.makefile("wb", buffering=0)
                        is_private = True
                    elif verb == "AUTH":
                        sink.commands[-1] = "AUTH over TLS" if is_private else "AUTH in the clear"
                        self.say("235 welcome")
                    elif verb == "RCPT" and bad and bad in command:
                        self.say(refusal)
                    elif verb == "DATA":
                        self.say("354 go on")
                        self.take()
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

            def take(self):
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                answer = sink.script.pop(0) if sink.script else "250 taken"
                if answer.startswith("250"):
                    sink.mails.append(b"".join(lines))
                self.say(answer)

            def say(self, text):
                self.wfile.write(f"{text}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.port = self._server.server_address[1]
        self.url = f"smtp://127.0.0.1:{self.port}"

    __enter__ = HookSink.__enter__
    __exit__ = HookSink.__exit__
