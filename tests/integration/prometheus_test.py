"""The real Prometheus and its promtool read our pages."""

import json
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from support import ROOT, PATIENCE_S, TestCase, free_port, need, wait_for

PACK = ROOT / "rules/packs/gallery.yaml"


class PrometheusTest(TestCase):
    def setUp(self):
        super().setUp()
        log = (ROOT / "tests/data/packs/gallery.log").read_bytes()
        self.write("gallery.log", log)
        self.daemon = self.start(f"telemetry: {{include: all}}\nrules: ['{PACK}']\nsources: [{{file: gallery.log}}]\n").ready()

    def test_promtool_finds_nothing_to_complain_about(self):
        for port in (self.daemon.api, self.daemon.microservices):
            done = subprocess.run([need("promtool"), "check", "metrics"], input=self.daemon.metrics(port).encode(), capture_output=True,
                                  timeout=PATIENCE_S)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def query(self, port, expression):
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
            result = json.load(response)["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def test_prometheus_scrapes_both_ports(self):
        port = free_port()
        config = self.write("prometheus.yml", f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - {{job_name: immich_api, static_configs: [{{targets: ['127.0.0.1:{self.daemon.api}']}}]}}
  - {{job_name: immich_microservices, static_configs: [{{targets: ['127.0.0.1:{self.daemon.microservices}']}}]}}
""")
        with open(self.folder / "prometheus.out", "wb") as log:
            server = subprocess.Popen([need("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={self.folder}/tsdb",
                                       f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

        def equals(expression, value):
            def check():
                try:
                    return self.query(port, expression) == value
                except (OSError, urllib.error.URLError):
                    return False
            wait_for(f"{expression} is {value}", check)

        equals('sum(up{job=~"immich_.*"})', 2)
        log = (ROOT / "tests/data/packs/gallery.log").read_bytes()
        records = sum(1 for line in log.splitlines() if line.startswith(b'{"level"'))
        equals('sum(immich_log_messages_total{job="immich_api"})', records)
        failures = log.count(b'"message":"Unable to run job handler (')
        self.assertGreater(failures, 0)
        equals('sum(immich_job_failures_total{job="immich_microservices"})', failures)
        equals('count(scrape_samples_scraped > 0)', 2)


if __name__ == "__main__":
    unittest.main()
