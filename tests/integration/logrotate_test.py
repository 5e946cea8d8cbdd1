"""The real logrotate, in each of its modes: with the daemon running, and with one or two rotations while it was down."""

import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from numbered_log import RULES, NumberedLog, expect_exact
from support import TestCase, need, sample, wait_for

CONFIG = """
telemetry: {{include: all}}
state: state
checkpoint_interval_ms: 50
rules: [rules.yaml]
sources: [{{file: '{pattern}', name: logs}}]
"""
DATES = ("-%Y%m%d", "-%Y%m%d-%H", "-%Y%m%d-%H%M", "-%Y%m%d-%H%M-%s")  # a name of its own for each rotation of one day

# The directives of a mode. Its writer opens its log anew after a rotation unless logrotate leaves it in place.
MODES = {
    "create": ["create 0644"],
    "nocreate": ["nocreate"],
    "copytruncate": ["copytruncate"],
    "copy": ["copy"],
    "compress": ["create", "compress"],
    "compress of a copy": ["copytruncate", "compress"],
    "delaycompress": ["create", "compress", "delaycompress"],
    "delaycompress of a copy": ["copytruncate", "compress", "delaycompress"],
    "dateext": ["create", "dateext"],
    "dateext of a copy": ["copytruncate", "dateext"],
    "dateext with compress": ["create", "dateext", "compress"],
    "olddir": ["create", "olddir old"],
    "olddir of a copy": ["copytruncate", "olddir old"],
    "olddir with compress": ["create", "olddir old", "compress"],
    "extension": ["create", "extension .log"],
    "compress by another program": ["create", "compress", "compresscmd /bin/gzip", "compressext .gz", "compressoptions -1"],
}
IN_PLACE = {mode for mode, directives in MODES.items() if {"copy", "copytruncate"} & set(directives)}


class LogrotateTest(TestCase):
    def setUp(self):
        super().setUp()
        need("logrotate")
        self.rotations = 0

    def begin(self, pattern="app.log"):
        """A folder of its own with 100 lines."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="logmill-logrotate-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "logs" / "old").mkdir(parents=True)
        self.write("rules.yaml", RULES)
        self.rotations = 0
        self.pattern = f"logs/{pattern}"
        self.log = NumberedLog(self.folder / "logs/app.log")
        self.addCleanup(self.log.close)
        self.log.write(100)

    def run_daemon(self):
        return self.start(CONFIG.format(pattern=self.pattern)).ready()

    def rotate(self, directives, rotate=10, force=True):
        date = ["nodateext"] if "dateext" not in directives else [f"dateformat {DATES[self.rotations]}"]
        self.rotations += 1
        config = self.write("logrotate.conf", "\n  ".join([f"{self.folder}/logs/app.log {{", f"rotate {rotate}", *date, *directives]) + "\n}\n")
        config.chmod(0o644)
        command = ["logrotate", *(["-f"] if force else []), "-s", self.folder / "logrotate.state", config]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), directives)

    def each_mode(self, story):
        """Tells a story of every mode with two patterns: one finds the log alone, the other its rotated files too."""
        for mode, directives in MODES.items():
            for pattern in ("app.log", "app.log*"):
                with self.subTest(mode=mode, pattern=pattern):
                    self.begin(pattern)
                    story(mode, directives)

    def turn(self, mode, directives, late=20):
        """A rotation; the writer notices late."""
        self.rotate(directives)
        if "compress" not in directives or "delaycompress" in directives:
            self.log.write(late)
        if mode not in IN_PLACE:
            self.log.reopen()

    def test_while_running(self):
        def story(mode, directives):
            daemon = self.run_daemon()
            for count in (50, 1, 80):
                self.log.write(count)
                self.turn(mode, directives)
                self.log.write(30)
            expect_exact(self, daemon, self.log)
            daemon.stop()

        self.each_mode(story)

    def test_one_rotation_while_down(self):
        def story(mode, directives):
            for end in ("stop", "kill"):
                getattr(self.run_daemon(), end)()
                self.log.write(50)
                self.turn(mode, directives)
                self.log.write(30)
                daemon = self.run_daemon()
                expect_exact(self, daemon, self.log)
                daemon.stop()

        self.each_mode(story)

    def test_two_rotations_while_down(self):
        def story(mode, directives):
            self.run_daemon().stop()
            self.log.write(50)
            self.turn(mode, directives)
            self.log.write(40)
            self.turn(mode, directives)
            self.log.write(30)
            daemon = self.run_daemon()
            expect_exact(self, daemon, self.log)
            daemon.stop()
            daemon = self.run_daemon()
            expect_exact(self, daemon, self.log)
            daemon.stop()

        self.each_mode(story)

    def test_rotated_and_nothing_came_after(self):
        def story(mode, directives):
            self.run_daemon().stop()
            self.log.write(50)
            self.turn(mode, directives, late=0)
            daemon = self.run_daemon()
            expect_exact(self, daemon, self.log)
            daemon.stop()

        self.each_mode(story)

    def test_what_logrotate_deleted_is_gone_and_nothing_else(self):
        self.begin()
        self.run_daemon().stop()
        gone = range(self.log.written + 1, self.log.written + 8)  # nobody has seen them, so nobody can know that they are lost
        self.log.write(len(gone))
        for _ in range(2):
            self.rotate(["create"], rotate=1)
            self.log.reopen()
            self.log.write(5)
        daemon = self.run_daemon()
        expect_exact(self, daemon, self.log, lost_lines=len(gone), lost_numbers=sum(gone))
        self.assertEqual(sample(daemon.metrics(), "logmill_source_lost_bytes_total", source="logs"), 0)

    def test_by_size(self):
        self.begin()
        daemon = self.run_daemon()
        for _ in range(3):
            self.log.write(100)
            self.rotate(["create", "daily", "maxsize 1k"], force=False)
            self.log.reopen()
        self.assertEqual(len(list(self.folder.glob("logs/app.log.*"))), 3)
        expect_exact(self, daemon, self.log)

    def test_a_postrotate_script_tells_the_writer(self):
        self.begin()
        self.log.close()
        daemon = self.run_daemon()
        writer = subprocess.Popen([sys.executable, "-c", WRITER, self.log.path, str(self.log.written)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(writer.stdout.close)
        try:
            wait_for("it writes", lambda: writer.stdout.readline() == "writing\n")
            for turn in range(1, 4):
                self.rotate(["create", "sharedscripts", "postrotate", f"kill -USR1 {writer.pid}", "endscript"])
                self.assertEqual(writer.stdout.readline(), f"reopened {turn}\n")
        finally:
            writer.send_signal(signal.SIGTERM)
            last = int(writer.communicate(timeout=60)[0])
        self.log.reopen()
        self.log.take(self.log.written + 1, last - self.log.written)
        expect_exact(self, daemon, self.log)


WRITER = """
import signal, sys
path, n = sys.argv[1], int(sys.argv[2])
out, turns, stop = open(path, "ab", buffering=0), 0, False
def reopen(*_):
    global out, turns
    out.close()
    out = open(path, "ab", buffering=0)
    turns += 1
    print("reopened", turns, flush=True)
def end(*_):
    global stop
    stop = True
signals = {signal.SIGUSR1: reopen, signal.SIGTERM: end}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print("writing", flush=True)
while not stop:
    n += 1
    out.write(b'{"level":"log","message":"line","context":"app","n":%d}\\n' % n)
    if got := signal.sigtimedwait(signals, 0.0005):
        signals[got.si_signo]()
print(n, flush=True)
"""


if __name__ == "__main__":
    unittest.main()
