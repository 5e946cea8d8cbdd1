"""Sources that are no files, each with the real thing where there is one: logger, curl, journal files, an Engine on a Unix socket."""

import concurrent.futures
import contextlib
import gzip
import http.client
import http.server
import json
import os
import random
import socket
import socketserver
import struct
import subprocess
import threading
import time
import unittest
import urllib.parse

from numbered_log import unbalanced
from support import PATIENCE_S, TestCase, free_port, get, need, sample, samples, wait_for

RULES = """
rules:
  - name: records
    metrics:
      - {counter: records_total, help: h, labels: {level: $level, context: $context}}
      - {gauge: last_pid, help: h, value: $pid, labels: {context: $context}}
  - name: numbered
    when: {message: '^(?P<log>\\w+) line (?P<n>\\d+)$'}
    metrics:
      - {counter: lines_total, help: h, labels: {log: $log}}
      - {counter: numbers_total, help: h, labels: {log: $log}, value: $n}
"""
CONFIG = """
telemetry: {include: all}
state: state
checkpoint_interval_ms: %d
rules: [rules.yaml]
sources: [%s]
"""


class SourceTest(TestCase):
    """One source, named s, and lives of a daemon on it."""

    def setUp(self):
        super().setUp()
        self.write("rules.yaml", RULES)
        self.seen = {}  # counters, the highest that a page has shown

    def run_daemon(self, source, interval_ms=50, **more):
        return self.start(CONFIG % (interval_ms, source), **more)

    def page(self, daemon):
        """A page; no counter that survives is lower than on the page before, and the ledger balances."""
        text = daemon.metrics()
        if not text:
            return text
        for key, value in samples(text).items():
            if key[0].endswith("_total") and (not key[0].startswith(("logmill_", "process_")) or key[0] == "logmill_lines_total"):
                self.assertGreaterEqual(value, self.seen.get(key, 0), key)
                self.seen[key] = value
        self.assertEqual(unbalanced(text), {})
        return text

    def await_sample(self, daemon, value, name, **labels):
        def shown():
            return sample(self.page(daemon), name, **labels) == value
        try:
            wait_for("", shown)
        except AssertionError:
            self.fail(f"{name}{labels} is {sample(daemon.metrics(), name, **labels)}, not {value}\n{daemon.output()}")

    def await_exact(self, daemon, **logs):
        """log=count: lines 1 to count, each once."""
        for log, count in logs.items():
            self.await_sample(daemon, count, "lines_total", log=log)
            self.assertEqual(sample(self.page(daemon), "numbers_total", log=log), count * (count + 1) / 2, "each number once")

    def await_records(self, daemon, value, level, context, pid):
        self.await_sample(daemon, value, "records_total", level=level, context=context)
        self.assertEqual(sample(self.page(daemon), "last_pid", context=context), pid)

    def expect_replayable(self, daemon, value):
        self.assertEqual(sample(daemon.metrics(), "logmill_source_replayable", source="s"), value)


class SyslogTest(SourceTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.source = f"{{syslog: {{listen: '127.0.0.1:{self.port}'}}, name: s}}"

    def logger(self, *options, text=None, lines=None):
        done = subprocess.run([need("logger"), "-n", "127.0.0.1", "-P", str(self.port), *options, *([text] if text else [])],
                              input=None if lines is None else "\n".join(lines) + "\n", text=True, capture_output=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_way_in_which_logger_sends(self):
        daemon = self.run_daemon(self.source).ready()
        self.expect_replayable(daemon, 0)
        ways = [(form, *way) for form in ("--rfc5424", "--rfc5424=notime,nohost", "--rfc3164")
                for way in (("-d",), ("-T",), ("-T", "--octet-count"))]
        for number, way in enumerate(ways, 1):
            self.logger(*way, "-t", "app", "--id=77", "-p", "user.warning", text=f"x line {number}")
        self.await_exact(daemon, x=len(ways))
        self.await_records(daemon, len(ways), "warn", "app", 77)

    def test_severities_and_what_stands_inside(self):
        daemon = self.run_daemon(self.source).ready()
        for severity, level in {"emerg": "fatal", "crit": "fatal", "err": "error", "warning": "warn", "notice": "log", "info": "log",
                                "debug": "debug"}.items():
            self.logger("-T", "-t", severity, "--id=5", "-p", f"daemon.{severity}", text="something")
            self.await_records(daemon, 1, level, severity, 5)
        self.logger("-T", "-t", "app", "--id=5", "-p", "user.err", text='{"level":"debug","pid":9,"message":"m","context":"Inside"}')
        self.await_records(daemon, 1, "debug", "Inside", 9)
        self.assertEqual(sample(daemon.metrics(), "logmill_received_malformed_total", source="s"), 0)

    def test_counters_go_on_after_a_restart_and_tcp_loses_nothing_at_sigterm(self):
        sent = 0
        for way in (("-T",), ("-T", "--octet-count"), ("-T",)):
            daemon = self.run_daemon(self.source, 600_000).ready()
            self.page(daemon)
            lines = [f"x line {n}" for n in range(sent + 1, sent + 2001)]
            sent += len(lines)
            self.logger(*way, "-t", "app", "--id=5", lines=lines)
            self.await_exact(daemon, x=sent)
            self.assertEqual(daemon.stop(), 0)
        daemon = self.run_daemon(self.source).ready()
        self.await_exact(daemon, x=sent)

    def test_what_a_sender_can_do_wrong(self):
        limits = "max_message_bytes: 1000, max_connections: 4"
        daemon = self.run_daemon(f"{{syslog: {{listen: '127.0.0.1:{self.port}', {limits}}}, name: s}}").ready()
        with socket.create_connection(("127.0.0.1", self.port)) as sender:
            sender.sendall(b"999999999 <13>ok: x line 1")  # a count that lies; what has come of it counts
            sender.shutdown(socket.SHUT_WR)
        with socket.create_connection(("127.0.0.1", self.port)) as sender:
            sender.sendall(b"\x00\xff\xfe\n<>\n<999>x\n<13>1 - - - - - -\n<13>" + b"y" * 5000 + b"\n<13>ok: x line 2\n")
        self.await_exact(daemon, x=2)
        self.await_sample(daemon, 2, "logmill_received_too_long_total", source="s")
        hanging = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(8)]
        with contextlib.ExitStack() as stack:
            for client in hanging:
                stack.enter_context(client)
            wait_for("some are turned away", lambda: sample(daemon.metrics(), "logmill_received_refused_total", source="s") == 4)
            self.logger("-d", "-t", "app", text="x line 3")
            self.await_exact(daemon, x=3)
        self.assertEqual(daemon.stop(), 0)

    def test_a_port_that_is_taken(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", self.port))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                daemon = self.run_daemon(self.source)
                self.assertEqual(daemon.process.wait(PATIENCE_S), 1, daemon.output())
                for part in ("syslog", "listen", f"127.0.0.1:{self.port}", "in use"):
                    self.assertIn(part, daemon.output())


class HttpTest(SourceTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def source(self, more=""):
        return f"{{http: {{listen: '127.0.0.1:{self.port}'{more}}}, name: s}}"

    def curl(self, data, *options, path="/logs", kind="application/x-ndjson"):
        """(status, answer) of what the real curl posts."""
        done = subprocess.run([need("curl"), "-sS", "-w", "%{http_code}", "--data-binary", "@-", "-H", f"Content-Type: {kind}", *options,
                               f"http://127.0.0.1:{self.port}{path}"], input=data, capture_output=True, timeout=PATIENCE_S)
        answer, _, status = done.stdout.decode().rpartition("\n")
        return int(status), answer

    def lines(self, first, last, log="x"):
        return "".join(json.dumps({"level": "warn", "pid": 7, "message": f"{log} line {n}", "context": "C"}) + "\n"
                       for n in range(first, last + 1)).encode()

    def test_lines_arrays_gzip_and_text(self):
        daemon = self.run_daemon(self.source()).ready()
        self.expect_replayable(daemon, 0)
        self.assertEqual(self.curl(self.lines(1, 10)), (200, '{"accepted":10}'))
        self.assertEqual(self.curl(gzip.compress(self.lines(11, 20)), "-H", "Content-Encoding: gzip")[0], 200)
        array = json.dumps([json.loads(line) for line in self.lines(21, 30).splitlines()]).encode()
        self.assertEqual(self.curl(array, kind="application/json"), (200, '{"accepted":10}'))
        self.assertEqual(self.curl(self.lines(31, 40), "-H", "Transfer-Encoding: chunked")[0], 200)
        self.assertEqual(self.curl(self.lines(41, 49) + b"\n\nx line 50", "-H", "Expect: 100-continue"), (200, '{"accepted":10}'))
        self.await_exact(daemon, x=50)
        self.await_records(daemon, 49, "warn", "C", 7)

    def test_who_may_and_how_much(self):
        self.write("token", "s3cret\n")
        daemon = self.run_daemon(self.source(f", token_file: '{self.folder}/token', max_body_bytes: 4096")).ready()
        allowed = ("-H", "Authorization: Bearer s3cret")
        self.assertEqual(self.curl(self.lines(1, 1))[0], 401)
        self.assertEqual(self.curl(self.lines(1, 1), "-H", "Authorization: Bearer s3cre")[0], 401)
        self.assertEqual(self.curl(self.lines(1, 1), *allowed, path="/other")[0], 404)
        self.assertEqual(self.curl(b"", *allowed, "-X", "GET")[0], 405)
        self.assertEqual(self.curl(b"x" * 5000, *allowed)[0], 413)
        self.assertEqual(self.curl(gzip.compress(b"x" * 1_000_000), *allowed, "-H", "Content-Encoding: gzip")[0], 413)
        self.assertEqual(self.curl(b"no gzip", *allowed, "-H", "Content-Encoding: gzip")[0], 400)
        self.assertEqual(self.curl(b'[{"message":"x line 1"},', *allowed, kind="application/json")[0], 400)
        self.assertEqual(self.curl(b"a", *allowed, kind="image/png")[0], 415)
        self.assertEqual(self.curl(self.lines(1, 3), *allowed)[0], 200)
        self.await_exact(daemon, x=3)
        self.assertEqual(sample(daemon.metrics(), "logmill_lines_total", source="s"), 3, "nothing of a refused request counts")
        self.assertNotIn("s3cret", daemon.output() + daemon.metrics())

    def test_no_room_is_said_and_nothing_of_it_taken(self):
        daemon = self.run_daemon(self.source(", max_body_bytes: 3000000")).ready()
        daemon.freeze()  # the worker with it: afterwards all posts come at once
        block = [self.lines(n * 20_000 + 1, (n + 1) * 20_000) for n in range(8)]
        with concurrent.futures.ThreadPoolExecutor(len(block)) as posters:
            def post(data):
                while (status := self.curl(data)[0]) in (429, 503):
                    statuses.append(status)
                return status
            statuses = []
            answers = [posters.submit(post, data) for data in block]
            daemon.thaw()
            self.assertEqual({answer.result() for answer in answers}, {200})
        self.assertIn(429, statuses)
        self.await_exact(daemon, x=160_000)

    def test_stop_while_posting(self):
        taken = [0] * 4
        for _ in range(3):
            daemon = self.run_daemon(self.source(), 600_000).ready()
            self.await_all(daemon, taken)
            enough = threading.Semaphore(0)
            with concurrent.futures.ThreadPoolExecutor(4) as posters:
                ends = [posters.submit(self.post_to_the_end, taken, log, enough) for log in range(4)]
                for _ in range(40):
                    self.assertTrue(enough.acquire(timeout=PATIENCE_S))
                self.assertEqual(daemon.stop(), 0)
                for end in ends:
                    end.result(PATIENCE_S)
        self.await_all(self.run_daemon(self.source()).ready(), taken)

    def post_to_the_end(self, taken, log, enough):
        """Posts on one connection until the daemon is gone; `taken` counts what was answered with 200."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as client:
            while True:
                try:
                    client.request("POST", "/logs", self.lines(taken[log] + 1, taken[log] + 50, f"p{log}"),
                                   {"Content-Type": "application/x-ndjson"})
                    response = client.getresponse()
                    response.read()
                except (OSError, http.client.HTTPException):
                    return
                if response.status == 200:
                    taken[log] += 50
                    enough.release()

    def await_all(self, daemon, taken):
        """Whatever was answered with 200 counts, and nothing else."""
        for log, count in enumerate(taken):
            if count:
                self.await_exact(daemon, **{f"p{log}": count})

    def test_clients_that_hang(self):
        daemon = self.run_daemon(self.source()).ready()
        with contextlib.ExitStack() as stack:
            head = b"POST /logs HTTP/1.1\r\n"
            for sent in (b"", head, head + b"Host: x\r\nContent-Length: 4000000\r\n\r\n{", b"\x16\x03\x01" * 9) * 10:
                client = stack.enter_context(socket.create_connection(("127.0.0.1", self.port)))
                client.sendall(sent)
            self.assertEqual(self.curl(self.lines(1, 5))[0], 200)
            self.await_exact(daemon, x=5)
            began = time.monotonic()
            self.assertEqual(daemon.stop(), 0)
            self.assertLess(time.monotonic() - began, 20, "clients that hang do not hold up the stop")

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            daemon = self.run_daemon(self.source())
            self.assertEqual(daemon.process.wait(PATIENCE_S), 1, daemon.output())
        for part in ("http", "listen", f"127.0.0.1:{self.port}", "in use"):
            self.assertIn(part, daemon.output())


class Engine:
    """As much of the Docker Engine's API as reading logs takes, over a Unix socket. Containers survive a restart of it."""

    def __init__(self, socket_path):
        self.path = str(socket_path)
        self.changed = threading.Condition()
        self.containers = {}
        self.events = []  # when they were
        self.server = None
        self.start()

    def start(self):
        engine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def address_string(self):
                return "unix"

            def do_GET(self):
                with contextlib.suppress(OSError):
                    engine.answer(self, urllib.parse.urlsplit(self.path))

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 100

            def handle_error(self, *_):
                pass

            def process_request(self, request, address):
                engine.connections.append(request)
                super().process_request(request, address)

        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.connections = []
        self.life = object()
        self.server = Server(self.path, Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        if self.server is None:
            return
        with self.changed:
            self.life = None
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()
        os.unlink(self.path)
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server = None

    def add(self, name, **labels):
        with self.changed:
            self.containers[f"{len(self.containers) + 1:x}".rjust(64, "c")] = {
                "name": name, "labels": labels, "running": True, "log": [], "time": 0}
            self._tell()

    def _named(self, name):
        return next(container for container in self.containers.values() if container["name"] == name)

    def _tell(self):
        self.events.append(time.time())
        self.changed.notify_all()

    def set_running(self, name, running):
        with self.changed:
            self._named(name)["running"] = running
            self._tell()

    def log(self, name, stream, *lines):
        """Lines longer than 16 KiB are kept in parts, as the Engine does; a few share a nanosecond."""
        with self.changed:
            container = self._named(name)
            for line in lines:
                container["time"] = max(container["time"] + random.choice((0, 0, 1)), time.time_ns() // 1_000_000 * 1_000_000)
                data = line.encode() + b"\n"
                for at in range(0, len(data), 16384):
                    container["log"].append((stream, container["time"], data[at:at + 16384]))
            self.changed.notify_all()

    def answer(self, request, url):
        if url.path == "/containers/json":
            with self.changed:
                listed = [{"Id": i, "Names": ["/" + c["name"]], "Labels": c["labels"], "State": "running" if c["running"] else "exited"}
                          for i, c in self.containers.items()]
            return self._json(request, listed)
        if url.path == "/events":
            return self._events(request, float(urllib.parse.parse_qs(url.query)["since"][0]))
        identity, _, what = url.path.removeprefix("/containers/").partition("/")
        container = self.containers.get(identity)
        if container is None:
            return self._json(request, {"message": f"No such container: {identity}"}, 404)
        if what == "json":
            return self._json(request, {"Config": {"Tty": False}, "State": {"Running": container["running"]}})
        self._logs(request, container, urllib.parse.parse_qs(url.query))

    def _json(self, request, value, status=200):
        body = json.dumps(value).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _stream(self, request):
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.close_connection = True
        return lambda data: request.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _events(self, request, since):
        chunk, life, told = self._stream(request), self.life, sum(at < since for at in self.events)
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.life is not life or len(self.events) > told)
                told = len(self.events)
            if self.life is not life:
                return
            chunk(b'{"Type":"container","Action":"start"}\n')

    def _logs(self, request, container, query):
        chunk, life, at = self._stream(request), self.life, 0
        seconds, _, fraction = query["since"][0].partition(".")
        since = int(seconds) * 10**9 + int(fraction.ljust(9, "0"))
        while True:
            with self.changed:
                if query["follow"] == ["1"]:
                    self.changed.wait_for(lambda: self.life is not life or at < len(container["log"]) or not container["running"])
                new, at = container["log"][at:], len(container["log"])
            if self.life is not life:
                return
            frames = b"".join(self._frame(*message) for message in new if message[1] >= since)
            if frames:
                chunk(frames)
            if not new:
                request.wfile.write(b"0\r\n\r\n")
                return

    def _frame(self, stream, time_ns, data):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ns // 10**9)) + f".{time_ns % 10**9:09d}Z "
        return struct.pack(">BxxxI", stream, len(stamp) + len(data)) + stamp.encode() + data


class DockerTest(SourceTest):
    def setUp(self):
        super().setUp()
        self.engine = Engine(self.folder / "docker.sock")
        self.addCleanup(self.engine.stop)
        self.source = f"{{docker: {{socket: '{self.folder}/docker.sock'}}, name: s}}"
        self.written = {}

    def log(self, name, count, stream=1, pad=""):
        log = f"{name}_{'out' if stream == 1 else 'err'}"
        first = self.written.get(log, 0) + 1
        self.written[log] = first + count - 1
        self.engine.log(name, stream, *(json.dumps({"level": "log", "message": f"{log} line {n}", "pad": pad})
                                        for n in range(first, first + count)))

    def test_two_containers_killed_at_random_moments(self):
        rng = random.Random(5)
        self.engine.add("one")
        self.engine.add("two")
        stop = threading.Event()

        def write():
            dice = random.Random(6)
            while not stop.wait(0.003):
                self.log(dice.choice(("one", "two")), dice.randint(1, 20), dice.choice((1, 2)), dice.choice(("", "", "y" * 20_000)))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for turn in range(8):
                daemon = self.run_daemon(self.source, rng.choice((10, 100, 5000)))
                if turn % 2:
                    daemon.ready()
                wait = time.monotonic() + rng.random() * 0.6  # the moment of the kill is anywhere
                while time.monotonic() < wait:
                    with contextlib.suppress(OSError):
                        self.page(daemon)
                daemon.kill()
        finally:
            stop.set()
            writer.join()
        daemon = self.run_daemon(self.source).ready()
        self.await_exact(daemon, **self.written)
        self.assertGreater(sum(self.written.values()), 1000)
        self.expect_replayable(daemon, 1)
        self.log("one", 1)
        self.await_exact(daemon, **self.written)

    def test_a_container_starts_again(self):
        self.engine.add("one")
        self.log("one", 10)
        daemon = self.run_daemon(self.source).ready()
        self.await_exact(daemon, **self.written)
        for _ in range(3):
            self.log("one", 5, 2)
            self.engine.set_running("one", False)
            self.await_exact(daemon, **self.written)
            self.engine.set_running("one", True)
            self.log("one", 5)
            self.await_exact(daemon, **self.written)

    def test_the_engine_starts_again(self):
        self.engine.add("one")
        self.log("one", 10)
        daemon = self.run_daemon(self.source).ready()
        for _ in range(3):
            self.log("one", 100, 1, "y" * 9000)
            self.await_sample(daemon, 1, "logmill_source_up", source="s")
            self.engine.stop()
            self.log("one", 5)
            self.await_sample(daemon, 0, "logmill_source_up", source="s")
            self.engine.start()
            self.log("one", 5)
            self.await_exact(daemon, **self.written)

    def test_which_containers(self):
        for name, labels in (("shop-a", {"team": "x"}), ("shop-b", {"team": "y"}), ("bank", {"team": "x"})):
            self.engine.add(name, **labels)
            self.engine.log(name, 1, f"{name[-1]} line 1")
        daemon = self.run_daemon(f"{{docker: {{socket: '{self.folder}/docker.sock', names: 'shop-*', labels: [team=x]}}, name: s}}").ready()
        self.assertEqual(sample(self.page(daemon), "logmill_lines_total", source="s"), 1)
        self.engine.add("shop-c", team="x")
        self.engine.log("shop-c", 1, "c line 1")
        self.await_exact(daemon, c=1)
        self.assertIsNone(sample(self.page(daemon), "lines_total", log="b"))

    def test_no_engine_is_said_once_and_holds_up_nobody_for_long(self):
        self.engine.stop()
        began = time.monotonic()
        daemon = self.run_daemon(self.source)
        wait_for("it says why it waits", lambda: daemon.alive() and "docker.sock" in daemon.output())
        with contextlib.suppress(OSError):
            self.assertEqual(get(daemon.api)[0], 503)
        daemon.ready()
        self.assertGreater(time.monotonic() - began, 5)
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(daemon.output().count("docker.sock"), 1, daemon.output())
        self.engine.start()
        self.engine.add("late")
        self.engine.log("late", 1, "late line 1")
        self.await_exact(daemon, late=1)


REMOTE = "/usr/lib/systemd/systemd-journal-remote"


class JournaldTest(SourceTest):
    def setUp(self):
        super().setUp()
        (self.folder / "journal").mkdir()
        self.source = f"{{journald: {{directory: '{self.folder}/journal'}}, name: s}}"
        self.written = 0

    def log(self, count, file="a", **fields):
        """Appends entries `x line N` to a journal file, by the real thing."""
        entries = []
        for _ in range(count):
            self.written += 1
            now = time.time_ns() // 1000
            values = {"MESSAGE": f"x line {self.written}", "PRIORITY": "4", "SYSLOG_IDENTIFIER": "app", "_PID": "7", **fields}
            entries.append(f"__REALTIME_TIMESTAMP={now}\n__MONOTONIC_TIMESTAMP={now % 10**9 + 1}\n_BOOT_ID={'0123456789abcdef' * 2}\n" +
                           "".join(f"{key}={value}\n" for key, value in values.items()) + "\n")
        subprocess.run([REMOTE, "-o", self.folder / "journal" / f"{file}.journal", "-"], input="".join(entries).encode(), check=True,
                       capture_output=True, timeout=PATIENCE_S)

    def test_killed_while_entries_come(self):
        rng = random.Random(7)
        self.log(100)
        for turn in range(6):
            daemon = self.run_daemon(self.source, rng.choice((10, 50, 5000)))
            if turn % 2:
                daemon.ready()
                self.page(daemon)
            self.log(rng.randint(1, 200), "ab"[turn % 2])
            if turn % 3 == 0:
                daemon.ready()
                self.page(daemon)
            daemon.kill()
        daemon = self.run_daemon(self.source).ready()
        self.await_exact(daemon, x=self.written)
        self.expect_replayable(daemon, 1)
        self.log(3, "c")
        self.await_exact(daemon, x=self.written)
        self.await_records(daemon, self.written, "warn", "app", 7)

    def test_only_what_is_wanted(self):
        self.log(3, _SYSTEMD_UNIT="shop.service")
        self.written = 0
        self.log(2, _SYSTEMD_UNIT="bank.service", MESSAGE="y")
        self.written = 3
        daemon = self.run_daemon(f"{{journald: {{directory: '{self.folder}/journal', units: shop}}, name: s}}").ready()
        self.await_exact(daemon, x=3)
        self.assertEqual(sample(self.page(daemon), "logmill_lines_total", source="s"), 3)

    def test_no_journal_is_said_and_waited_for(self):
        (self.folder / "journal").rmdir()
        daemon = self.run_daemon(self.source).ready()
        self.assertEqual(daemon.output().count(f"{self.folder}/journal"), 1, daemon.output())
        (self.folder / "journal").mkdir()
        self.log(3)
        self.await_exact(daemon, x=3)


if __name__ == "__main__":
    unittest.main()
