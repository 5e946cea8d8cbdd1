"""PostgreSQL and Redis of a small Gallery, a daemon that asks them, and what can befall the two."""

import http.client
import pathlib
import time

from filled_gallery import AGE, API, APP, JOB, fill_database, fill_queues
from postgres_server import PostgresServer
from redis_server import RedisServer
from support import Daemon, sample, samples, wait_for

ROLE = "gallery"
DATABASE_PASSWORD, REDIS_PASSWORD = "Tr0ub4dor+&/ 3@%", "c0rrect:horse/ b@ttery"
OTHER_PASSWORD = "a-n0ther-One"
SCRAPE_TIMEOUT_S = 10  # Prometheus' own default


def make_template():
    """A server with a filled database, stopped: others are copied from it."""
    template = PostgresServer()
    fill_database(template, ROLE, DATABASE_PASSWORD)
    template.stop()
    return template


def unread_bytes(port):
    """What was sent to a server that listens there, and it has not read."""
    unread = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[3] == "01":
            unread += int(fields[4].partition(":")[2], 16)
    return unread


def page(daemon, port=None):
    """What Prometheus would get; an error if it does not get it in time."""
    daemon.alive()
    connection = http.client.HTTPConnection("127.0.0.1", port or daemon.api, timeout=SCRAPE_TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        body = response.read().decode()
        return body if response.status == 200 else ""
    finally:
        connection.close()


def application(text):
    """The samples of the application itself on a page."""
    return {key: value for key, value in samples(text).items() if key[0].startswith("immich_")}


def without_ages(found):
    return {key: value for key, value in found.items() if key not in AGE}


def measured(daemon):
    """What the two ports show of the application."""
    return application(page(daemon)) | application(page(daemon, daemon.microservices))


def collector(daemon, name, what, port=None):
    """One of logmill_collector_*."""
    return sample(page(daemon, port), f"logmill_collector_{what}", collector=name)


def wait_for_success(daemon, *names, port=None):
    for name in names:
        wait_for(f"{name} succeeds; log:\n{daemon.output()}", lambda: collector(daemon, name, "success", port) == 1)


def wait_for_failure(daemon, *names, port=None):
    for name in names:
        wait_for(f"{name} fails; log:\n{daemon.output()}", lambda: collector(daemon, name, "failures_total", port) > 0)


class GalleryServers:
    """Both servers, filled. `configuration`: lines for postgresql.conf. remove() ends them, and the daemons that ask them."""

    def __init__(self, folder, template, configuration=""):
        self.folder = folder
        self.folder.mkdir()
        self.daemons = []
        self.database_password = self.write("database-password", DATABASE_PASSWORD)
        self.redis_password = self.write("redis-password", REDIS_PASSWORD)
        self.postgres = PostgresServer(configuration, copy_of=template)
        self.redis = RedisServer(REDIS_PASSWORD)
        self.filled_at = time.time()
        fill_queues(self.redis)

    def remove(self):
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                daemon.kill()
            daemon.log.close()
        self.postgres.remove()
        self.redis.remove()

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        return path

    def environment(self):
        return {"DB_HOSTNAME": "127.0.0.1", "DB_PORT": str(self.postgres.port), "DB_USERNAME": ROLE, "DB_DATABASE_NAME": "immich",
                "DB_PASSWORD_FILE": str(self.database_password), "REDIS_HOSTNAME": "127.0.0.1", "REDIS_PORT": str(self.redis.port),
                "REDIS_PASSWORD_FILE": str(self.redis_password), "IMMICH_TELEMETRY_INCLUDE": "api,app,job", "NO_COLOR": "1"}

    def start(self, config=None, environment=None, machine_learning=False, **more):
        """A daemon with `environment`, or that of these servers, and `more` of it."""
        folder = self.folder / f"daemon-{len(self.daemons)}"
        folder.mkdir()
        variables = {**(self.environment() if environment is None else environment), **more}
        self.daemons.append(Daemon(folder, config, variables, machine_learning=machine_learning))
        return self.daemons[-1]


class Trouble:
    """What befalls both servers, and its end; before the end there is one more user, and one more job in `editor`."""

    configuration = ""
    sentence = ""  # what the daemon says of it, a regex

    def __init__(self, servers):
        self.servers, self.postgres, self.redis = servers, servers.postgres, servers.redis

    def expected(self):
        """What the database and the queues have at the end, without ages."""
        changed = {("immich_users_total", frozenset()): 3,
                   ("immich_queues_jobs", frozenset({"queue": "editor", "status": "waiting"}.items())): 1}
        return API | APP | JOB | changed

    def change(self):
        self.postgres.execute("""insert into "user" ("name") values ('dave')""")
        self.redis.push("editor", "wait", "1", 0)


class Killed(Trouble):
    """By SIGKILL; when they run again the database is that of an older version, without search."""

    sentence = "Connection refused"

    def begin(self):
        self.postgres.execute(f"alter role {ROLE} nologin")  # nobody comes in again before everything is as it shall be
        self.postgres.kill()
        self.redis.kill()

    def end(self):
        self.postgres.start()
        self.redis.start(prepare=self._fill)
        self.postgres.execute(f"begin; alter table asset_exif rename to exif; drop table smart_search; alter role {ROLE} login; commit")

    def _fill(self):
        fill_queues(self.redis)
        self.change()

    def expected(self):
        expected = super().expected()
        del expected["immich_search_embedding_coverage_ratio", frozenset()]
        return expected


class Stopped(Trouble):
    """By SIGSTOP: connections stand, and nobody answers."""

    sentence = "timed out|in time|took longer"

    def begin(self):
        self.postgres.freeze()
        self.redis.freeze()

    def end(self):
        self.postgres.thaw()
        self.redis.thaw()

    def expected(self):
        return API | APP | JOB


class Full(Trouble):
    """Others have all the connections."""

    configuration = "max_connections = 8"
    others = 5  # three are the superuser's
    sentence = "SQLSTATE 53300"

    def begin(self):
        self.postgres.disconnect(ROLE)
        self.sessions = []
        wait_for("nobody else fits in", self._all_taken)
        self.redis.ask("CONFIG", "SET", "maxclients", "1")
        self.redis.disconnect_others()
        self.change()

    def end(self):
        self.redis.ask("CONFIG", "SET", "maxclients", "1000")
        for session in self.sessions:
            session.communicate()

    def _all_taken(self):
        """The superuser's question takes a place, too, so some are turned away and come again."""
        for session in [session for session in self.sessions if session.poll() is not None]:
            session.communicate()
            self.sessions.remove(session)
        self.sessions += [self.postgres.session(ROLE) for _ in range(self.others - len(self.sessions))]
        connected = self.postgres.execute(f"select count(*) from pg_stat_activity where usename = '{ROLE}' and client_addr is null")
        return int(connected) == self.others


class OtherPassword(Trouble):
    """Somebody changes the passwords, and later the files that hold them."""

    sentence = "password"

    def begin(self):
        self.postgres.execute(f"alter role {ROLE} password '{OTHER_PASSWORD}'")
        self.postgres.disconnect(ROLE)
        self.redis.ask("CONFIG", "SET", "requirepass", OTHER_PASSWORD)
        self.redis.disconnect_others()
        self.change()

    def end(self):
        self.servers.database_password.write_text(OTHER_PASSWORD)
        self.servers.redis_password.write_text(OTHER_PASSWORD)


TROUBLES = [Killed, Stopped, Full, OtherPassword]
