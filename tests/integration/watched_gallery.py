"""A small Gallery that works, fails and grows, the daemon that watches all of it, and a Prometheus that scrapes the daemon."""

import contextlib
import re
import threading
import time

import yaml

from gallery_servers import ROLE, GalleryServers, wait_for_success
from page_server import PageServer, answer
from prometheus_server import PrometheusServer
from support import ROOT, free_port, run

PACK = ROOT / "rules/packs/gallery.yaml"
PAGES = {"gallery_api": "api", "gallery_microservices": "microservices", "machine_learning": "machine_learning"}
COLLECTORS = ["database", "queues", "database_activity", "redis_activity", "host", "disagreement", *[f"scrape/{name}" for name in PAGES]]
BEAT_S = 0.5
POSTGRES_CONFIGURATION = "shared_preload_libraries = 'pg_stat_statements'\n"
CONFIGURATION = """
telemetry: {{include: all}}
rules: ['{pack}']
state: '{state}'
sources: [{{name: gallery, file: '{log}'}}, {{name: pushed, http: {{listen: '127.0.0.1:{push}', path: /logs}}}}]
collectors: {{interval_s: 30, host: {{filesystems: {{root: /, state: '{state}'}}, network_devices: lo}}}}
"""
SHIPPING = "shipping: {{redact: {{kinds: [email, ip]}}, destinations: [{{file: '{path}'}}]}}\n"
TROUBLESOME = [
    b'{"level":"error","pid":1,"message":"' + b"x" * 2000,  # the line is no JSON to its end
    b'{"level":"log","pid":1,"timestamp":1795339332409,"message":"x","context":"someone@example.com"}',
    b'{"level":"log","pid":1,"timestamp":1795339332409,"message":"\xff\xfe","context":"Bytes"}',
]


def example_lines():
    """Lines of the rules' own tests: each rule of the pack matches some of them."""
    for rule in yaml.safe_load(PACK.read_text())["rules"]:
        for test in rule["tests"]:
            yield from (line.encode() for line in test.get("lines", [test.get("line")]))


def growing(text):
    """A page of metrics whose counters and histograms are n times `text`'s at the n-th request, as if the same happened again."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE))
    asked = 0

    def grown(line):
        name, value = re.match(r"[\w:]+", line)[0], line.rpartition(" ")[2]
        family = name if name in kinds else re.sub("_(bucket|count|sum|total)$", "", name)
        if kinds.get(family) not in ("counter", "histogram"):
            return line
        return f"{line.rpartition(' ')[0]} {float(value) * asked}"

    def page(handler):
        nonlocal asked
        asked += 1
        lines = [line if line.startswith("#") or not line else grown(line) for line in text.splitlines()]
        answer(handler, ("\n".join(lines) + "\n").encode())
    return page


def knows_shipping(folder):
    """Whether the program does; what `check` says to a configuration with nothing else in it."""
    path = folder / "shipping.yaml"
    path.write_text(f"state: '{folder / 'state'}'\n" + SHIPPING.format(path=folder / "shipped.ndjson"))
    return run("check", path)[0] == 0


class GrowingLog:
    """The examples of all rules, of this moment, again and again until it is closed."""

    def __init__(self, path):
        self.path = path
        self._ended = threading.Event()
        self._lines = [*example_lines(), *TROUBLESOME]
        self._append()
        self._thread = threading.Thread(target=self._grow)
        self._thread.start()

    def close(self):
        self._ended.set()
        self._thread.join()

    def _grow(self):
        while not self._ended.wait(BEAT_S):
            self._append()

    def _append(self):
        now = b'"timestamp":%d' % (time.time() * 1000)
        with open(self.path, "ab") as file:
            file.writelines(re.sub(rb'"timestamp":\d+', now, line) + b"\n" for line in self._lines)


class WatchedGallery:
    """close() ends all of it. `template`: of gallery_servers.make_template()."""

    def __init__(self, folder, template):
        self.folder = folder
        self.ships = knows_shipping(folder)
        with contextlib.ExitStack() as started:
            self._start(template, started)
            self.close = started.pop_all().close

    def _start(self, template, started):
        servers = GalleryServers(self.folder / "servers", template, POSTGRES_CONFIGURATION)
        started.callback(servers.remove)
        servers.postgres.execute(f"create extension pg_stat_statements; grant pg_monitor to {ROLE}")
        servers.redis.ask("CONFIG", "SET", "maxmemory", "1gb")
        servers.redis.ask("CONFIG", "SET", "appendonly", "yes")
        servers.redis.ask("GET", "what nobody has set")  # there is a ratio of hits from the first look-up on
        self.pages = PageServer({f"/{name}": growing((ROOT / f"tests/data/page/{name}.prom").read_text()) for name in PAGES})
        started.callback(self.pages.stop)
        self.log = GrowingLog(self.folder / "gallery.log")
        started.callback(self.log.close)
        self.daemon = servers.start(self._configuration(), machine_learning=True, IMMICH_TELEMETRY_INCLUDE="all").ready()
        wait_for_success(self.daemon, *COLLECTORS)
        self.ports = {"immich_api": self.daemon.api, "immich_microservices": self.daemon.microservices,
                      "immich_machine_learning": self.daemon.machine_learning}
        self.prometheus = PrometheusServer(self.folder, self.ports)
        started.callback(self.prometheus.stop)
        self.prometheus.wait_for(len(self.ports), "sum(up)")

    def _configuration(self):
        text = CONFIGURATION.format(pack=PACK, state=self.folder / "state", log=self.log.path, push=free_port())
        text += "scrapes:\n" + "".join(f"  - {{name: {name}, url: 'http://127.0.0.1:{self.pages.port}/{name}', endpoint: {endpoint}, "
                                       "interval_s: 5, proxy: ''}\n" for name, endpoint in PAGES.items())
        return text + (SHIPPING.format(path=self.folder / "shipped.ndjson") if self.ships else "")
