"""A `logmill run` of one log file, for measurements, and a client that asks it for metrics with as little work as possible."""
import os
import pathlib
import socket
import subprocess
import time

READY_TIMEOUT_S = 60

CONFIG = """\
telemetry: {{include: all}}
listen: {{api: '127.0.0.1:{api}', microservices: '127.0.0.1:{microservices}'}}
state: '{folder}/state'
rules: ['{rules}']
sources:
  - {{file: '{log}', format: json, from: start}}
{more}"""


class Daemon:
    """Runs as long as the `with` block; ready, with the file's backlog counted, when the block is entered."""

    def __init__(self, program, rules, log, folder, more=""):
        """`more`: further sections of the configuration."""
        folder = pathlib.Path(folder)
        self.port, microservices = free_ports(2)
        config = folder / "logmill.yaml"
        config.write_text(CONFIG.format(api=self.port, microservices=microservices, folder=folder, rules=rules, log=log, more=more))
        self._stderr = folder / "logmill.err"
        self._command = [pathlib.Path(program).resolve(), "run", "--config", config]
        self._folder = folder

    def __enter__(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("IMMICH_")}
        with open(self._stderr, "wb") as stderr:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, cwd=self._folder,
                                             env=environment)
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self):
        return self._process.pid

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"logmill run ended with status {self._process.returncode}\n{self._said()}")
            try:
                with Client(self.port) as client:
                    if client.get()[0] == 200:
                        return
            except OSError:
                pass
            time.sleep(0.01)
        raise RuntimeError(f"logmill run was not ready after {READY_TIMEOUT_S} s\n{self._said()}")

    def _said(self):
        return self._stderr.read_text(errors="replace")[-2000:]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


class Client:
    """One keep-alive connection."""

    REQUEST = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def get(self):
        """(status, body) of /metrics. The answer has to have a Content-Length."""
        self._socket.sendall(self.REQUEST)
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        head = data[:end].lower()
        start = head.find(b"\r\ncontent-length:")
        if start < 0:
            raise RuntimeError("an answer without Content-Length")
        length = int(head[start + 17:].split(b"\r\n", 1)[0])
        parts, missing = [data[end + 4:]], length - (len(data) - end - 4)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        body = b"".join(parts)
        self._rest = body[length:]
        return int(head.split(b" ", 2)[1]), body[:length]

    def _receive(self):
        data = self._socket.recv(1 << 20)
        if not data:
            raise ConnectionError("closed by logmill")
        return data
