"""Lives of the daemon on one state folder: what survives them, what the disk can do to it, and when it answers."""

import contextlib
import http.client
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

from numbered_log import RULES, NumberedLog, counts, expect_exact
from support import LOGMILL, TestCase, clean_environment, free_port, get, run, sample, samples, wait_for

CONFIG = """
telemetry: {include: all}
state: state
checkpoint_interval_ms: %d
rules: [rules.yaml]
sources: [{file: app.log, name: logs}]
"""
OTHER_RULE = """
  - name: other
    when: {format: json, message: {is: line}}
    metrics: [{counter: other_total, help: h, labels: {level: '%s'}}]
"""
OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0"}


class RestartTest(TestCase):
    def setUp(self):
        super().setUp()
        self.write("rules.yaml", RULES)
        self.log = NumberedLog(self.folder / "app.log")
        self.addCleanup(self.log.close)
        self.log.write(100)
        self.state = self.folder / "state"

    def run_daemon(self, interval_ms=50, **more):
        return self.start(CONFIG % interval_ms, **more).ready()

    def checkpoints(self, daemon, result="ok"):
        return sample(daemon.metrics(), "logmill_checkpoints_total", result=result) or 0

    def wait_for_checkpoint(self, daemon):
        """One that holds everything up to now."""
        now = time.time()
        wait_for("another checkpoint", lambda: sample(daemon.metrics(), "logmill_checkpoint_timestamp_seconds") > now)

    def created(self, daemon):
        page = get(daemon.api, headers=OPENMETRICS)[2].decode()
        return {series: value for series, value in samples(page).items() if series[0].endswith("_created") and not series[0].startswith("logmill_")}

    # --- What survives ---

    def test_counters_gauges_histograms_and_their_creation(self):
        daemon = self.run_daemon()
        before, created = samples(daemon.metrics()), self.created(daemon)
        self.assertGreaterEqual(len(created), 3)
        for end in ("stop", "kill", "stop"):
            if end == "kill":
                self.wait_for_checkpoint(daemon)
            getattr(daemon, end)()
            daemon = self.run_daemon()
            page = samples(daemon.metrics())
            for series, value in before.items():
                if not series[0].startswith(("logmill_", "process_", "system_")) or ("source" in dict(series[1]) and series[0].endswith("_total")):
                    self.assertEqual(page.get(series), value, series)
            self.assertEqual(self.created(daemon), created)
        self.assertEqual(sample(daemon.metrics(), "last_number", log="app"), 100)
        expect_exact(self, daemon, self.log)

    def test_killed_again_and_again(self):
        rng, seen = random.Random(3), 0
        for _ in range(25):
            daemon = self.start(CONFIG % rng.choice((10, 100, 5000)))
            self.log.write(rng.randint(0, 2000))
            if rng.random() < 0.6:
                daemon.ready()
                now = counts(daemon)[0]
                self.assertGreaterEqual(now, seen)
                seen = now
            daemon.kill()
        expect_exact(self, self.run_daemon(), self.log)

    def test_killed_by_sigterm_while_it_starts(self):
        self.log.write(100_000)
        for _ in range(10):
            daemon = self.start(CONFIG % 50)
            wait_for("it has begun", lambda daemon=daemon: "starts" in daemon.output())
            self.assertEqual(daemon.stop(), 0)
        expect_exact(self, self.run_daemon(), self.log)

    def test_a_changed_rule_starts_anew_and_the_others_go_on(self):
        self.write("rules.yaml", RULES + OTHER_RULE % "$level")
        daemon = self.run_daemon()
        self.assertEqual(sample(daemon.metrics(), "other_total", level="log"), 100)
        daemon.stop()
        self.write("rules.yaml", RULES + OTHER_RULE % "x$level")
        self.log.write(5)
        daemon = self.run_daemon()
        expect_exact(self, daemon, self.log)
        self.assertEqual(sample(daemon.metrics(), "other_total", level="xlog"), 6)
        self.assertIsNone(sample(daemon.metrics(), "other_total", level="log"))
        daemon.stop()
        self.write("rules.yaml", RULES)
        self.assertNotIn("other_total", self.run_daemon().metrics())

    def test_workers_come_and_go(self):
        for workers in (1, 4, 2, 1):
            daemon = self.start(CONFIG % 50 + f"workers: {workers}\n").ready()
            self.log.write(50)
            expect_exact(self, daemon, self.log)
            daemon.stop()

    def test_the_state_command_shows_it(self):
        self.run_daemon().stop()
        code, out, err = run("state", self.state)
        self.assertEqual((code, err), (0, ""))
        for part in ("app.log", "logs", "lines_total", str(self.log.bytes)):
            self.assertIn(part, out)
        code, out, err = run("state", self.folder / "nowhere")
        self.assertNotEqual(code, 0)
        self.assertIn("nowhere", err)

    # --- When it answers ---

    def test_503_with_a_reason_until_the_backlog_is_read(self):
        self.log.write(400_000)
        api, microservices = free_port(), free_port()
        path = self.write("poll.yaml", f"listen: {{api: '127.0.0.1:{api}', microservices: '127.0.0.1:{microservices}'}}\n" + CONFIG % 50)
        for turn in range(2):
            process = subprocess.Popen([LOGMILL, "run", "--config", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       stdin=subprocess.DEVNULL, env=clean_environment())
            try:
                answers = self.poll_until_ready(process, api)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
            self.assertIn(503, [status for status, _ in answers])
            for status, body in answers:
                if status == 503:
                    self.assertRegex(body, r"\w+ \w+")
            # The first page that is shown has everything.
            self.assertEqual(sample(answers[-1][1], "lines_total", log="app"), self.log.written)
            self.log.write(400_000)

    def poll_until_ready(self, process, port):
        answers = []

        def poll():
            self.assertIsNone(process.poll())
            with contextlib.suppress(OSError, http.client.HTTPException):
                ready = get(port, "/-/ready")[0]
                status, _, body = get(port)
                answers.append((status, body.decode()))
                self.assertFalse(ready == 200 and status != 200, "ready, but no page")
                return status == 200
        wait_for("it answers", poll)
        return answers

    def test_stdin_says_that_it_cannot_be_replayed(self):
        config = (CONFIG % 50).replace("sources: [", "sources: [{stdin: true, name: input}, ")
        daemon = self.start(config).ready()
        self.assertEqual(sample(daemon.metrics(), "logmill_source_replayable", source="input"), 0)
        self.assertEqual(sample(daemon.metrics(), "logmill_source_replayable", source="logs"), 1)

    # --- What the disk does ---

    def test_a_damaged_checkpoint_is_set_aside_and_the_previous_one_is_used(self):
        rng = random.Random(1)
        for turn, damage in enumerate((flip, cut, zeros, nothing, flip, garbage)):
            daemon = self.run_daemon()
            self.log.write(20)
            expect_exact(self, daemon, self.log)
            self.wait_for_checkpoint(daemon)
            daemon.kill()
            path = self.state / "checkpoint"
            path.write_bytes(damage(path.read_bytes(), rng))
            self.log.write(5)
            daemon = self.run_daemon()
            with self.subTest(turn=turn):
                expect_exact(self, daemon, self.log)
                self.assertEqual(sample(daemon.metrics(), "logmill_checkpoint_damaged_total"), 1)
                self.assertTrue(list(self.state.glob("checkpoint.damaged-*")))
            daemon.stop()

    def test_all_checkpoints_damaged_means_a_new_beginning(self):
        daemon = self.run_daemon()
        for _ in range(2):
            self.log.write(5)
            expect_exact(self, daemon, self.log)
            self.wait_for_checkpoint(daemon)
        daemon.kill()
        for path in self.state.glob("checkpoint*"):
            path.write_bytes(b"nonsense")
        (self.state / "checkpoint.tmp").write_bytes(b"more nonsense")
        daemon = self.run_daemon()
        expect_exact(self, daemon, self.log)
        self.assertEqual(sample(daemon.metrics(), "logmill_checkpoint_damaged_total"), 2)

    def test_only_the_previous_checkpoint_is_there(self):
        daemon = self.run_daemon()
        self.wait_for_checkpoint(daemon)
        daemon.kill()
        os.remove(self.state / "checkpoint")
        self.log.write(5)
        expect_exact(self, self.run_daemon(), self.log)

    def test_a_half_written_checkpoint_is_nothing(self):
        self.run_daemon().stop()
        whole = (self.state / "checkpoint").read_bytes()
        for size in (0, 1, len(whole) // 2, len(whole)):
            (self.state / "checkpoint.tmp").write_bytes(whole[:size])
            self.log.write(5)
            daemon = self.run_daemon()
            expect_exact(self, daemon, self.log)
            self.assertEqual(sample(daemon.metrics(), "logmill_checkpoint_damaged_total"), 0)
            daemon.stop()

    def test_a_checkpoint_that_cannot_be_written_does_not_stop_it(self):
        daemon = self.run_daemon()
        self.wait_for_checkpoint(daemon)
        limit = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (16, limit[1]))
        self.log.write(50)  # where nothing has changed nothing is written
        wait_for("it counts errors", lambda: self.checkpoints(daemon, "error") >= 7)
        expect_exact(self, daemon, self.log)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limit)
        self.wait_for_checkpoint(daemon)
        daemon.kill()
        self.log.write(5)
        expect_exact(self, self.run_daemon(), self.log)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("mount"), "a small file system takes root to mount")
    def test_a_full_disk(self):
        self.state.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", self.state], capture_output=True).returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.state], check=True)
        daemon = self.run_daemon()
        self.wait_for_checkpoint(daemon)
        with contextlib.suppress(OSError), open(self.state / "fill", "wb", buffering=0) as fill:
            while True:
                fill.write(b"x" * 4096)
        self.log.write(50)
        wait_for("it counts errors", lambda: self.checkpoints(daemon, "error") >= 7)
        self.assertEqual(daemon.output().count("No space left"), 1, "it says so once, not every time")
        expect_exact(self, daemon, self.log)
        daemon.kill()
        daemon = self.run_daemon()
        expect_exact(self, daemon, self.log)
        os.remove(self.state / "fill")
        self.wait_for_checkpoint(daemon)
        daemon.kill()
        expect_exact(self, self.run_daemon(), self.log)

    # --- What cannot start ---

    def refused(self, *parts, ordinary=False):
        daemon = self.start(CONFIG % 50, ordinary=ordinary)
        daemon.process.wait(60)
        self.assertEqual(daemon.process.returncode, 1, daemon.output())
        for part in parts:
            self.assertIn(str(part), daemon.output())

    def test_a_state_folder_that_cannot_be_written_keeps_it_from_starting(self):
        self.state.mkdir(mode=0o555)
        for path in (self.folder, *self.folder.iterdir()):
            if os.getuid() == 0:
                os.chown(path, 65534, 65534)
        self.refused(self.state, "ermission", ordinary=True)

    def test_a_file_in_the_place_of_the_state_folder(self):
        self.state.write_text("")
        self.refused(self.state)

    def test_two_daemons_on_one_folder(self):
        first = self.run_daemon()
        second = self.folder / "second"
        second.mkdir()
        config = (CONFIG % 50).replace("state: state", f"state: {self.state}").replace("[rules", f"[{self.folder}/rules").replace(
            "file: app", f"file: {self.folder}/app")
        path = second / "logmill.yaml"
        path.write_text(f"listen: {{api: '127.0.0.1:{free_port()}', microservices: '127.0.0.1:{free_port()}'}}\n" + config)
        code, _, err = run("run", "--config", path)
        self.assertEqual(code, 1)
        self.assertIn(str(self.state), err)
        expect_exact(self, first, self.log)
        first.kill()
        expect_exact(self, self.run_daemon(), self.log)

    # --- The ledger of replay ---

    def test_replay_prints_a_ledger_that_balances(self):
        self.log.write_raw('text\n{"broken\n')
        code, out, err = run("replay", "--ledger", "--rules", self.folder / "rules.yaml", self.folder / "app.log")
        self.assertEqual(code, 0, err)
        numbers = re.findall(r"\d+", out + err)
        for number in (self.log.bytes, self.log.written + 2):
            self.assertIn(str(number), numbers)


def flip(data, rng):
    data = bytearray(data)
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def cut(data, rng):
    return data[:rng.randrange(1, len(data))]


def zeros(data, rng):
    return b"\0" * len(data)


def nothing(data, rng):
    return b""


def garbage(data, rng):
    return bytes(rng.randrange(256) for _ in range(len(data) * 2))


if __name__ == "__main__":
    unittest.main()
