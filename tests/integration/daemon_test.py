"""`run`: follows logs, serves two ports, stays well under bad clients and bad files."""

import gzip
import json
import os
import socket
import threading
import unittest

from support import ROOT, TestCase, get, run, sample, samples, wait_for

RULES = """
rules:
  - name: records
    group: api
    when: {format: json}
    metrics: [{counter: records_total, help: h, labels: {level: $level}}]
  - name: jobs
    group: job
    when: {message: '^job (?P<job>\\w+)'}
    metrics: [{counter: jobs_total, help: h, labels: {job: $job}}]
"""


def line(level="log", message="m"):
    return json.dumps({"level": level, "pid": 1, "timestamp": 1795338275310, "message": message}) + "\n"


class DaemonTest(TestCase):
    def setUp(self):
        super().setUp()
        self.write("rules.yaml", RULES)
        self.log = self.write("a.log", line() * 3)
        self.source = "logs"

    def follow(self, telemetry="telemetry: {include: all}\n", source="{file: '*.log', name: logs}", **environment):
        return self.start(telemetry + f"rules: [rules.yaml]\nsources: [{source}]\n", environment)

    def append(self, text, name="a.log"):
        with open(self.folder / name, "a") as out:
            out.write(text)

    def test_counts_what_is_there_and_what_comes(self):
        daemon = self.follow().ready()
        self.assertEqual(sample(daemon.metrics(), "records_total", level="log"), 3)
        self.append(line("warn") + line("warn"))
        daemon.wait_for_sample(2, "records_total", level="warn")
        self.append('{"level":"wa')
        self.append('rn","message":"in two halves"}\n')
        daemon.wait_for_sample(3, "records_total", level="warn")
        self.append("not json\n{\"broken\n")
        daemon.wait_for_sample(1, "logmill_records_total", source=self.source, format="text")
        daemon.wait_for_sample(1, "logmill_records_rejected_total", source=self.source, reason="truncated")
        text = daemon.metrics()
        self.assertEqual(sample(text, "logmill_lines_total", source=self.source), 8)
        self.assertEqual(sample(text, "logmill_bytes_read_total", source=self.source), os.path.getsize(self.log))
        self.assertEqual(daemon.stop(), 0)

    def test_a_writer_that_never_rests_does_not_keep_it_from_being_ready(self):
        stop = threading.Event()
        block = line() * 2000

        def write():
            with open(self.log, "a") as out:
                while not stop.is_set() and out.tell() < 1 << 30:
                    out.write(block)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            self.follow().ready()
        finally:
            stop.set()
            writer.join()

    def test_two_ports_by_group(self):
        self.append(line(message="job Ocr"))
        daemon = self.follow().ready()
        api, jobs = daemon.metrics(), daemon.metrics(daemon.microservices)
        self.assertEqual(sample(api, "records_total", level="log"), 4)
        self.assertEqual(sample(jobs, "jobs_total", job="Ocr"), 1)
        self.assertNotIn("jobs_total", [name for name, _ in samples(api)])
        self.assertNotIn("records_total", [name for name, _ in samples(jobs)])
        self.assertIn("process_resident_memory_bytes", api)
        self.assertNotIn("process_resident_memory_bytes", jobs, "our own metrics stand on one port")

    def test_telemetry_is_opt_in(self):
        daemon = self.follow(telemetry="")
        wait_for("it says so", lambda: daemon.alive() and "IMMICH_TELEMETRY_INCLUDE=all" in daemon.output())
        for port in (daemon.api, daemon.microservices):
            with self.assertRaises(OSError):
                socket.create_connection(("127.0.0.1", port), 1)

    def test_only_the_port_of_an_included_group_is_open(self):
        daemon = self.follow(telemetry="", IMMICH_TELEMETRY_INCLUDE=" job ,")
        daemon.ready(daemon.microservices)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", daemon.api), 1)
        self.assertIn("logmill_build_info", daemon.metrics(daemon.microservices))

    def test_the_environment_goes_over_the_file(self):
        daemon = self.follow(IMMICH_TELEMETRY_EXCLUDE="job").ready()
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", daemon.microservices), 1)
        self.assertEqual(sample(daemon.metrics(), "records_total", level="log"), 3)

    def test_bad_configuration_never_starts(self):
        config = self.write("bad.yaml", "telemtry: {include: all}\nlisten: {api: nowhere}\nrules: [gone.yaml]\nsources: [{fil: x}]\n")
        code, out, err = run("run", "--config", config, environment={"IMMICH_TELEMETRY_INCLUDE": "api,nonsense", "IMMICH_API_METRICS_PORT": "x"})
        self.assertEqual((code, out), (1, ""))
        for part in (f"{config}:1:1", "telemetry", f"{config}:2:", f"{config}:4:", "gone.yaml", "IMMICH_TELEMETRY_INCLUDE", '"nonsense"',
                     "IMMICH_API_METRICS_PORT"):
            self.assertIn(part, err)

    def test_a_port_that_is_taken_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            config = self.write("c.yaml", f"telemetry: {{include: all}}\nlisten: {{api: '127.0.0.1:{port}'}}\nrules: [rules.yaml]\n")
            code, _, err = run("run", "--config", config, environment={"IMMICH_LOG_FORMAT": "json"})
        self.assertEqual(code, 1)
        self.assertIn(f"127.0.0.1:{port}", err)
        self.assertIn("in use", err)

    def test_a_source_without_a_name_is_called_by_its_path(self):
        daemon = self.follow(source="{file: '*.log'}").ready()
        self.assertEqual(sample(daemon.metrics(), "logmill_source_files", source=f"{self.folder}/*.log"), 1)

    def test_a_file_of_two_sources_is_read_by_the_first_and_the_log_says_so_once(self):
        daemon = self.follow(source="{file: a.log, name: one}, {file: '*.log', name: all}").ready()
        self.append(line(), "b.log")
        daemon.wait_for_sample(1, "logmill_lines_total", source="all")
        self.append(line())
        daemon.wait_for_sample(4, "logmill_lines_total", source="one")
        said = [text for text in daemon.output().splitlines() if "is read by the source one already; all gets nothing of it" in text]
        self.assertEqual(len(said), 1, daemon.output())
        self.assertIn("a.log", said[0])

    def test_two_sources_with_the_same_pattern_never_start(self):
        self.write("two.yaml", "sources:\n  - {file: '*.log', name: one}\n  - {file: '*.log', name: other}\n")
        for command in (("check", self.folder / "two.yaml"), ("run", "--config", self.folder / "two.yaml")):
            code, out, err = run(*command)
            self.assertNotEqual(code, 0)
            self.assertIn("two.yaml:3:5: sources[1]: the source \"one\" reads the same files already", out + err)

    def test_from_end_skips_what_is_there(self):
        daemon = self.follow(source="{file: a.log, from: end}").ready()
        self.append(line())
        daemon.wait_for_sample(1, "records_total", level="log")

    def test_new_files_are_found(self):
        daemon = self.follow().ready()
        self.write("b.log", line("error"))
        daemon.wait_for_sample(1, "records_total", level="error")

    def test_rotation_by_rename(self):
        daemon = self.follow(source="{file: a.log, name: logs}").ready()
        for turn in range(5):
            self.append(line("warn") * 10)
            os.rename(self.log, self.folder / f"a.log.{turn}")
            # The writer still has the old file, as programs do until they are told.
            with open(self.folder / f"a.log.{turn}", "a") as old:
                old.write(line("warn"))
            self.write("a.log", line("warn"))
            daemon.wait_for_sample(12 * (turn + 1), "records_total", level="warn")
        self.assertEqual(sample(daemon.metrics(), "logmill_source_rotations_total", source=self.source), 5)

    def test_what_a_slow_writer_still_writes_to_the_rotated_file_counts(self):
        daemon = self.follow(source="{file: a.log}").ready()
        with open(self.log, "a") as old:
            os.rename(self.log, self.folder / "a.log.1")
            self.write("a.log", line("warn"))
            daemon.wait_for_sample(1, "records_total", level="warn")
            old.write(line("warn")[:20])
            old.flush()
            self.append(line("warn"))
            daemon.wait_for_sample(2, "records_total", level="warn")
            old.write(line("warn")[20:] + line("warn"))
        daemon.wait_for_sample(4, "records_total", level="warn")

    def test_files_that_begin_alike_are_different_files(self):
        banner = "Initializing Immich \nDetected CPU Cores: 2\nStarting api worker\n"
        daemon = self.follow(source="{file: a.log, name: logs}").ready()
        for turn in range(1, 7):
            os.rename(self.log, self.folder / "old")
            self.write("a.log", banner)
            daemon.wait_for_sample(3 * turn, "logmill_records_total", source="logs", format="text")
            os.remove(self.folder / "old")

    def test_deleted_files_are_let_go(self):
        daemon = self.follow(source="{file: '*.log', name: logs}").ready()
        for i in range(50):
            self.write(f"x{i}.log", line())
        daemon.wait_for_sample(53, "records_total", level="log")
        for i in range(50):
            os.remove(self.folder / f"x{i}.log")
        daemon.wait_for_sample(1, "logmill_source_files", source="logs")
        held = [os.readlink(f"/proc/{daemon.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{daemon.process.pid}/fd")]
        self.assertEqual([path for path in held if "(deleted)" in path], [])

    def test_more_files_than_may_be_open_leave_the_endpoint_alone(self):
        for i in range(300):
            self.write(f"x{i}.log", line())
        daemon = self.start("telemetry: {include: all}\nrules: [rules.yaml]\nsources: [{file: '*.log', name: logs}]\n", files=256).ready()
        self.assertEqual(sample(daemon.metrics(), "logmill_source_files", source="logs"), 128)
        self.assertEqual(daemon.output().count("raise the limit of open files"), 1)

    def test_a_rotated_file_that_the_pattern_matches_too_counts_once(self):
        daemon = self.follow(source="{file: 'a.log*', name: logs}").ready()
        for turn in range(3):
            os.rename(self.log, self.folder / f"a.log.{turn}")
            with open(self.folder / f"a.log.{turn}", "a") as old:
                old.write(line("warn"))
            self.write("a.log", line("warn"))
            daemon.wait_for_sample(2 * (turn + 1), "records_total", level="warn")
        self.assertEqual(sample(daemon.metrics(), "records_total", level="log"), 3)

    def test_truncation(self):
        daemon = self.follow(source="{file: a.log, name: logs}").ready()
        os.truncate(self.log, 0)
        daemon.wait_for_sample(1, "logmill_source_truncations_total", source=self.source)
        self.append(line("fatal"))
        daemon.wait_for_sample(1, "records_total", level="fatal")

    def test_two_workers_count_as_one(self):
        for i in range(20):
            self.write(f"w{i}.log", line() * 5)
        daemon = self.start("telemetry: {include: all}\nworkers: 2\nrules: [rules.yaml]\nsources: [{file: '*.log'}]\n").ready()
        self.assertEqual(sample(daemon.metrics(), "records_total", level="log"), 103)

    def test_pages_and_negotiation(self):
        daemon = self.follow().ready()
        status, headers, body = get(daemon.api)
        self.assertEqual((status, headers["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        status, headers, body = get(daemon.api, headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
        self.assertEqual(headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertTrue(body.endswith(b"# EOF\n"))
        status, headers, body = get(daemon.api, headers={"Accept-Encoding": "gzip"})
        self.assertEqual(headers["content-encoding"], "gzip")
        self.assertIn(b"records_total", gzip.decompress(body))
        self.assertNotIn("content-encoding", get(daemon.api, headers={"Accept-Encoding": "gzip;q=0"})[1])
        status, headers, body = get(daemon.api, method="HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertGreater(int(headers["content-length"]), 1000)
        self.assertEqual(get(daemon.api, "/-/healthy")[0], 200)
        self.assertEqual(get(daemon.api, "/-/ready")[0], 200)
        self.assertIn(b"/metrics", get(daemon.api, "/")[2])
        self.assertEqual(get(daemon.api, "/metrics/foo")[0], 404)

    def test_a_thousand_bad_clients_do_not_delay_a_scrape(self):
        daemon = self.follow().ready()
        clients = []
        for i in range(999):
            client = socket.create_connection(("127.0.0.1", daemon.api))
            client.setblocking(False)
            if i % 3 == 1:
                client.send(b"GET /metrics HTT")
            if i % 3 == 2:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
            clients.append(client)
        before = sample(daemon.metrics(), "process_resident_memory_bytes")
        self.append(line("warn"))
        daemon.wait_for_sample(1, "records_total", level="warn")
        for _ in range(20):
            self.assertEqual(get(daemon.api)[0], 200)
        self.assertLess(sample(daemon.metrics(), "process_resident_memory_bytes"), before + (64 << 20))
        for client in clients:
            client.close()

    def test_its_own_log_is_in_the_format_it_reads(self):
        daemon = self.follow(IMMICH_LOG_FORMAT="json").ready()
        self.assertEqual(daemon.stop(), 0)
        lines = daemon.output().splitlines()
        self.assertGreater(len(lines), 2)
        for entry in lines:
            self.assertEqual(list(json.loads(entry))[:4], ["level", "pid", "timestamp", "message"])

    def test_the_gallery_demo_moves_the_numbers(self):
        self.write("rules.yaml", (ROOT / "rules/packs/gallery.yaml").read_text())
        daemon = self.follow().ready()
        seen = sample(daemon.metrics(), "logmill_lines_total", source=self.source)
        self.append(line() * 4)
        daemon.wait_for_sample(seen + 4, "logmill_lines_total", source=self.source)


if __name__ == "__main__":
    unittest.main()
