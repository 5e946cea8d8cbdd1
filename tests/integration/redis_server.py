"""A real redis-server of its own for tests, and jobs in it as BullMQ (version 5) puts them there."""

import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from support import PATIENCE_S, free_port, need, wait_for

PREFIX = "immich_bull"
NOBODY_KNOWS = "until it is ready"


class RedisServer:
    """On a free port of 127.0.0.1 and a Unix socket, in a temporary folder; keeps nothing over a restart.

    Made and started by the main thread: it does not outlive the thread that starts it."""

    def __init__(self, password):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="logmill-redis-"))
        self.port = free_port()
        self.socket = self.folder / "s"
        self.password = password
        self.start()

    def start(self, prepare=lambda: None):
        """prepare() has run before the password is any good to others."""
        options = {"bind": "127.0.0.1", "port": self.port, "unixsocket": self.socket, "dir": self.folder, "save": "", "logfile": "log",
                   "requirepass": NOBODY_KNOWS}
        command = ["setpriv", "--pdeathsig", "KILL", need("redis-server")]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        nothing = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing)
        self._connection = wait_for("Redis takes connections", self._connect)
        self._answers = self._connection.makefile("rb")
        self.ask("AUTH", NOBODY_KNOWS)
        prepare()
        self.ask("CONFIG", "SET", "requirepass", self.password)

    def kill(self):
        if self.process.poll() is not None:
            return
        self.process.kill()
        self.process.wait()
        self._answers.close()
        self._connection.close()

    def freeze(self):
        """Connections stand, nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, *words):
        """The answer to a command, over a connection that stays: a string, a number, None, or a list of them."""
        words = [str(word).encode() for word in words]
        self._connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self._answer()

    def connections(self):
        """How often somebody else has connected."""
        statistics = dict(line.split(":") for line in self.ask("INFO", "stats").splitlines() if ":" in line)
        return int(statistics["total_connections_received"]) - 1

    def disconnect_others(self):
        self.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    def push(self, queue, key, job, created_ms):
        """The newest job of a list (wait, paused, active) is at its head."""
        self._add_job(queue, job, created_ms)
        self.ask("LPUSH", f"{PREFIX}:{queue}:{key}", job)

    def add(self, queue, key, job, score, created_ms):
        """The score of a delayed job is the time in ms at which it is due, times 4096; of a failed one the time in ms."""
        self._add_job(queue, job, created_ms)
        self.ask("ZADD", f"{PREFIX}:{queue}:{key}", score, job)

    def make_queue(self, queue, **fields):
        words = {"opts.maxLenEvents": 10000, "version": "bullmq:5.70.4", **fields}
        self.ask("HSET", f"{PREFIX}:{queue}:meta", *[word for pair in words.items() for word in pair])

    def _add_job(self, queue, job, created_ms):
        data = '{"path":"/photos/holiday.jpg"}'
        self.ask("HSET", f"{PREFIX}:{queue}:{job}", "name", "Job", "data", data, "timestamp", int(created_ms), "delay", 0)

    def _connect(self):
        if self.process.poll() is not None:
            raise AssertionError("Redis does not start")
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_S)
        try:
            connection.connect(str(self.socket))
        except OSError:
            connection.close()
            return None
        return connection

    def _answer(self):
        kind, value = (line := self._answers.readline())[:1], line[1:-2].decode()
        if kind == b"-":
            raise AssertionError(value)
        if kind == b"+":
            return value
        if kind == b":":
            return int(value)
        if kind == b"$":
            return None if value == "-1" else self._answers.read(int(value) + 2)[:-2].decode()
        return [self._answer() for _ in range(int(value))]
