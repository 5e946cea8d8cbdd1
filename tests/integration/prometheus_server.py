"""A real Prometheus that scrapes our ports."""

import contextlib
import http.client
import json
import subprocess
import urllib.parse

from support import PATIENCE_S, free_port, need, wait_for


class PrometheusServer:
    """`targets`: name of a job → its port."""

    def __init__(self, folder, targets):
        config = folder / "prometheus.yml"
        config.write_text(self.configuration(targets))
        self.port = free_port()
        with open(folder / "prometheus.out", "wb") as log:
            self._process = subprocess.Popen([need("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb",
                                              f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)

    def configuration(self, targets):
        jobs = "".join(f"  - {{job_name: {name}, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n" for name, port in targets.items())
        return f"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{jobs}"

    def stop(self):
        self._process.kill()
        self._process.wait()

    def ask(self, path, **parameters):
        """The data of an answer of the API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            connection.request("GET", f"/api/v1/{path}?" + urllib.parse.urlencode(parameters, doseq=True))
            answer = json.load(connection.getresponse())
        if answer["status"] != "success":
            raise ValueError(f"{parameters}: {answer['error']}")
        return answer["data"]

    def query(self, expression):
        """The value of the first series; None without one."""
        result = self.ask("query", query=expression)["result"]
        return float(result[0]["value"][1]) if result else None

    def series(self, expression):
        """[(labels, value)] of all series."""
        return [(found["metric"], float(found["value"][1])) for found in self.ask("query", query=expression)["result"]]

    def wait_for(self, value, expression):
        def equals():
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                return self.query(expression) == value
        wait_for(f"{expression} is {value}", equals)
