"""`replay`: right numbers from real logs, whatever the number of threads and however the log is packed."""

import gzip
import json
import os
import random
import re
import unittest
import zlib

from support import ROOT, TestCase, run, sample, samples

PACK = ROOT / "rules/packs/gallery.yaml"
GALLERY_LOG = ROOT / "tests/data/packs/gallery.log"
SAMPLES = ROOT.parent / "shared/samples"


def line(context="A", message="m", level="log", **more):
    return json.dumps({"level": level, "pid": 1, "timestamp": 1795338275310, "message": message, "context": context, **more})


def replay(*arguments, stdin=""):
    code, out, err = run("replay", *arguments, stdin=stdin)
    return code, out, err


class GalleryTest(TestCase):
    def test_the_pack_counts_what_an_independent_count_found(self):
        code, out, err = replay("--rules", PACK, GALLERY_LOG)
        self.assertEqual(code, 0, err)
        found = samples(out)
        expected = samples((ROOT / "tests/data/packs/gallery.expected").read_text())
        self.assertGreater(len(expected), 100)
        for key, value in expected.items():
            self.assertEqual(found.get(key), value, key)

    def test_the_base_counter_counts_every_json_record_once(self):
        levels = {}
        text = 0
        for raw in GALLERY_LOG.read_bytes().splitlines():
            if raw.startswith(b'{"level"'):
                level = json.loads(raw)["level"]
                levels[level] = levels.get(level, 0) + 1
            else:
                text += 1
        _, out, err = replay("--rules", PACK, GALLERY_LOG)
        counted = {}
        for (name, labels), value in samples(out).items():
            if name == "immich_log_messages_total":
                counted[dict(labels)["level"]] = counted.get(dict(labels)["level"], 0) + value
        self.assertEqual(counted, levels)
        self.assertIn(f"{sum(levels.values())} json, {text} text, 0 rejected", err)

    @unittest.skipUnless(SAMPLES.exists(), "only where the captures of a real server are")
    def test_the_captures_of_a_real_server(self):
        truth = json.loads((SAMPLES / "truth.json").read_text())["files"]
        for name, facts in truth.items():
            if "json_lines" not in facts:
                continue
            _, out, err = replay("--rules", PACK, SAMPLES / name)
            levels = {}
            for (metric, labels), value in samples(out).items():
                if metric == "immich_log_messages_total":
                    levels[dict(labels)["level"]] = levels.get(dict(labels)["level"], 0) + value
            self.assertEqual(levels, facts["json_levels"], name)
            self.assertIn(f"{facts['json_lines']} json, {facts['other_lines']} text, 0 rejected", err, name)


class HostileTest(TestCase):
    """A bad line costs that line at most."""

    def count(self, lines, *options):
        log = self.write("hostile.log", b"\n".join(lines) + b"\n")
        code, out, err = replay("--rules", PACK, *options, log)
        self.assertEqual(code, 0, err)
        return sample(out, "immich_log_messages_total", level="log", context="A"), err

    def test_neighbours_are_not_disturbed(self):
        good = line().encode()
        bad = {
            b'{"level":"log","message":"\xff"}': "invalid_utf8",
            b'{"level":' * 100_000: None,
            b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}": "too_deep",
            b'{"level":"log","message":"a\x00b"}': "syntax",
            b'{"level":"log","message":"cut': "truncated",
            b'{"level":"log",}': "syntax",
        }
        for raw, reason in bad.items():
            counted, err = self.count([good, raw, good, raw, good])
            self.assertEqual(counted, 3, raw[:40])
            self.assertIn("2 rejected", err)
            if reason:
                self.assertIn(f"2 rejected: {reason}", err)

    def test_text_of_any_bytes_is_text(self):
        good = line().encode()
        counted, err = self.count([good, b"\xff\xfe\x00 binary", b"", b"{ code: 'x' }", b"null,", b"[1]", good])
        self.assertEqual(counted, 2)
        self.assertIn("2 json, 5 text, 0 rejected", err)

    def test_a_line_without_end_costs_that_line(self):
        good = line().encode()
        counted, err = self.count([good, b"x" * (64 << 20), good, b'{"level":"log","message":"' + b"y" * (3 << 20) + b'"}', good])
        self.assertEqual(counted, 3)
        self.assertIn("3 json, 1 text, 1 rejected: too_long, 2 cut", err)

    def test_lone_surrogates_and_huge_numbers_are_json(self):
        raw = [b'{"level":"log","context":"A","message":"\\ud800"}', b'{"level":"log","context":"A","message":100000000000000000000}',
               b'{"level":"log","context":"A","message":{"n":1e400}}']
        counted, err = self.count(raw)
        self.assertEqual(counted, 3)
        self.assertIn("3 json, 0 text, 0 rejected", err)

    def test_half_a_character_in_a_label_does_not_break_the_page(self):
        rules = self.write("rules.yaml", "rules: [{name: r, when: {message: '^(?P<w>\\C+)$'}, metrics: [{counter: r_total, help: h, labels: {w: $w}}]}]")
        code, out, err = replay("--rules", rules, "-", stdin=b"caf\xc3\n")
        self.assertEqual(code, 0, err)
        self.assertIn('r_total{w="caf\ufffd"} 1', out)


class ThreadsTest(TestCase):
    def log(self, count, words):
        random.seed(5)
        with open(self.folder / "big.log", "wb") as out:
            for i in range(count):
                if i % 50 == 0:
                    out.write(b"plain text\n")
                message = f"GET /api/assets/{i} {random.choice((200, 404))} {random.randrange(100000) / 100}ms 127.0.0.1"
                out.write((line(f"C{random.randrange(words)}", message) + ("\r\n" if i % 7 == 0 else "\n")).encode())
            out.write(line("last", "no newline at the end").encode())
        return self.folder / "big.log"

    RULES = """
rules:
  - name: all
    when: {format: json}
    max_series: %d
    metrics: [{counter: all_total, help: h, labels: {context: $context}}]
  - name: http
    when: {message: '^GET (?P<url>\\S+) (?P<status>\\d+) (?P<ms>[\\d.]+)ms'}
    metrics:
      - {histogram: ms, help: h, value: $ms, buckets: latency_ms, labels: {status: $status}}
      - {gauge: last_ms, help: h, value: $ms}
"""

    def same_for_any_number_of_threads(self, words, max_series):
        log = self.log(300_000, words)
        self.assertGreater(os.path.getsize(log), 33 << 20, "several parts")
        rules = self.write("rules.yaml", self.RULES % max_series)
        results = {threads: replay("--rules", rules, "--threads", threads, log) for threads in (1, 2, 5)}
        self.assertEqual(results[1][0], 0, results[1][2])
        self.assertEqual(sum(v for (n, _), v in samples(results[1][1]).items() if n == "all_total"), 300_001)
        for threads in (2, 5):
            self.assertEqual(results[threads][1], results[1][1], f"{threads} threads")
            self.assertEqual(results[threads][2], results[1][2], f"{threads} threads")

    def test_same_result(self):
        self.same_for_any_number_of_threads(words=300, max_series=1000)

    def test_same_result_when_a_budget_overflows(self):
        self.same_for_any_number_of_threads(words=5000, max_series=700)


class EndlessLineTest(TestCase):
    def test_parts_of_an_endless_line_are_read_once(self):
        with open(self.folder / "zeros.log", "wb") as out:
            out.truncate(2 << 30)
            out.seek(0, os.SEEK_END)
            out.write(b"\nlast\n")
        rules = self.write("rules.yaml", "rules: [{name: r, metrics: [{counter: r_total, help: h}]}]")
        code, out, err = replay("--rules", rules, "--threads", 8, self.folder / "zeros.log")
        self.assertEqual((code, sample(out, "r_total")), (0, 2), err)
        self.assertIn(f"2 lines ({(2 << 30) + 6} bytes)", err)


class InputTest(TestCase):
    def setUp(self):
        super().setUp()
        self.rules = self.write("rules.yaml", "rules: [{name: r, metrics: [{counter: r_total, help: h}]}]")

    def test_files_gzip_and_stdin_together(self):
        plain = self.write("a.log", "1\n2\n3")
        packed = self.write("b.log.gz", gzip.compress(b"4\n5\n") + gzip.compress(b"6\n"))
        code, out, err = replay("--rules", self.rules, plain, packed, "-", stdin="7\n8\n")
        self.assertEqual((code, sample(out, "r_total")), (0, 8), err)

    def test_stdin_is_the_default_and_may_be_gzip(self):
        for data in (b"1\n2", gzip.compress(b"1\n2")):
            code, out, err = replay("--rules", self.rules, stdin=data)
            self.assertEqual((code, sample(out, "r_total")), (0, 2), err)

    def test_damaged_gzip_is_reported_and_the_rest_counted(self):
        packed = gzip.compress(b"".join(b"%d\n" % i for i in range(100_000)))
        code, out, err = replay("--rules", self.rules, self.write("cut.gz", packed[: len(packed) // 2]))
        self.assertEqual(code, 1)
        self.assertIn("cut.gz", err)
        readable = zlib.decompressobj(wbits=31).decompress(packed[: len(packed) // 2])
        self.assertFalse(readable.endswith(b"\n"), "the last line is cut, and counts too")
        self.assertEqual(sample(out, "r_total"), readable.count(b"\n") + 1)

    def test_openmetrics(self):
        code, out, _ = replay("--rules", self.rules, "--openmetrics", stdin="1\n")
        self.assertEqual(code, 0)
        self.assertTrue(out.endswith("# EOF\n"))
        self.assertIn("r_total 1", out)
        self.assertRegex(out, r"r_created \d+")

    def test_other_producers(self):
        rules = self.write("levels.yaml", "rules: [{name: r, when: {format: json}, metrics: [{counter: r_total, help: h, labels: {level: $level}}]}]")
        lines = {"pino": '{"level":40,"time":1,"msg":"x"}', "zap": '{"level":"warn","ts":1.5,"msg":"x"}',
                 "slog": '{"time":"2026-11-22T09:24:30Z","level":"WARN","msg":"x"}',
                 "bunyan": '{"name":"a","level":40,"time":"2026-11-22T09:24:30Z","msg":"x","v":0}',
                 "ecs": '{"@timestamp":"2026-11-22T09:24:30Z","log.level":"warn","message":"x"}', "gallery": line(level="warn")}
        for preset, raw in lines.items():
            _, out, _ = replay("--rules", rules, "--keys", preset, stdin=raw + "\n")
            self.assertEqual(sample(out, "r_total", level="warn"), 1, preset)

    def test_output_is_the_same_every_time(self):
        runs = {replay("--rules", PACK, GALLERY_LOG)[1] for _ in range(3)}
        self.assertEqual(len(runs), 1)
        names = re.findall(r"^# TYPE (\S+)", runs.pop(), re.MULTILINE)
        self.assertEqual(names, sorted(names))


if __name__ == "__main__":
    unittest.main()
