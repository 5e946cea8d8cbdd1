"""A real PostgreSQL of its own for tests: in a temporary folder, on a free port of 127.0.0.1 and a Unix socket."""

import functools
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

from support import PATIENCE_S, free_port, wait_for

ORDINARY_USER = "nobody"  # who it runs as when the test runs as root, which PostgreSQL refuses to
SUPERUSER = "postgres"  # over the socket, where everybody is trusted; clients over TCP need their password
CONFIGURATION = """
listen_addresses = '127.0.0.1'
fsync = off
full_page_writes = off
shared_buffers = 16MB
log_connections = on
"""


@functools.cache
def programs():
    """The folder of the newest PostgreSQL that is installed."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise AssertionError("no PostgreSQL in /usr/lib/postgresql: ./dev test installs it")
    return found[-1].parent


def as_ordinary_user(*command):
    """`command` by somebody who is not root, and who dies with the thread that starts it."""
    words = ["setpriv", "--pdeathsig", "KILL"]
    if os.geteuid() == 0:
        user = pwd.getpwnam(ORDINARY_USER)
        words += ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    return [*words, *map(str, command)]


def ordinary_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="logmill-pg-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam(ORDINARY_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def state_and_parent(pid):
    """Of a process, from /proc; (None, None) when it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None, None
    return fields[0], int(fields[1])


class PostgresServer:
    """With one database alone, "immich": a thousand files less to copy.

    Made and started by the main thread: it does not outlive the thread that starts it.

    `configuration`: lines for postgresql.conf. `copy_of`: another one that is stopped, with all that is in it."""

    def __init__(self, configuration="", copy_of=None):
        self.folder = ordinary_folder()
        self.port = free_port()
        self.process = None
        if copy_of:
            subprocess.run(["cp", "-a", copy_of.folder / "data", self.folder], check=True, timeout=PATIENCE_S)
        else:
            self._run("initdb", "-D", self.folder / "data", "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
                      "--no-instructions", "--wal-segsize=1")
        (self.folder / "data/pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        with open(self.folder / "data/postgresql.conf", "a") as file:
            file.write(CONFIGURATION + f"unix_socket_directories = '{self.folder}'\n{configuration}\n")
        self.start()
        if not copy_of:
            self.execute("create database immich; update pg_database set datistemplate = false", database="postgres")
            for name in ("template0", "template1", "postgres"):
                self.execute(f"drop database {name}")

    def start(self):
        with open(self.folder / "log", "ab") as log:
            command = as_ordinary_user(programs() / "postgres", "-D", self.folder / "data", "-p", self.port)
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("PostgreSQL takes connections", self._is_ready)

    def stop(self):
        """In good order: clients are told."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)

    def kill(self):
        """SIGKILL to every process."""
        if self.process.poll() is not None:
            return
        self.freeze()
        processes = self._processes()
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for pid in processes:
            wait_for("PostgreSQL is gone", lambda: state_and_parent(pid)[0] in (None, "Z", "X"))

    def freeze(self):
        """SIGSTOP to every process: connections stand, nobody answers. The parent first, so that there are no new ones."""
        self.process.send_signal(signal.SIGSTOP)
        wait_for("PostgreSQL stands still", lambda: state_and_parent(self.process.pid)[0] in ("T", None))
        for pid in self._processes():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self._processes():
            os.kill(pid, signal.SIGCONT)

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, sql, database="immich"):
        """What the statements, by the superuser, give: unaligned lines."""
        done = subprocess.run(self._psql(database), input=sql.encode(), capture_output=True, timeout=PATIENCE_S)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        return done.stdout.decode().strip()

    def session(self, user, database="immich"):
        """A client that is connected and does nothing until its stdin closes."""
        nothing = subprocess.DEVNULL
        return subprocess.Popen(self._psql(database, user), stdin=subprocess.PIPE, stdout=nothing, stderr=nothing)

    def disconnect(self, user):
        """Ends all sessions of a user; nobody of that name has one when this returns, unless it comes back."""
        self.execute(f"select pg_terminate_backend(pid, 30000) from pg_stat_activity where usename = '{user}'")

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def connections(self):
        """How often a client came over TCP."""
        return self.log().count("connection received: host=127.0.0.1")

    def _psql(self, database, user=SUPERUSER):
        return [programs() / "psql", "-h", self.folder, "-p", str(self.port), "-U", user, "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1"]

    def _run(self, program, *arguments):
        done = subprocess.run(as_ordinary_user(programs() / program, *arguments), capture_output=True, timeout=PATIENCE_S, cwd="/")
        if done.returncode != 0:
            raise AssertionError(f"{program}: {done.stderr.decode()}")

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"PostgreSQL does not start:\n{self.log()}")
        done = subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)], timeout=PATIENCE_S)
        return done.returncode == 0

    def _processes(self):
        children = [int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*") if state_and_parent(path.name)[1] == self.process.pid]
        return [self.process.pid, *children]
