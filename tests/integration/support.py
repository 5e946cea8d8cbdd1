"""What the integration tests share: the program, temporary folders, a running daemon, HTTP."""

import contextlib
import functools
import http.client
import itertools
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGMILL = os.environ.get("LOGMILL", str(ROOT / "build/release/logmill"))
PATIENCE_S = float(os.environ.get("LOGMILL_PATIENCE_S", 60))  # until something that must happen has failed to
# From which port on the kernel gives them to connections; below, a free one stays free until a server takes it.
FIRST_OF_CONNECTIONS = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
PORTS_OF_A_PROCESS = 100


@functools.cache
def _own_ports():
    """In turns, ports that no other process with tests takes between the look and the use; and the claim to them, which ends with the process."""
    blocks = list(range(10000, max(FIRST_OF_CONNECTIONS, 32768) - PORTS_OF_A_PROCESS, PORTS_OF_A_PROCESS))
    random.shuffle(blocks)
    for first in blocks:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0logmill-test-ports-{first}")
        except OSError:
            claim.close()
            continue
        return itertools.cycle(range(first, first + PORTS_OF_A_PROCESS)), claim
    raise AssertionError("all ports belong to other tests")


def free_ports(count):
    """Different ones."""
    ports, tried = [], _own_ports()[0]
    while len(ports) < count:
        port = next(tried)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            ports.append(port)
    return ports


def free_port():
    return free_ports(1)[0]


def clean_environment(**extra):
    """The environment without the variables that steer us."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IMMICH_", "DB_", "REDIS_", "NO_COLOR"))}
    return {**kept, **extra}


def run(*arguments, stdin="", environment=None):
    """Runs the program to its end: (exit code, stdout, stderr)."""
    done = subprocess.run([LOGMILL, *map(str, arguments)], input=stdin.encode() if isinstance(stdin, str) else stdin, capture_output=True,
                          env=clean_environment(**(environment or {})), timeout=PATIENCE_S * 4)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def need(program):
    """The path of a program that a test cannot do without."""
    path = shutil.which(program)
    if path is None:
        raise AssertionError(f"{program} is not installed: ./dev test installs it")
    return path


def get(port, path="/metrics", headers=None, method="GET"):
    """(status, headers, body) of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, dict((k.lower(), v) for k, v in response.getheaders()), response.read()


def samples(text):
    """Exposition text → {(name, frozenset of label pairs): value}."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$", line)
        if line.startswith("#") or not match:
            continue
        labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or "")
        found[match[1], frozenset(labels)] = float(match[3])
    return found


def sample(text, name, **labels):
    """The value of one sample, None when it is not there."""
    return samples(text).get((name, frozenset(labels.items())))


def wait_for(what, condition):
    """Polls until condition() is true; fails the test with `what` after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError(f"waited {PATIENCE_S} s in vain: {what}")


NOBODY = 65534


class Daemon:
    """`logmill run` on a configuration, on free ports, with at most `files` open files; stopped by its pid.

    `config` None: by the environment alone. `ordinary`: not as root, for whom permissions mean nothing; as nobody when the test runs as
    root. `machine_learning`: with that port, too."""

    def __init__(self, folder, config, environment=None, files=None, ordinary=False, machine_learning=False):
        self.folder = pathlib.Path(folder)
        self.api, self.microservices = free_ports(2)
        ports = {"api": self.api, "microservices": self.microservices}
        if machine_learning:
            ports["machine_learning"] = self.machine_learning = free_port()
        arguments, variables = [], dict(environment or {})
        if config is None:
            variables |= {f"IMMICH_{name.upper()}_METRICS_PORT": str(port) for name, port in ports.items()}
        else:
            path = self.folder / "logmill.yaml"
            path.write_text("listen: {" + ", ".join(f"{name}: '127.0.0.1:{port}'" for name, port in ports.items()) + "}\n" + config)
            arguments = ["--config", str(path)]

        def prepare():
            if files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
            if ordinary and os.getuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)

        self.log = open(self.folder / "daemon.out", "wb+")
        self.process = subprocess.Popen([LOGMILL, "run", *arguments], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        env=clean_environment(**variables), preexec_fn=prepare)

    def output(self):
        return (self.folder / "daemon.out").read_text(errors="replace")

    def alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.output()}")
        return True

    def ready(self, port=None):
        def is_ready():
            self.alive()
            with contextlib.suppress(OSError):
                return get(port or self.api, "/-/ready")[0] == 200
        wait_for("the daemon is ready", is_ready)
        return self

    def metrics(self, port=None):
        self.alive()
        status, _, body = get(port or self.api)
        return body.decode() if status == 200 else ""

    def wait_for_sample(self, value, name, port=None, **labels):
        wait_for(f"{name}{labels} is {value}; log:\n{self.output()}", lambda: sample(self.metrics(port), name, **labels) == value)

    def kill(self):
        """As a power cut does, as far as a process can tell."""
        self.alive()
        self.process.kill()
        self.process.wait()
        self.log.close()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)
        wait_for("it stands still", lambda: self._state() == "T")

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def _state(self):
        return pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the daemon did not stop on SIGTERM") from None
        self.log.close()
        return self.process.returncode


class TestCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="logmill-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def start(self, config, environment=None, files=None, ordinary=False):
        daemon = Daemon(self.folder, config, environment, files, ordinary)
        self.addCleanup(daemon.stop)
        return daemon
