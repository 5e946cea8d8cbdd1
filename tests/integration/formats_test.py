"""What files hold that is not a record a line: containers' files, the console format, traces; and the commands that explain it."""

import gzip
import json
import os
import pathlib
import random
import re
import shutil
import time
import unittest

from sources_test import SourceTest
from support import ROOT, TestCase, run, sample, samples, wait_for

PACK = ROOT / "rules/packs/gallery.yaml"
CONSOLE_LOG = ROOT / "tests/data/ingest/gallery-console.txt"
JSON_LOG = ROOT / "tests/data/ingest/gallery.jsonl"
SAMPLES = ROOT.parent / "shared/samples"
ESC = "\x1b"


class ContainerFileTest(SourceTest):
    """A container's log file, written byte by byte as it happens, rotated as its runtime does it, the daemon killed all the while."""

    def setUp(self):
        super().setUp()
        self.written = {"out": 0, "err": 0}
        self.rng = random.Random(11)
        self.rest = b""  # of what is to be written

    def text(self, size):
        """Nowhere else the same: files with the same content would be copies of each other."""
        return self.rng.randbytes(size // 2).hex()

    def next_line(self, stream):
        self.written[stream] += 1
        pad = self.text(self.rng.choice((0, 0, 10, 16_300, 40_000)))
        return json.dumps({"level": "warn", "message": f"{stream} line {self.written[stream]}", "pad": pad})

    def write_some(self, path):
        """A few lines of both streams, their parts mingled, ending anywhere."""
        waiting = {stream: [part for _ in range(self.rng.randint(1, 8)) for part in self.parts(stream, self.next_line(stream))]
                   for stream in self.written}
        parts = []
        while any(waiting.values()):
            parts.append(waiting[self.rng.choice([stream for stream, left in waiting.items() if left])].pop(0))
        data = self.rest + b"".join(parts)
        cut = self.rng.randrange(len(data))
        with open(path, "ab") as out:
            out.write(data[:cut])
        self.rest = data[cut:]

    def end_lines(self, path):
        with open(path, "ab") as out:
            out.write(self.rest)
        self.rest = b""

    def end_a_part(self, path):
        """The line in the file that has begun, and perhaps more of them: what is left begins with another one."""
        ends = [at + 1 for at, byte in enumerate(self.rest) if byte == ord("\n")]
        cut = self.rng.choice(ends) if ends else 0
        with open(path, "ab") as out:
            out.write(self.rest[:cut])
        self.rest = self.rest[cut:]

    def live(self, source, path, rotate, end=None):
        """`end`: what the writer does before each rotation; by default it ends its lines."""
        end = end or self.end_lines
        self.assertEqual(self.run_daemon(source).ready().stop(), 0)  # from now on the file is known
        daemon = None
        for turn in range(24):
            if daemon is None:
                daemon = self.run_daemon(source, self.rng.choice((10, 50, 5000)))
                if turn % 2:
                    daemon.ready()
            self.write_some(path)
            if self.rng.random() < 0.5:
                end(path)
                rotate()
            if turn % 4 == 2:
                daemon.ready()
                self.page(daemon)
            if self.rng.random() < 0.6:
                daemon.kill()
                daemon = None
        self.end_lines(path)
        daemon = daemon or self.run_daemon(source)
        daemon.ready()
        self.await_exact(daemon, **self.written)
        page = self.page(daemon)
        self.assertEqual(sample(page, "logmill_records_total", source="s", format="json"), sum(self.written.values()))
        self.assertGreater(sample(page, "logmill_lines_joined_total", source="s"), 0, "there were parts")
        self.assertEqual(sum(v for (n, l), v in samples(page).items() if n == "logmill_records_rejected_total"), 0)
        self.expect_replayable(daemon, 1)


class RotationWithinALine:
    """The runtime rotates whenever a file is full: also between the parts of a line. Of a test with `source`, `path` and rotate()."""

    def append(self, *parts):
        with open(self.path, "ab") as out:
            out.write(b"".join(parts))

    def long_line(self, number, stream="out"):
        return self.parts(stream, json.dumps({"pad": self.text(40_000), "message": f"{stream} line {number}"}))

    def await_nothing_else(self, daemon, **logs):
        """As await_exact, and no piece of a line was counted for itself."""
        self.await_exact(daemon, **logs)
        page = self.page(daemon)
        self.assertEqual(sum(v for (n, l), v in samples(page).items() if n == "logmill_records_rejected_total"), 0)
        self.assertEqual(sample(page, "logmill_records_total", source="s", format="json"), sum(logs.values()))
        self.assertEqual(sample(page, "logmill_records_total", source="s", format="text"), 0)
        self.assertEqual(sample(page, "logmill_lines_pending", source="s"), 0)

    def await_pending(self, daemon, lines):
        wait_for(f"{lines} lines are pending", lambda: sample(self.page(daemon), "logmill_lines_pending", source="s") == lines)

    def await_checkpoint(self, daemon):
        now = time.time()
        wait_for("a checkpoint", lambda: sample(self.page(daemon), "logmill_checkpoint_timestamp_seconds") > now)

    def test_a_rotation_between_the_parts_of_a_line(self):
        self.append(*self.parts("out", "out line 1"))
        daemon = self.run_daemon(self.source).ready()
        first, *others = self.long_line(2)
        self.append(first)
        self.rotate()
        self.append(*others)
        self.await_exact(daemon, out=2)

    def test_whole_lines_follow_and_both_streams_are_cut(self):
        daemon = self.run_daemon(self.source).ready()
        for turn in range(5):
            out, err = self.long_line(2 * turn + 1), self.long_line(2 * turn + 1, "err")
            self.append(out[0], err[0], err[1])
            if turn % 2:
                self.await_pending(daemon, 3)
            self.rotate()
            self.append(*out[1:], *self.long_line(2 * turn + 2), *err[2:], *self.long_line(2 * turn + 2, "err"))
            self.await_nothing_else(daemon, out=2 * turn + 2, err=2 * turn + 2)

    def test_several_rotations_within_one_line(self):
        daemon = self.run_daemon(self.source).ready()
        first, second, *others = self.long_line(1)
        self.append(first)
        self.rotate()
        self.append(second)
        self.rotate()
        self.append(*others)
        self.await_nothing_else(daemon, out=1)
        first, second, *others = self.long_line(2)
        for part in (first, second):
            self.append(part)
            self.await_pending(daemon, 1 if part is first else 2)
            self.rotate()
        self.append(*others)
        self.await_nothing_else(daemon, out=2)

    def test_rotated_within_a_line_while_the_daemon_is_down(self):
        number = 0
        for stop in (lambda daemon: daemon.kill(), lambda daemon: daemon.stop()):
            for rotations in (1, 2):
                for read in (True, False):
                    number += 1
                    first, second, *others = self.long_line(number)
                    daemon = self.run_daemon(self.source, 10).ready()
                    if read:
                        self.append(first)
                        self.await_pending(daemon, 1)
                        self.await_checkpoint(daemon)
                    stop(daemon)
                    if not read:
                        self.append(first)
                    self.rotate()
                    self.append(second)
                    if rotations == 2:
                        self.rotate()
                    self.append(*others)
                    daemon = self.run_daemon(self.source).ready()
                    self.await_nothing_else(daemon, out=number)
                    self.assertEqual(daemon.stop(), 0)

    def test_killed_when_the_first_half_was_handed_over(self):
        daemon = self.run_daemon(self.source, 10).ready()
        for number in range(1, 9):
            first, second, *others = self.long_line(number)
            self.append(first)
            self.rotate()
            self.append(second)
            if number % 2:
                self.await_pending(daemon, 2)
            if number % 4 > 1:
                self.await_checkpoint(daemon)
            daemon.kill()
            self.append(*others[:-1])
            daemon = self.run_daemon(self.source, 10 if number % 3 else 5000).ready()
            self.append(others[-1])
            self.await_nothing_else(daemon, out=number)

    def test_killed_all_the_while_and_rotated_within_lines(self):
        self.live(self.source, self.path, self.rotate, self.end_a_part)

    def test_a_line_that_never_ends_is_counted_when_there_is_no_other_file(self):
        daemon = self.run_daemon(self.source).ready()
        self.append(*self.parts("out", "out line 1"), self.long_line(2)[0])
        self.await_pending(daemon, 1)
        os.remove(self.path)
        self.await_exact(daemon, out=1)
        wait_for("the line was cut", lambda: sample(self.page(daemon), "logmill_lines_cut_total", source="s") == 1)
        self.await_pending(daemon, 0)


class DockerFileTest(RotationWithinALine, ContainerFileTest):
    def parts(self, stream, line):
        data = line + "\n"
        when = "2026-11-22T09:24:30.123456789Z"
        return [json.dumps({"log": data[at:at + 16384], "stream": f"std{stream}", "time": when}).encode() + b"\n"
                for at in range(0, len(data), 16384)]

    source = "{file: '*-json.log', format: docker, name: s}"

    def setUp(self):
        super().setUp()
        self.path = self.folder / "abc-json.log"
        self.path.touch()

    def rotate(self):
        for number in range(8, 0, -1):
            if (self.folder / f"abc-json.log.{number}").exists():
                os.rename(self.folder / f"abc-json.log.{number}", self.folder / f"abc-json.log.{number + 1}")
        os.rename(self.path, self.folder / "abc-json.log.1")
        self.path.touch()

    def test_killed_in_the_midst_of_lines_and_rotated_by_max_file(self):
        self.live(self.source, self.path, self.rotate)

    def test_truncated_within_a_line(self):
        """max-file: 1."""
        daemon = self.run_daemon(self.source).ready()
        for number in range(1, 4):
            first, *others = self.long_line(number)
            self.append(first)
            self.await_pending(daemon, 1)
            self.path.write_bytes(others[0])
            self.append(*others[1:])
            self.await_nothing_else(daemon, out=number)

    def test_what_is_no_envelope(self):
        good = b"".join(self.parts("out", f"out line {n}")[0] for n in (1, 2))
        bad = [b"text", b'{"log":"x\\n"', b'{"log":5}', b"{}", b"[]", b"", b'{"stream":"stdout","time":"x"}', b"\xff\xfe"]
        self.write("a.log", good[:good.index(b"\n") + 1] + b"\n".join(bad) + b"\n" + good[good.index(b"\n") + 1:])
        daemon = self.run_daemon("{file: a.log, format: docker, name: s}").ready()
        self.await_exact(daemon, out=2)
        self.assertEqual(sample(self.page(daemon), "logmill_lines_total", source="s"), 2 + len(bad))


class KubernetesFileTest(RotationWithinALine, ContainerFileTest):
    source = "{file: containers/shop_*.log, format: cri, name: s}"
    keeps_time = False  # of a compressed file, as gzip does; the kubelet does not

    def parts(self, stream, line):
        texts = [line[at:at + 8192] for at in range(0, len(line), 8192)]
        return [f"2026-11-22T09:24:30.{i:09d}+01:00 std{stream} {'F' if i == len(texts) - 1 else 'P'} {text}\n".encode()
                for i, text in enumerate(texts)]

    def setUp(self):
        super().setUp()
        self.pod = self.folder / "pods/default_shop_0b1c/shop"
        self.pod.mkdir(parents=True)
        (self.folder / "containers").mkdir()
        self.path = self.pod / "0.log"
        self.path.touch()
        self.link("shop_default_shop-0b1c.log", "0.log")
        self.rotations = []

    def link(self, name, target):
        os.symlink(self.pod / target, self.folder / "containers" / name)

    def rotate(self):
        if self.rotations:  # the one before is compressed now
            packed = pathlib.Path(f"{self.rotations[-1]}.gz")
            packed.write_bytes(gzip.compress(self.rotations[-1].read_bytes()))
            if self.keeps_time:
                shutil.copystat(self.rotations[-1], packed)
            os.remove(self.rotations[-1])
        self.rotations.append(self.pod / f"0.log.20261122-1555{len(self.rotations):02d}")
        os.rename(self.path, self.rotations[-1])
        self.path.touch()

    def test_killed_all_the_while_and_rotated_within_lines(self):
        self.keeps_time = True  # otherwise the order of files that nobody has read is not known (docs/exactness.md, "What cannot be exact")
        super().test_killed_all_the_while_and_rotated_within_lines()

    def test_killed_in_the_midst_of_lines_and_rotated_by_the_kubelet(self):
        self.live(self.source, self.path, self.rotate)

    def test_a_container_that_starts_again_has_another_file(self):
        (self.pod / "0.log").write_bytes(b"".join(self.parts("out", "out line 1")))
        self.link("shop-1.log", "0.log")
        daemon = self.run_daemon("{file: containers/shop-*.log, format: cri, name: s}").ready()
        self.await_exact(daemon, out=1)
        (self.pod / "1.log").write_bytes(b"".join(self.parts("out", "out line 2")))
        self.link("shop-2.log", "1.log")
        os.remove(self.folder / "containers/shop-1.log")
        self.await_exact(daemon, out=2)
        with open(self.pod / "1.log", "ab") as out:
            out.write(b"".join(self.parts("out", "out line 3")))
        self.await_exact(daemon, out=3)

    def test_a_link_that_leads_to_another_file(self):
        (self.pod / "0.log").write_bytes(b"".join(self.parts("out", "out line 1")))
        self.link("shop.log", "0.log")
        daemon = self.run_daemon("{file: containers/shop.log, format: cri, name: s}").ready()
        for number in range(1, 5):
            (self.pod / f"{number}.log").write_bytes(b"".join(self.parts("out", f"out line {number + 1}")))
            self.link("shop.new", f"{number}.log")
            os.rename(self.folder / "containers/shop.new", self.folder / "containers/shop.log")
            self.await_exact(daemon, out=number + 1)


def pack_series(text):
    return {key: value for key, value in samples(text).items() if key[0].startswith("immich_")}


def differences(wanted, found):
    return {key: (wanted.get(key), found.get(key)) for key in {*wanted, *found} if wanted.get(key) != found.get(key)}


def levels(text):
    found = {}
    for (name, labels), value in samples(text).items():
        if name == "immich_log_messages_total" and value:
            found[dict(labels)["level"]] = found.get(dict(labels)["level"], 0) + value
    return found


def without_colors(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def console(record, colored, identity=""):
    """A record as Gallery's console format has it: its head, the message, the stack."""
    worker = "Api" if record["pid"] == 30 else "Microservices"
    color = {"log": 32, "warn": 33, "error": 31, "debug": 35, "verbose": 36, "fatal": 1}[record["level"]]
    paint = (lambda text, code: f"{ESC}[{code}m{text}{ESC}[39m") if colored else (lambda text, code: text)
    when = time.strftime("%m/%d/%Y, %I:%M:%S %p", time.localtime(record["timestamp"] // 1000)).replace(", 0", ", ")
    name = f"[{worker}:{record['context']}{'~' + identity if identity else ''}]"
    head = paint(f"[Nest] {record['pid']}  - ", color) + when + " " + paint(record["level"].upper().rjust(7), color)
    return head + " " + paint(name, 33) + " " + paint(record["message"], color) + "\n" + (record["stack"] + "\n" if "stack" in record else "")


def plain_records():
    """Of the sample: those that both formats can say."""
    parsed = [json.loads(line) for line in JSON_LOG.read_text().splitlines() if line.startswith('{"level"')]
    return [{**record, "timestamp": record["timestamp"] // 1000 * 1000} for record in parsed
            if isinstance(record["message"], str) and "context" in record]


class ConsoleTest(SourceTest):
    def replay(self, log, *options):
        code, out, err = run("replay", "--ledger", *options, "--rules", PACK, log)
        self.assertEqual(code, 0, err)
        self.assertIn("balanced", err)
        for (_, labels), _ in samples(out).items():
            for _, value in labels:
                self.assertNotIn("[3", value, "no colour in a label")
                self.assertNotIn(ESC, value)
        return out, err

    def test_a_cut_of_a_real_log(self):
        raw = CONSOLE_LOG.read_text()
        heads = re.findall(r"^\[Nest\] \d+  - \S+, \S+ [AP]M +([A-Z]+) ", without_colors(raw), re.MULTILINE)
        wanted = {level.lower(): heads.count(level) for level in heads}
        for options in ((), ("--format", "console")):
            out, err = self.replay(CONSOLE_LOG, *options)
            self.assertEqual(levels(out), wanted)
            self.assertRegex(err, rf"records, console +{len(heads)}\n")
            packed = self.write("g.gz", gzip.compress(raw.encode()))
            self.assertEqual(self.replay(packed, *options), (out, err))
            crlf = self.write("crlf.txt", raw.replace("\n", "\r\n"))
            self.assertEqual(self.replay(crlf, *options)[0], out, "as on a terminal")

    @unittest.skipUnless(SAMPLES.exists(), "only where the captures of a real server are")
    def test_the_captures_of_a_real_server(self):
        truth = json.loads((SAMPLES / "truth.json").read_text())["files"]
        for name, facts in truth.items():
            if "head_lines" not in facts:
                continue
            for options in ((), ("--format", "console")):
                out, err = self.replay(SAMPLES / name, *options)
                self.assertEqual(levels(out), facts["levels"], name)
                self.assertRegex(err, rf"lines read +{facts['lines']}\n")
                self.assertRegex(err, rf"records, console +{facts['head_lines']}\n")

    def test_an_event_counts_the_same_in_both_formats(self):
        records = plain_records()
        self.assertGreater(len(records), 100)
        wanted = pack_series(self.replay(self.write("a.jsonl", "".join(json.dumps(record) + "\n" for record in records)))[0])
        for colored in (True, False):
            log = self.write("a.txt", "".join(console(record, colored) for record in records))
            for options in ((), ("--format", "console")):
                found = pack_series(self.replay(log, *options)[0])
                self.assertEqual(differences(wanted, found), {}, f"colored: {colored}, {options}")

    def test_forged_correlation_ids_change_no_level_and_no_context(self):
        forged = ["abc-123", "x] [Api:Evil] y", "x]", "] ", "~~", "[Nest] 1  - 11/22/2026, 9:26:37 AM   FATAL [Api:Evil] z", "a" * 5000,
                  "\x00\t\\", "] ERROR [Evil:Evil~x] ", '{"level":"fatal","context":"Evil"}', "é漢\u202e", "Object(1) {", "x] Error: y"]
        records = plain_records()[:20]
        wanted = {}
        for record in records:
            key = (record["level"], record["context"])
            wanted[key] = wanted.get(key, 0) + len(forged)
        for colored in (True, False):
            log = self.write("a.txt", "".join(console(record, colored, identity) for record in records for identity in forged))
            for options in ((), ("--format", "console")):
                out, _ = self.replay(log, *options)
                found = {(dict(labels)["level"], dict(labels)["context"]): value for (name, labels), value in samples(out).items()
                         if name == "immich_log_messages_total" and value}
                self.assertEqual(found, wanted, f"colored: {colored}, {options}")
                self.assertNotIn("Evil", out)

    def both_pages(self, daemon):
        return pack_series(self.page(daemon) + daemon.metrics(daemon.microservices))

    def test_the_daemon_killed_in_the_middle_of_records(self):
        raw = (CONSOLE_LOG.read_bytes() + "".join(console(record, True) for record in plain_records()).encode()) * 3
        self.write("rules.yaml", PACK.read_bytes())
        source = "{file: a.log, name: s, join: {max_wait_ms: 60000}}"
        self.write("a.log", raw + b"Starting api worker\n")
        daemon = self.run_daemon(source).ready()
        wanted = self.both_pages(daemon)
        self.assertEqual(sum(levels(self.page(daemon)).values()), without_colors(raw.decode()).count("[Nest]"))
        daemon.kill()
        shutil.rmtree(self.folder / "state")
        self.write("a.log", "")
        self.seen = {}

        rng, at = random.Random(2), 0
        for turn in range(15):
            daemon = self.run_daemon(source, rng.choice((10, 50, 5000)))
            step = rng.randrange(len(raw) // 8)
            with open(self.folder / "a.log", "ab") as out:
                out.write(raw[at:at + step])
            at = min(at + step, len(raw))
            if turn % 3:
                daemon.ready()
                wait_for("it has read that", lambda daemon=daemon: sample(self.page(daemon), "logmill_source_lag_bytes", source="s") == 0)
            if turn % 5 == 4:
                daemon.stop()
            else:
                daemon.kill()
        with open(self.folder / "a.log", "ab") as out:
            out.write(raw[at:] + b"Starting api worker\n")
        daemon = self.run_daemon(source).ready()
        self.await_sample(daemon, raw.count(b"\n"), "logmill_lines_total", source="s")  # the one more may go on
        self.assertEqual(differences(wanted, self.both_pages(daemon)), {})


NODE = """Error: connect ECONNREFUSED 127.0.0.1:6379
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)
    at new Promise (<anonymous>) {
  errno: -111,
  code: 'ECONNREFUSED'
}
"""
PYTHON = """Traceback (most recent call last):
  File "/app/main.py", line 7, in <module>
    main()
    ~~~~^^
  File "/app/main.py", line 3, in main
    raise ValueError("no")
ValueError: no
"""


class JoinTest(SourceTest):
    SOURCE = "{file: a.log, name: s, join: %s}"
    RULES = """
rules:
  - name: records
    metrics: [{counter: records_total, help: h, labels: {level: $level}}]
  - name: traces
    when: {message: '(?s)^(?P<what>Error: connect|Traceback|plain).*(?P<end>ECONNREFUSED.*\\}|ValueError: no|plain)$'}
    metrics: [{counter: traces_total, help: h, labels: {what: $what}}]
"""

    def setUp(self):
        super().setUp()
        self.write("rules.yaml", self.RULES)

    def append(self, text):
        with open(self.folder / "a.log", "a") as out:
            out.write(text)

    def expect(self, daemon, records, node, python):
        self.await_sample(daemon, records, "records_total", level="")
        page = self.page(daemon)
        self.assertEqual(sample(page, "traces_total", what="Error: connect") or 0, node)
        self.assertEqual(sample(page, "traces_total", what="Traceback") or 0, python)

    def test_traces_are_one_record_each(self):
        self.append("plain\n" + NODE + "plain\n" + PYTHON + PYTHON + NODE + "plain\n")
        daemon = self.run_daemon(self.SOURCE % "traces").ready()
        self.expect(daemon, 7, 2, 2)
        page = self.page(daemon)
        lines = 3 + 2 * NODE.count("\n") + 2 * PYTHON.count("\n")
        self.assertEqual(sample(page, "logmill_lines_total", source="s"), lines)
        self.assertEqual(sample(page, "logmill_lines_joined_total", source="s"), lines - 7)

    def test_a_trace_cut_by_kills_is_one_record(self):
        lines = (NODE + PYTHON).splitlines(keepends=True)
        source = self.SOURCE % "{max_wait_ms: 60000}"
        for number, line in enumerate(lines):
            daemon = self.run_daemon(source, (10, 5000)[number % 2]).ready()
            self.append(line[:len(line) // 2])
            if number % 3:
                now = time.time()
                self.append(line[len(line) // 2:])
                wait_for("it has read that", lambda daemon=daemon: sample(self.page(daemon), "logmill_source_lag_bytes", source="s") == 0)
                if number % 2 == 0:
                    wait_for("it is in a checkpoint", lambda daemon=daemon, now=now:
                             sample(self.page(daemon), "logmill_checkpoint_timestamp_seconds") > now)
                daemon.kill()
            else:
                daemon.kill()
                self.append(line[len(line) // 2:])
        self.append("plain\n")
        daemon = self.run_daemon(source).ready()
        self.append("plain\n")
        self.expect(daemon, 3, 1, 1)
        self.assertEqual(sample(self.page(daemon), "logmill_lines_pending", source="s"), 1)

    def test_what_waits_is_complete_after_max_wait(self):
        daemon = self.run_daemon(self.SOURCE % "{max_wait_ms: 200}").ready()
        self.append(PYTHON)
        self.expect(daemon, 1, 0, 1)
        self.append("    at late (a.js:1:1)\n")
        self.await_sample(daemon, 2, "records_total", level="")

    def test_at_sigterm_what_waits_waits_on(self):
        source = self.SOURCE % "{max_wait_ms: 60000}"
        first, second = PYTHON[:100], PYTHON[100:]
        daemon = self.run_daemon(source).ready()
        self.append(first)
        wait_for("it has read that", lambda: sample(self.page(daemon), "logmill_lines_pending", source="s") == first.count("\n"))
        self.assertEqual(daemon.stop(), 0)
        self.append(second + "plain\n")
        daemon = self.run_daemon(source).ready()
        self.expect(daemon, 1, 0, 1)

    def test_bounds(self):
        self.append("x\n" + "  y\n" * 25)
        daemon = self.run_daemon(self.SOURCE % "{continues: '^ ', max_lines: 10, max_wait_ms: 50}").ready()
        self.await_sample(daemon, 26, "logmill_lines_total", source="s")
        self.await_sample(daemon, 3, "records_total", level="")


class CheckTest(TestCase):
    def check(self, sources, *parts, code=1):
        self.write("r.yaml", "rules: [{name: r, metrics: [{counter: r_total, help: h}]}]")
        config = self.write("c.yaml", f"telemetry: {{include: all}}\nrules: [r.yaml]\nsources:\n  - {sources}\n")
        found, out, err = run("check", config)
        self.assertEqual(found, code, sources + "\n" + out + err)
        for part in parts:
            self.assertIn(part, out + err, sources)
        if code:
            self.assertRegex(out + err, rf"{config}:[4-6]:\d+: source", "it says where")

    def test_what_is_right(self):
        self.write("token", "t\n")
        for source in ("file: a.log", "file: '*.log'\n    rotated: [old/*, '*.gz']\n    format: docker", "stdin: true", "docker: {}",
                       "docker: {names: x*, labels: [a, b=c], socket: /x.sock}\n    from: end\n    join: traces", "journald: {}",
                       "journald: {units: ssh, matches: [_TRANSPORT=stdout], directory: /var/log/journal}",
                       "syslog: {}", "syslog: {listen: '[::1]:5514', tcp: false, max_message_bytes: 480, max_connections: 1}", "http: {}",
                       "http: {listen: ':0', path: /x, token_file: token, max_body_bytes: 1024}",
                       "file: a\n    join: {continues: '^ ', max_lines: 2, max_bytes: 1024, max_wait_ms: 10}",
                       "file: a\n    poll: true\n    poll_interval_ms: 1\n    flush_after_ms: 100"):
            self.check(source, code=0)

    def test_what_is_wrong_and_what_would_be_right(self):
        for source, *parts in (
            ("name: x", "file", "docker", "journald", "syslog", "http", "stdin"),
            ("file: a\n    docker: {}", "file", "docker"),
            ("file: ''", "file"),
            ("file: a\n    format: jsonl", "jsonl", "auto", "console", "docker", "cri"),
            ("file: a\n    from: middle", "start", "end"),
            ("file: a\n    join: yes", "traces"),
            ("file: a\n    join: {continues: '('}", "continues"),
            ("file: a\n    join: {max_lines: 1}", "max_lines", "2", "1000000"),
            ("file: a\n    join: {max_wait: 5}", "max_wait", "max_wait_ms"),
            ("file: a\n    max_line_bytes: 10", "max_line_bytes", "64", "1073741824"),
            ("file: a\n    flush_after_ms: 1", "flush_after_ms", "100", "86400000"),
            ("file: a\n    poll: sometimes", "poll", "true"),
            ("docker: {name: x}", "name", "names"),
            ("docker: true", "docker", "map"),
            ("docker: {socket: ''}", "socket"),
            ("docker: {}\n    max_line_bytes: 1000", "max_line_bytes", "4096"),
            ("docker: {}\n    format: docker", "format"),
            ("docker: {}\n    rotated: x", "rotated"),
            ("journald: {unit: ssh}", "unit", "units"),
            ("journald: {matches: [ssh]}", "matches", "FIELD=value"),
            ("syslog: {listen: nowhere}", "listen", "nowhere"),
            ("syslog: {listen: ':99999'}", "listen", "99999"),
            ("syslog: {udp: false, tcp: false}", "udp", "tcp"),
            ("syslog: {max_message_bytes: 10}", "max_message_bytes", "480"),
            ("syslog: {}\n    from: end", "from"),
            ("http: {path: logs}", "path", "/"),
            ("http: {token: a, token_file: b}", "token", "token_file"),
            ("http: {token_file: nowhere}", "token_file", "nowhere"),
            ("http: {token: ''}", "token"),
            ("http: {max_body_bytes: 10}", "max_body_bytes", "1024"),
            ("stdin: false", "stdin"),
            ("file: a\n  - {file: a}", "name"),
            ("file: a\n    name: x\n  - {file: b, name: x}", "x", "name"),
            ("syslog: {}\n    name: x\n  - {syslog: {}, name: y}", "5514"),
        ):
            with self.subTest(source):
                self.check(source, *parts)


class StateTest(SourceTest):
    def test_a_running_daemons_folder_a_damaged_file_and_nothing(self):
        self.write("a.log", "out line 1\nout line 2\n")
        daemon = self.run_daemon("{file: a.log, name: s}").ready()
        self.await_exact(daemon, out=2)
        now = time.time()
        with open(self.folder / "a.log", "a") as out:
            out.write("out line 3\n")
        wait_for("a checkpoint", lambda: sample(self.page(daemon), "logmill_checkpoint_timestamp_seconds") > now)
        self.await_exact(daemon, out=3)
        for path in (self.folder / "state", self.folder / "state/checkpoint"):
            code, out, err = run("state", path)
            self.assertEqual((code, err), (0, ""))
            for part in ("a.log", "lines_total", "numbers_total"):
                self.assertIn(part, out)
        self.assertEqual(daemon.stop(), 0)
        code, out, err = run("state", self.folder / "state")
        self.assertRegex(out, r"numbers_total.*\b6\b")

        checkpoint = self.folder / "state/checkpoint"
        whole = checkpoint.read_bytes()
        for damaged in (whole[:-1], whole[:40], b"", whole[:50] + b"\xff" + whole[51:], b"\0" * len(whole)):
            path = self.write("damaged", damaged)
            code, out, err = run("state", path)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(str(path), err)
        empty = self.folder / "empty"
        empty.mkdir()
        for path in (empty, self.folder / "nowhere"):
            code, out, err = run("state", path)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(str(path), err)
        self.assertEqual(run("state")[0], 2)


if __name__ == "__main__":
    unittest.main()
