"""A log of numbered records of several shapes, and where they have got to."""

import collections
import json
import random
import re
import subprocess
import time

from datadog_store import DatadogStore
from elasticsearch_store import ElasticsearchStore
from loki_store import LokiStore
from otlp_store import OtlpStore
from splunk_store import SplunkStore
from support import TestCase, need, samples, wait_for

RULES = """
rules:
  - name: quiet
    ship: false
    when: {format: json, context: {is: Quiet}}
    metrics: [{counter: quiet_total, help: h}]
  - name: every
    when: {format: json}
    metrics: [{counter: seen_total, help: h}]
"""
CONFIG = """
telemetry: {{include: all}}
state: state
checkpoint_interval_ms: {interval}
rules: [rules.yaml]
sources: [{{file: app.log, name: app, join: traces}}]
shipping:
  service: gallery
  host: nas
  environment: test
{section}
  destinations:
{destinations}
"""
QUICK = {"batch_wait_ms": 20, "max_pause_ms": 50, "timeout_ms": 1000, "stop_patience_ms": 500, "batch_records": 200}
NUMBER = re.compile(r"#(\d+)#")


def configuration(destinations, section="", checkpoint_interval_ms=50):
    return CONFIG.format(section=section, destinations="\n".join(destinations), interval=checkpoint_interval_ms)


def number_of(message):
    found = NUMBER.findall(message)
    assert len(found) == 1, message
    return int(found[0])


class ShippedLog:
    """`lines`: number → what a store gets that keeps lines as they were."""

    def __init__(self, path, seed=1):
        self.lines = {}
        self.json_lines = 0
        self._random = random.Random(seed)
        self._file = open(path, "ab", buffering=0)

    def close(self):
        self._file.close()

    def write(self, count, shape=None, pad=0, **members):
        """`shape`: json, object, array, text; None: any of them, as it comes."""
        text = ""
        for number in range(len(self.lines) + 1, len(self.lines) + 1 + count):
            line = self._line(number, shape or self._random.choice(("json", "json", "json", "object", "array", "text")), pad, members)
            self.lines[number] = line
            text += line + "\n"
        self._file.write(text.encode())

    def _line(self, number, shape, pad, members):
        words = f"record #{number}# " + self._random.choice(("", "äöü € 😀", 'said "no" \\ \t', "x" * 40)) + "." * pad
        if shape == "text":
            return f"Error: {words.replace(chr(9), ' ')}\n    at open (file.js:{number}:2)\n    at run (file.js:7:9)"
        message = {"json": words, "object": {"text": words, "deep": {"list": [1, None, True]}}, "array": [words, 2]}[shape]
        record = {"level": self._random.choice(("log", "warn", "error", "debug")), "pid": 7, "timestamp": time.time_ns() // 1_000_000,
                  "message": message, "context": self._random.choice(("App", "Jobs")), "seen": self._random.choice((1, "one", None, [2])), **members}
        self.json_lines += 1
        return json.dumps(record, ensure_ascii=self._random.random() < 0.5, separators=(",", ":"))


def yaml_of(kind, where, **keys):
    """One entry of `destinations`, as a flow of JSON, which is YAML, too."""
    return "    - " + json.dumps({kind: where, **keys})


class ShippingTestCase(TestCase):
    """Starts stores and daemons, and stops them; no store may have complained."""

    def setUp(self):
        super().setUp()
        self.write("rules.yaml", RULES)
        self.log = ShippedLog(self.folder / "app.log")
        self.addCleanup(self.log.close)
        self.stores = {}

    def tearDown(self):
        for name, store in self.stores.items():
            self.assertEqual(store.complaints[:3], [], name)

    def store(self, name, store):
        self.stores[name] = store
        self.addCleanup(store.stop)
        return store

    def all_stores(self):
        """One of each kind; their entries of the configuration."""
        secret = self.write("secret", "top-secret-token\n")
        loki = self.store("loki", LokiStore())
        loki_json = self.store("loki-json", LokiStore())
        elastic = self.store("elasticsearch", ElasticsearchStore())
        splunk = self.store("splunk", SplunkStore(token="top-secret-token"))
        datadog = self.store("datadog", DatadogStore(key="top-secret-token"))
        otlp = self.store("otlp", OtlpStore())
        otlp_json = self.store("otlp-json", OtlpStore())
        return [yaml_of("loki", loki.url, **QUICK), yaml_of("loki", loki_json.url, name="loki-json", json=True, **QUICK),
                yaml_of("elasticsearch", elastic.url, **QUICK), yaml_of("splunk", splunk.url, token_file=str(secret), **QUICK),
                yaml_of("datadog", datadog.url, api_key_file=str(secret), **QUICK), yaml_of("otlp", otlp.url, **QUICK),
                yaml_of("otlp", otlp_json.url, name="otlp-json", json=True, compression="none", **QUICK), self.file_entry()]

    def file_entry(self, name="file", **keys):
        return yaml_of("file", str(self.folder / f"{name}.ndjson"), name=name, **{"batch_wait_ms": 20, **keys})

    def run_daemon(self, destinations, section="", wait=True, checkpoint_interval_ms=50, environment=None):
        config = configuration(destinations, section, checkpoint_interval_ms)
        daemon = self.start(config, environment={"NO_PROXY": "*", **(environment or {})})
        return daemon.ready() if wait else daemon

    # --- What has arrived ---

    def file_records(self, name="file"):
        """Of the rotated files, too, from old to new."""
        paths = sorted(self.folder.glob(f"{name}.ndjson*"), key=lambda path: -int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0)
        return [json.loads(line) for path in paths for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def arrived(self, name):
        """Number of a record → how often it is there."""
        if name in self.stores:
            return collections.Counter(number_of(message) for message in self.stores[name].messages())
        return collections.Counter(number_of(record["line"]) for record in self.file_records(name))

    def wait_until_all_arrived(self, *names, numbers=None):
        wanted = set(self.log.lines) if numbers is None else set(numbers)
        for name in names or (*self.stores, "file"):
            try:
                wait_for("all has arrived", lambda name=name: len(self.arrived(name)) >= len(wanted))
            except AssertionError:
                self.fail(f"{name} lacks {sorted(wanted - set(self.arrived(name)))[:20]} of {len(wanted)}; {self.stores[name].complaints[:1] if name in self.stores else ''}\n{(self.folder / 'daemon.out').read_text()[-3000:]}")
            self.assertEqual(set(self.arrived(name)), wanted, name)

    def expect_once(self, *names):
        for name in names:
            self.assertEqual([number for number, times in self.arrived(name).items() if times > 1], [], name)

    def expect_lines(self):
        """What keeps lines as they were has each as it was."""
        for name, store in self.stores.items():
            if isinstance(store, LokiStore):
                for record in store.records:
                    self.assertEqual(record.line, self.log.lines[number_of(record.line)], name)
        for record in self.file_records():
            self.assertEqual(record["line"], self.log.lines[number_of(record["line"])])

    # --- What the daemon says ---

    def shipped(self, daemon, destination):
        """outcome → records, of one page, and what was appended and waits."""
        page = samples(daemon.metrics())
        counts = {dict(labels)["outcome"]: value for (name, labels), value in page.items()
                  if name == "logmill_ship_records_total" and dict(labels)["destination"] == destination}
        counts["backlog"] = page.get(("logmill_ship_backlog_records", frozenset({("destination", destination)})), 0)
        # What was appended after the last checkpoint of a life that was killed is known to the next one.
        counts["appended"] = sum(page.get(("logmill_spool_records_total", frozenset({("outcome", outcome)})), 0) for outcome in ("appended", "known"))
        return counts

    def expect_balance(self, daemon, *names):
        for name in names or (*self.stores, "file"):
            counts = {}

            def balanced(name=name, counts=counts):
                counts.clear()
                counts.update(self.shipped(daemon, name))
                return counts["appended"] == sum(value for outcome, value in counts.items() if outcome != "appended")
            try:
                wait_for("the numbers balance", balanced)
            except AssertionError:
                self.fail(f"{name}: {counts}")

    def refused(self, name):
        path = self.folder / "state" / "spool" / f"{name}.refused.ndjson"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Certificates:
    """Two authorities that do not know each other, and what they have signed for 127.0.0.1."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        for authority in ("good", "other"):
            self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={authority}",
                          "-keyout", self.path(f"{authority}-ca.key"), "-out", self.path(f"{authority}-ca.pem"))
            for name in ("server", "client"):
                self._sign(authority, name)

    def path(self, name):
        return str(self.folder / name)

    def _sign(self, authority, name):
        base = self.path(f"{authority}-{name}")
        (self.folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", base + ".key", "-out", base + ".csr")
        self._openssl("x509", "-req", "-in", base + ".csr", "-CA", self.path(f"{authority}-ca.pem"), "-CAkey", self.path(f"{authority}-ca.key"), "-CAcreateserial",
                      "-days", "2", "-extfile", self.path("extensions"), "-out", base + ".pem")

    @staticmethod
    def _openssl(*arguments):
        subprocess.run([need("openssl"), *arguments], check=True, capture_output=True, timeout=60)
