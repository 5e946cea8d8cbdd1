"""Log stores of our own for tests: each takes what its protocol's pages say, and complains of all else. They misbehave when told to.

    store.script.append(Step(429, retry_after=2))     the next request that carries logs is answered so
    store.always = Step(500)                          all of them, as long as it stands there
    store.kill(); store.restart()                     what it has taken stays

What is wrong by the protocol is in `complaints`: a test that uses a store expects none."""

import base64
import collections
import contextlib
import dataclasses
import gzip
import http.server
import json
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse
import zlib
from collections.abc import Callable

from strict_reading import Wrong


MOST_HEALTH_BYTES = 40  # of a body without any record, packed or not


class Refusal(Exception):
    """A request is well formed, and a real store would not take it. `answer`: what it says."""

    def __init__(self, answer):
        super().__init__(answer.status)
        self.answer = answer


@dataclasses.dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict = dataclasses.field(default_factory=dict)


def json_answer(value, status=200):
    return Answer(status, json.dumps(value).encode())


@dataclasses.dataclass
class Step:
    """What one request gets. Without `status` the store's own answer, the batch is taken; with it, it is taken only if `take`."""

    status: int | None = None
    body: bytes | None = None    # in place of the store's own
    retry_after: int | None = None
    location: str | None = None
    take: bool | None = None     # None: if there is no status
    # "whole"; "half": Content-Length says more than comes; "slow": a byte a second, until the client goes; "none": closed in place of an
    # answer; "unread": closed in the middle of the request's body.
    how: str = "whole"
    judge: Callable | None = None  # Elasticsearch: index of an item → None, or (status, type, reason)
    die: bool = False            # the whole server does, before it answers

    def takes(self):
        return self.status is None and self.how != "unread" if self.take is None else self.take


@dataclasses.dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict        # names in lower case
    body: bytes          # unpacked
    wire_bytes: int
    at: float            # monotonic
    judge: Callable | None = None

    def need_header(self, name, *values):
        have = self.headers.get(name.lower())
        if have is None or (values and have not in values):
            raise Wrong(f"the header {name} is {have!r}, not {' or '.join(values) or 'there'}")
        return have


@dataclasses.dataclass
class Record:
    """What a store has got, as far as they have it in common."""

    id: str | None
    message: str          # the record's text: a message, or its JSON text
    line: str | None      # the line, where the store gets it as it was
    time_ns: int | None
    raw: object           # all of it, as the protocol has it


class Store:
    """An HTTP server on a free loopback port. What a protocol is, its subclasses say."""

    logs_paths = ()        # POST to these carries logs
    most_bytes = 64 << 20  # of an unpacked body; a test may set less

    def __init__(self, tls=None, credentials=None):
        """`credentials`: what the header Authorization has to be, or a pair of user and password."""
        self.complaints = []
        self.script = collections.deque()
        self.always = None
        self.requests = []   # (Request, status) of all that carried logs; status None: no answer
        self.bodies = []     # of all of them, unpacked
        self.records = []    # taken, in the order of their arrival
        self.repeats = 0     # that the store has recognised
        self.too_long = 0
        self.health_checks = 0
        self.credentials = credentials
        if isinstance(credentials, tuple):
            self.credentials = "Basic " + base64.b64encode(":".join(credentials).encode()).decode()
        self._tls = tls
        self.lock = threading.RLock()
        self.port = 0
        self._server = None
        self._life = threading.Lock()
        self.restart()

    # --- What a protocol says ---

    def take(self, request):
        """Stores what is in a request for logs, and answers. Under the lock."""
        raise NotImplementedError

    def other(self, request):
        """Answers anything else: health, acknowledgements."""
        raise Wrong(f"nobody asked for {request.method} {request.path}")

    def denied(self):
        return Answer(401, b"unauthorized", "text/plain")

    def complained(self, words):
        return Answer(400, words.encode(), "text/plain")

    # --- Life ---

    @property
    def url(self):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def restart(self):
        """Unless it lives."""
        with self._life:
            if self._server is None:
                self._server = _Server(self, self.port, self._tls)
                self.port = self._server.server_address[1]

    def kill(self):
        """Connections are reset, nothing is answered, and nothing more is taken."""
        with self._life:
            if self._server:
                self._server.die()
            self._server = None

    stop = kill

    @property
    def alive(self):
        return self._server is not None

    def next_step(self):
        with self.lock:
            if self.always:
                return self.always
            return self.script.popleft() if self.script else Step()

    def messages(self):
        with self.lock:
            return [record.message for record in self.records]

    def everything(self):
        """All that ever came, taken or not, for secrets to be looked for."""
        with self.lock:
            return b"\n".join(self.bodies)

    # --- One request, on a connection's thread ---

    def serve(self, exchange, server):
        request = exchange.read_head()
        if request is None:
            return
        for_logs = request.method == "POST" and request.path in self.logs_paths
        # Some protocols have no other question for a store's health than an empty list of logs.
        carries_logs = for_logs and int(request.headers.get("content-length", "0")) > MOST_HEALTH_BYTES
        step = self.next_step() if carries_logs else Step()
        if step.how == "unread":
            exchange.read_half()
            return exchange.reset()
        answer = None
        try:
            exchange.read_body(request)
            with self.lock:
                if server.dead:
                    return exchange.reset()
                answer = self._answer(request, step, for_logs)
        except Refusal as refusal:
            answer = refusal.answer
        except Wrong as wrong:
            self.complaints.append(f"{request.method} {request.path}: {wrong}")
            answer = self.complained(str(wrong))
        if step.status is not None:
            answer = Answer(step.status, b"no" if step.body is None else step.body, "text/plain")
        elif step.body is not None:
            answer = dataclasses.replace(answer, body=step.body)
        if step.retry_after is not None:
            answer.headers["Retry-After"] = str(step.retry_after)
        if step.location is not None:
            answer.headers["Location"] = step.location
        if carries_logs:
            self.requests.append((request, None if step.how == "none" or step.die else answer.status))
        if step.die:
            self.kill()
        exchange.send(answer, step.how)

    def _answer(self, request, step, for_logs):
        if self.credentials is not None and request.headers.get("authorization") != self.credentials:
            raise Refusal(self.denied())
        if not for_logs:
            self.health_checks += 1
            return self.other(request)
        self.bodies.append(request.body)
        self.limit(request.body)
        if not step.takes():
            return Answer()
        request.judge = step.judge
        return self.take(request)


    def limit(self, body):
        if len(body) > self.most_bytes:
            self.too_long += 1
            raise Refusal(Answer(413, b"too large", "text/plain"))


class _Exchange:
    """A connection, while one request is read and answered."""

    def __init__(self, handler):
        self._handler = handler

    def read_head(self):
        handler = self._handler
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        headers = {}
        for name, value in handler.headers.items():
            if name.lower() in headers:
                handler.server.store.complaints.append(f"the header {name} comes twice")
            headers[name.lower()] = value
        return Request(handler.command, url.path, query, headers, b"", 0, time.monotonic())

    def read_half(self):
        self._handler.rfile.read(max(1, int(self._handler.headers.get("Content-Length", 2)) // 2))

    def read_body(self, request):
        request.need_header("Host")
        if "transfer-encoding" in request.headers:
            raise Wrong("Transfer-Encoding, where Content-Length would do")
        if request.method == "POST" and not request.headers.get("content-length", "").isdigit():
            raise Wrong("POST without Content-Length")
        length = int(request.headers.get("content-length", 0))
        body = self._handler.rfile.read(length)
        if len(body) != length:
            raise ConnectionResetError
        request.wire_bytes = length
        coding = request.headers.get("content-encoding")
        if coding not in (None, "gzip", "snappy"):
            raise Wrong(f"Content-Encoding: {coding}")
        request.body = body
        if coding == "gzip":
            try:
                request.body = gzip.decompress(body)
            except (OSError, EOFError, zlib.error) as error:
                raise Wrong(f"no gzip: {error}") from None

    def send(self, answer, how):
        handler = self._handler
        if how == "none" or handler.server.dead:
            return self.reset()
        # A 204 has no body that could be cut.
        handler.send_response(200 if answer.status == 204 and how != "whole" else answer.status)
        announced = len(answer.body) + (100 if how == "half" else 60 if how == "slow" else 0)
        for name, value in {"Content-Type": answer.kind, **answer.headers}.items():
            handler.send_header(name, value)
        if answer.status != 204 or how != "whole":
            handler.send_header("Content-Length", str(announced))
        handler.end_headers()
        if how == "slow":
            while not handler.server.over.wait(1):
                handler.wfile.write(b" ")
                handler.wfile.flush()
        handler.wfile.write(answer.body)
        handler.wfile.flush()
        if how != "whole":
            handler.close_connection = True

    def reset(self):
        self._handler.close_connection = True
        _reset(self._handler.connection)


def _reset(connection):
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, store, port, tls):
        self.store, self.tls = store, tls
        self.dead = False
        self.over = threading.Event()
        self._connections = set()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def die(self):
        with self.store.lock:
            self.dead = True
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in list(self._connections):
            _reset(connection)

    def finish_request(self, request, address):
        request.settimeout(60)
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        self._connections.add(request)
        try:
            super().finish_request(request, address)
        finally:
            self._connections.discard(request)
            if self.tls:
                request.close()

    def handle_error(self, *_):
        """A connection that the other side breaks off, or that fails in TLS, is nothing of the protocol's; anything else is our mistake."""
        error = sys.exc_info()[1]
        if not isinstance(error, (OSError, ssl.SSLError)):
            self.store.complaints.append(f"the store itself failed: {error!r}")

    def server_close(self):
        self.socket.close()  # threads of clients that hang are not waited for


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self):
        self.server.store.serve(_Exchange(self), self.server)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve

    def log_message(self, *_):
        pass


def server_tls(certificate, key, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context
