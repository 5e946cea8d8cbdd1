"""What the running daemon asks the real PostgreSQL and the real Redis for, and reads on other programs' pages."""

import base64
import gzip
import json
import subprocess
import time
import unittest
import urllib.parse

from filled_gallery import AGE, API, APP, JOB, PERSONAL
from gallery_servers import (DATABASE_PASSWORD, OTHER_PASSWORD, REDIS_PASSWORD, ROLE, TROUBLES, GalleryServers, Stopped,
                             application, collector, make_template, measured, page, unread_bytes, wait_for_failure, wait_for_success,
                             without_ages)
from page_server import PageServer, answer, without_end
from prometheus_server import PrometheusServer
from support import PATIENCE_S, ROOT, Daemon, TestCase, get, need, run, sample, samples, wait_for

PROMPT_S = 15  # half of what a refresh takes there
PAGES = ROOT / "tests/data/page"
SECRETS = [DATABASE_PASSWORD, REDIS_PASSWORD, OTHER_PASSWORD]
SECRETS += [urllib.parse.quote(secret, safe="") for secret in SECRETS]


def setUpModule():
    global template
    template = make_template()
    unittest.addModuleCleanup(template.remove)


def names(found):
    return {name for name, _ in found}


def bounds_as_numbers(found):
    """10.0 and 10 are the same bound of a bucket."""
    return {(name, frozenset((label, float(text) if label == "le" else text) for label, text in labels)): value
            for (name, labels), value in found.items()}


class CollectorsTest(TestCase):
    maxDiff = None

    def servers(self, name="servers", configuration=""):
        servers = GalleryServers(self.folder / name, template, configuration)
        self.addCleanup(servers.remove)
        return servers

    def page_server(self, pages):
        server = PageServer(pages)
        self.addCleanup(server.stop)
        return server

    def end(self, daemon):
        self.assertEqual(daemon.stop(), 0, daemon.output())

    def expect_nothing_personal(self, daemon, *ports, also=()):
        shown = daemon.output() + "".join(page(daemon, port) for port in ports)
        for text in [*SECRETS, *PERSONAL, *also]:
            self.assertNotIn(text, shown)


class GalleryTest(CollectorsTest):
    """Everything is there, and nothing happens."""

    def test_every_metric_however_it_is_configured(self):
        servers = self.servers()
        database, redis = (urllib.parse.quote(secret, safe="") for secret in (DATABASE_PASSWORD, REDIS_PASSWORD))
        database_url = f"postgresql://{ROLE}:{database}@127.0.0.1:{servers.postgres.port}/immich?sslmode=disable"
        redis_url = f"redis://:{redis}@127.0.0.1:{servers.redis.port}/0"
        options = {"host": "127.0.0.1", "port": servers.redis.port, "password": REDIS_PASSWORD}
        ioredis_url = "ioredis://" + base64.b64encode(json.dumps(options).encode()).decode()
        given = servers.environment()
        plain = {**given, "DB_PASSWORD": DATABASE_PASSWORD, "REDIS_PASSWORD": REDIS_PASSWORD}
        del plain["DB_PASSWORD_FILE"], plain["REDIS_PASSWORD_FILE"]
        secret = {name + "_FILE": str(servers.write(name, value)) for name, value in plain.items() if name.startswith(("DB_", "REDIS_"))}
        on = {"IMMICH_TELEMETRY_INCLUDE": " api, app ,job"}
        include = "telemetry: {include: [api, app, job]}\ncollectors:\n"
        without_password = f"postgres://{ROLE}@127.0.0.1:{servers.postgres.port}/immich"
        daemons = {
            "variables": servers.start(None, plain),
            "password files": servers.start(None, given),
            "files for everything": servers.start(None, {**secret, **on}),
            "URLs": servers.start(None, {"DB_URL": database_url, "REDIS_URL": ioredis_url, **on}),
            "file of a URL, and a socket": servers.start(None, {"DB_URL_FILE": str(servers.write("url", database_url)),
                                                                "REDIS_SOCKET": str(servers.redis.socket),
                                                                "REDIS_PASSWORD_FILE": given["REDIS_PASSWORD_FILE"], **on}),
            "configuration": servers.start(include + f"  database: {{url: '{database_url}'}}\n  queues: {{url: '{redis_url}'}}\n", {}),
            "both": servers.start(include + f"  database: {{url: '{without_password}'}}\n",
                                  {name: value for name, value in given.items() if name.startswith(("REDIS_", "DB_PASSWORD"))}),
        }
        for how, daemon in daemons.items():
            with self.subTest(how):
                self.expect_gallery(servers, daemon)
                self.expect_nothing_personal(daemon, daemon.api, daemon.microservices, also=[ioredis_url[10:]])
                self.end(daemon)

    def expect_gallery(self, servers, daemon):
        daemon.ready()
        wait_for_success(daemon, "database", "queues")
        api, microservices = page(daemon), page(daemon, daemon.microservices)
        self.assertEqual(application(api), API | APP)
        found = application(microservices)
        self.assertEqual(without_ages(found), JOB)
        self.assertEqual(found.keys() - JOB.keys(), AGE.keys())
        for key, least in AGE.items():
            most = least + time.time() - servers.filled_at if least else 0
            self.assertTrue(least <= found[key] <= most, f"{key}: {found[key]}")
        for name in ("database", "queues"):
            told = [collector(daemon, name, what) for what in ("attempts_total", "failures_total")]
            self.assertEqual(told, [1, 0])
            self.assertGreater(collector(daemon, name, "rows"), 0)
            self.assertTrue(servers.filled_at <= collector(daemon, name, "last_success_timestamp_seconds") <= time.time())
        for text, name in [(api, name) for name in names(API | APP)] + [(microservices, name) for name in names(JOB | AGE)]:
            self.assertIn(f"# TYPE {name} gauge\n", text)
            self.assertIn(f"# HELP {name} ", text)

    def test_groups_switch_families_and_connections(self):
        servers = self.servers()
        everything = {"database", "queues", "database_activity", "redis_activity", "host"}
        for include, exclude, collectors, families in (
                ("api", "", {"database"}, API),
                ("app", "", {"database"}, APP),
                ("job", "", {"queues"}, JOB | AGE),
                ("io", "", {"database_activity", "redis_activity"}, {}),
                ("host", "", {"host"}, {}),
                ("repo", "", set(), {}),
                (" api ,\tjob", "job", {"database"}, API),
                ("all", "", everything, API | APP | JOB | AGE),
                ("all", "api,app", everything - {"database"}, JOB | AGE),
                ("all", " job , io ", {"database", "host"}, API | APP)):
            with self.subTest(include=include, exclude=exclude):
                self.expect_groups(servers, include, exclude, collectors, families)

    def expect_groups(self, servers, include, exclude, collectors, families):
        before = servers.postgres.connections(), servers.redis.connections()
        daemon = servers.start(None, IMMICH_TELEMETRY_INCLUDE=include, IMMICH_TELEMETRY_EXCLUDE=exclude)
        first = daemon.microservices if include == "job" else daemon.api
        others = {daemon.microservices} if include == "all" and "job" not in exclude else set()
        daemon.ready(first)
        wait_for_success(daemon, *collectors, port=first)
        text = page(daemon, first) + "".join(page(daemon, port) for port in others)
        found = samples(text)
        self.assertEqual({dict(labels)["collector"] for name, labels in found if name == "logmill_collector_success"}, collectors)
        self.assertEqual(names(application(text)), names(families))
        for prefix, name in (("postgres_server_", "database_activity"), ("redis_server_", "redis_activity"), ("system_", "host")):
            self.assertEqual(any(key[0].startswith(prefix) for key in found), name in collectors, prefix)
        for port in {daemon.api, daemon.microservices} - {first} - others:
            with self.assertRaises(ConnectionRefusedError):
                get(port)
        self.end(daemon)
        asked = [len(collectors & {"database", "database_activity"}), len(collectors & {"queues", "redis_activity"})]
        self.assertEqual([servers.postgres.connections() - before[0], servers.redis.connections() - before[1]], asked)

    def test_nothing_included_asks_nobody(self):
        servers = self.servers()
        daemon = servers.start("collectors: {database: true, queues: true, host: true}\n", IMMICH_TELEMETRY_INCLUDE="")
        wait_for("it says that nothing is on", lambda: "IMMICH_TELEMETRY_INCLUDE" in daemon.output())
        for port in (daemon.api, daemon.microservices):
            with self.assertRaises(ConnectionRefusedError):
                get(port)
        self.end(daemon)
        self.assertEqual((servers.postgres.connections(), servers.redis.connections()), (0, 0))
        code, _, errors = run("run", environment={**servers.environment(), "IMMICH_TELEMETRY_INCLUDE": "api,jobs"})
        self.assertEqual(code, 1)
        self.assertIn('IMMICH_TELEMETRY_INCLUDE: unknown telemetry group "jobs"', errors)


class TroubleTest(CollectorsTest):
    """Everything goes wrong at once, each kind of trouble with servers and a daemon of its own."""

    asking = ("database", "queues")

    def setUp(self):
        super().setUp()
        self.troubles = [trouble(self.servers(trouble.__name__, trouble.configuration)) for trouble in TROUBLES]

    def expect_the_end(self, trouble, daemon):
        """It works again, shows what there is now, has said each failure once, and nothing secret."""
        wait_for_success(daemon, *self.asking)
        self.assertEqual(without_ages(measured(daemon)), trouble.expected())
        for name in self.asking:
            failures = collector(daemon, name, "failures_total")
            self.assertGreater(failures, 0)
            self.assertEqual(collector(daemon, name, "attempts_total"), failures + self.successes)
            self.assertLessEqual(collector(daemon, name, "last_success_timestamp_seconds"), time.time())
            wait_for(f"{name} says each failure", lambda: daemon.output().count(f"ERROR [Collectors] {name}: ") == failures)
            wait_for(f"{name} says that it works", lambda: daemon.output().count(f"[Collectors] {name}: works again") == 1)
        self.assertRegex(daemon.output(), trouble.sentence)
        self.expect_nothing_personal(daemon, daemon.api, daemon.microservices)

    def test_from_the_start(self):
        self.successes = 1
        for trouble in self.troubles:
            trouble.begin()
        stopped = next(trouble for trouble in self.troubles if isinstance(trouble, Stopped))
        hanging = stopped.servers.start().ready()
        self.wait_until_both_are_asked(stopped.servers)
        self.assertEqual(measured(hanging), {})
        self.expect_a_prompt_end(hanging)
        daemons = [trouble.servers.start(None, IMMICH_TELEMETRY_INCLUDE="api,app,job,host") for trouble in self.troubles]
        for daemon in daemons:
            daemon.ready()
            wait_for_failure(daemon, *self.asking)
            wait_for_success(daemon, "host")
            self.assertEqual(measured(daemon), {}, "absent, not 0")
            for name in self.asking:
                found = {what: collector(daemon, name, what) for what in ("success", "last_success_timestamp_seconds", "rows")}
                self.assertEqual(set(found.values()), {0}, found)
        for trouble in self.troubles:
            trouble.end()
        for trouble, daemon in zip(self.troubles, daemons):
            self.expect_the_end(trouble, daemon)
            self.end(daemon)

    def test_while_it_runs(self):
        self.successes = 2
        config = "collectors: {interval_s: 30, database: {timeout_s: %d}, queues: {timeout_s: %d}}\n"
        daemons = [trouble.servers.start(config % (3, 3)) for trouble in self.troubles]
        stopped = Stopped(self.servers("stopped and ended"))
        hanging = stopped.servers.start(config % (30, 30))
        before = {}
        for daemon in [*daemons, hanging]:
            daemon.ready()
            wait_for_success(daemon, *self.asking)
            before[daemon] = measured(daemon), self.last_successes(daemon)
            self.assertEqual(without_ages(before[daemon][0]), API | APP | JOB)
        for trouble in [*self.troubles, stopped]:
            trouble.begin()
        self.wait_until_both_are_asked(stopped.servers)
        self.assertEqual((measured(hanging), self.last_successes(hanging)), before[hanging])
        self.assertEqual(collector(hanging, "database", "attempts_total"), 1, "the second has not ended")
        self.expect_a_prompt_end(hanging)
        for daemon in daemons:
            wait_for_failure(daemon, *self.asking)
            self.assertEqual((measured(daemon), self.last_successes(daemon)), before[daemon])
            self.assertEqual([collector(daemon, name, "success") for name in self.asking], [0, 0])
        for trouble in self.troubles:
            trouble.end()
        for trouble, daemon in zip(self.troubles, daemons):
            self.expect_the_end(trouble, daemon)
            for now, then in zip(self.last_successes(daemon), before[daemon][1]):
                self.assertGreater(now, then)
            self.end(daemon)
        self.assertIn("smart_search", daemons[0].output(), "what the older schema has not")

    def last_successes(self, daemon):
        return [collector(daemon, name, "last_success_timestamp_seconds") for name in self.asking]

    def wait_until_both_are_asked(self, servers):
        """Of servers that stand still: refreshes are under way."""
        for server in (servers.postgres, servers.redis):
            wait_for("it is asked", lambda: unread_bytes(server.port) > 0)

    def expect_a_prompt_end(self, daemon):
        """Not only when the refreshes under way have taken as long as they may."""
        daemon.process.terminate()
        self.assertEqual(daemon.process.wait(PROMPT_S), 0, daemon.output())


class ScrapeTest(CollectorsTest):
    """Pages of other programs."""

    def entry(self, server, name, endpoint, more="", user=""):
        url = f"http://{user}127.0.0.1:{server.port}/{name}"
        return f"  - {{name: {name}, url: '{url}', endpoint: {endpoint}, interval_s: 5, proxy: '', {more}}}\n"

    def start_scraping(self, *entries, groups="all"):
        environment = {"IMMICH_TELEMETRY_INCLUDE": groups, "NO_COLOR": "1"}
        daemon = Daemon(self.folder, "scrapes:\n" + "".join(entries), environment, machine_learning=True)
        self.addCleanup(daemon.stop)
        return daemon.ready()

    def test_machine_learning_is_shown_unchanged(self):
        original = (PAGES / "machine_learning.prom").read_text()
        secret = base64.b64encode(f"logmill:{DATABASE_PASSWORD}".encode()).decode()

        def for_those_who_know(handler):
            known = handler.headers["Authorization"] == f"Basic {secret}"
            answer(handler, original.encode() if known else b"", status=200 if known else 401)
        server = self.page_server({"/ml": for_those_who_know})
        password = self.write("password", DATABASE_PASSWORD)
        daemon = self.start_scraping(self.entry(server, "ml", "machine_learning", f"username: logmill, password_file: '{password}'"),
                                     self.entry(server, "refused", "api", user="logmill:a-n0ther-One@"), groups="api")
        daemon.ready(daemon.machine_learning)
        wait_for_success(daemon, "scrape/ml")
        wait_for_failure(daemon, "scrape/refused")
        text = page(daemon, daemon.machine_learning)
        expected = {key: value for key, value in application(original).items() if not key[0].endswith("_created")}
        self.assertEqual(len({name.split("_ms")[0] for name in names(expected)}), 5)
        self.assertEqual(bounds_as_numbers(application(text)), bounds_as_numbers(expected))
        for line in original.splitlines():
            if line.startswith("# ") and " immich_ml_" in line and "_created" not in line:
                self.assertIn(line + "\n", text)
        self.assertEqual(application(page(daemon)), {})
        self.expect_nothing_personal(daemon, daemon.api, daemon.machine_learning, also=[secret])

    def test_a_page_that_fails_and_comes_back(self):
        def bad(handler):
            answer(handler, b"", status=503)
        server = self.page_server({"/kept": b"# TYPE pages gauge\npages 1\n", "/dropped": b"# TYPE sheets gauge\nsheets 1\n"})
        daemon = self.start_scraping(self.entry(server, "kept", "api"), self.entry(server, "dropped", "microservices", "max_stale_s: 0"))
        wait_for_success(daemon, "scrape/kept", "scrape/dropped")
        self.assertEqual(sample(page(daemon), "pages"), 1)
        self.assertEqual(sample(page(daemon, daemon.microservices), "sheets"), 1)
        server.pages = {"/kept": bad, "/dropped": bad}
        wait_for_failure(daemon, "scrape/kept", "scrape/dropped")
        self.assertEqual(sample(page(daemon), "pages"), 1)
        self.assertIsNone(sample(page(daemon, daemon.microservices), "sheets"))
        server.pages = {"/kept": b"# TYPE pages gauge\npages 2\n", "/dropped": b"# TYPE sheets gauge\nsheets 2\n"}
        wait_for_success(daemon, "scrape/kept", "scrape/dropped")
        self.assertEqual(sample(page(daemon), "pages"), 2)
        self.assertEqual(sample(page(daemon, daemon.microservices), "sheets"), 2)

    def test_hostile_pages_cost_themselves_alone(self):
        nasty = """# TYPE nasty_total counter
nasty_total{path="/api/assets/8cadebb5-3f35-4a39-a1b5-6d3ae1d2e3f0"} 3
nasty_total{who="alice@example.org"} 4
nasty_total{path="/x"} 1
nasty_total{path="/x"} 2
nasty_total{a="1",a="2"} 5
nasty_total{broken="x} 6
nasty_total{bytes="\xff\xfe"} 7
# TYPE wrong histogram
wrong_bucket{le="1"} 5
wrong_bucket{le="2"} 3
wrong_bucket{le="+Inf"} 1
wrong_count 9
wrong_sum NaN
# TYPE nasty_total gauge
logmill_build_info{version="hostile"} 7
sample without end 1
} 1
""".encode("latin-1")
        server = self.page_server({
            "/fine": b"fine 1\n", "/nasty": nasty, "/many": b"".join(b"many_%d 1\n" % i for i in range(60_000)), "/empty": b"",
            "/html": lambda handler: answer(handler, b"<html>fine 1</html>", kind="text/html"),
            "/noise": lambda handler: answer(handler, bytes(range(256)) * 1000),
            "/bomb": lambda handler: answer(handler, gzip.compress(b"x 1\n" * 10_000_000, 1), Content_Encoding="gzip"),
            "/short": lambda handler: (answer(handler, b"fine 1\n", length=1000), setattr(handler, "close_connection", True)),
            "/round": lambda handler: answer(handler, b"", status=302, Location="/round"),
            "/drip": lambda handler: without_end(handler, b"# x\n", 0.05, server.stopping),
            "/flood": lambda handler: without_end(handler, b"flood 1\n" * 10_000, 0, server.stopping),
        })
        good = {"fine", "nasty", "many"}
        hostile = {path[1:] for path in server.pages} - good
        daemon = self.start_scraping(*[self.entry(server, name, "api", "max_bytes: 2000000, max_series: 500, timeout_s: 2")
                                       for name in sorted(good | hostile)])
        wait_for_success(daemon, *[f"scrape/{name}" for name in good])
        wait_for_failure(daemon, *[f"scrape/{name}" for name in hostile])
        text = page(daemon)
        found = samples(text)
        self.assertEqual(sample(text, "fine"), 1)
        self.assertEqual(sample(text, "nasty_total", path="/api/assets/:id"), 3)
        self.assertEqual(sample(text, "logmill_scrape_series", collector="scrape/many"), 500)
        self.assertEqual([value for (name, _), value in found.items() if name == "logmill_build_info"], [1])
        self.assertEqual({name for name in names(found) if name.startswith(("wrong", "flood"))}, set())
        self.assertGreater(sample(text, "logmill_scrape_left_out", collector="scrape/nasty", reason="line"), 0)
        for name in hostile:
            self.assertEqual(collector(daemon, f"scrape/{name}", "last_success_timestamp_seconds"), 0, name)
        self.expect_nothing_personal(daemon, daemon.api)
        checked = subprocess.run([need("promtool"), "check", "metrics"], input=text.encode(), capture_output=True, timeout=PATIENCE_S)
        self.assertIn(checked.returncode, (0, 3), checked.stderr)  # 3: it can be read, but the names could be better

    def test_prometheus_finds_everything_on_three_ports(self):
        servers = self.servers()
        pages = {"gallery_api": "api", "gallery_microservices": "microservices", "machine_learning": "machine_learning"}
        server = self.page_server({f"/{name}": (PAGES / f"{name}.prom").read_bytes() for name in pages})
        daemon = servers.start("scrapes:\n" + "".join(self.entry(server, name, endpoint) for name, endpoint in pages.items()),
                               machine_learning=True, IMMICH_TELEMETRY_INCLUDE="all")
        daemon.ready()
        wait_for_success(daemon, "database", "queues", "database_activity", "redis_activity", "host", *[f"scrape/{name}" for name in pages])
        targets = {"api": daemon.api, "microservices": daemon.microservices, "ml": daemon.machine_learning}
        prometheus = PrometheusServer(self.folder, targets)
        self.addCleanup(prometheus.stop)
        prometheus.wait_for(3, "sum(up)")
        prometheus.wait_for(2, 'sum(immich_users_total{job="api"})')
        for port, expected in (("api", API | APP), ("microservices", JOB)):
            for (name, labels), value in expected.items():
                pairs = ",".join(f'{label}="{text}"' for label, text in [*labels, ("job", port)])
                self.assertEqual(prometheus.query(f"{name}{{{pairs}}}"), value, name)
        self.assertEqual(prometheus.query("count(immich_queues_oldest_job_age_seconds)"), len(AGE))
        self.assertEqual(prometheus.query('sum(immich_ml_requests_total{job="ml"})'), 4183)
        self.assertEqual(prometheus.query('immich_ml_request_duration_ms_bucket{job="ml",le="100.0"}'), 4001)
        self.assertGreater(prometheus.query('count({job="microservices",__name__=~"immich_jobs_.*_total"})'), 0)
        self.assertEqual(prometheus.query('http_server_request_count_total{job="api",path="/api/assets/:id"}'), 8)
        self.assertEqual(prometheus.query('sum(logmill_collector_success{job="api"})'), 8)
        self.assertGreater(prometheus.query('logmill_scrape_families_shadowed{collector="scrape/gallery_api"}'), 0)
        self.expect_nothing_personal(daemon, daemon.api, daemon.microservices, daemon.machine_learning)


if __name__ == "__main__":
    unittest.main()
