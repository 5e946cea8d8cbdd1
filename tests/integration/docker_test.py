"""The stack of docker/: what can be proved of it without a Docker engine. `./dev image-check` proves the image."""

import copy
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest
import unittest.mock

import markdown
from compose_file import fill_in, load, problems, variables
from dashboard import promql_names
from metric_lists import find, known_metrics
from page_server import PageServer
from prometheus_server import PrometheusServer
from support import LOGMILL, PATIENCE_S, ROOT, Daemon, TestCase, free_ports, need, run, wait_for

sys.path.insert(0, str(ROOT / "packaging"))
import dockerfile   # noqa: E402
import image_check  # noqa: E402

DOCKER = ROOT / "docker"
GALLERY_SERVICES = {"immich-server", "immich-machine-learning", "redis", "database"}
GALLERY_CONTAINERS = {"immich_server", "immich_machine_learning", "immich_redis", "immich_postgres"}
# Of Gallery's .env, which Compose fills in; and our own, which docker/README.md explains.
GALLERY_VARIABLES = {"IMMICH_TELEMETRY_INCLUDE", "IMMICH_TELEMETRY_EXCLUDE", "TZ", "DB_URL", "DB_HOSTNAME", "DB_PORT", "DB_USERNAME",
                     "DB_PASSWORD", "DB_DATABASE_NAME", "DB_SSL_MODE", "REDIS_URL", "REDIS_HOSTNAME", "REDIS_PORT", "REDIS_USERNAME", "REDIS_PASSWORD",
                     "REDIS_DBINDEX", "REDIS_SOCKET", "REDIS_PASSWORD_FILE", *(f"DB_{name}_FILE" for name in ("URL", "HOSTNAME", "USERNAME", "PASSWORD", "DATABASE_NAME"))}
OWN_VARIABLES = {"LOGMILL_DIR", "LOGMILL_VERSION", "DOCKER_GID", "DOCKER_SOCKET", "GRAFANA_ADMIN_PASSWORD"}


def text_of(name):
    return (DOCKER / name).read_text()


def packages(kind):
    return re.findall(rf"^{kind} (\S+)$", (ROOT / "packaging/debian-packages.txt").read_text(), re.MULTILINE)


def project_version():
    return re.search(r"project\(logmill VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]


class ComposeTest(TestCase):
    def setUp(self):
        super().setUp()
        self.text = text_of("docker-compose.yml")
        self.content = fill_in(load(self.text), LOGMILL_DIR=str(ROOT))
        self.services = self.content["services"]

    def test_it_is_valid(self):
        self.assertEqual(problems(self.content), [])

    def test_the_schema_catches_what_people_mistype(self):
        def spoilt(*path, value=None, rename=None):
            content = copy.deepcopy(self.content)
            place = content
            for key in path[:-1]:
                place = place[key]
            if rename:
                place[rename] = place.pop(path[-1])
            else:
                place[path[-1]] = value
            return problems(content)

        for path, key in ((("services", "logmill", "volumes"), "volume"), (("services", "logmill", "read_only"), "readonly"),
                          (("services", "loki", "healthcheck", "interval"), "intervall"), (("volumes", "loki-data"), "loki_data"),
                          (("services",), "service")):
            self.assertTrue(spoilt(*path, rename=key), key)
        for path, value in ((("services", "logmill", "mem_limit"), "512 MB"), (("services", "loki", "image"), "grafana/loki"),
                            (("services", "loki", "restart"), "allways"), (("services", "loki", "healthcheck", "timeout"), "5 s"),
                            (("services", "loki", "read_only"), "yes please"), (("services", "immich-grafana", "ports"), ["3000"]),
                            (("services", "immich-grafana", "depends_on", "loki"), {"condition": "started"}),
                            (("services", "logmill", "volumes"), ["state"])):
            self.assertTrue(spoilt(*path, value=value), path)
        with self.assertRaises(Exception):
            load("services: {a: {image: 'x:1'}, a: {image: 'x:2'}}")

    def test_the_services_of_the_monitoring_page_are_there(self):
        prometheus, grafana = self.services["immich-prometheus"], self.services["immich-grafana"]
        self.assertEqual((prometheus["container_name"], prometheus["ports"]), ("immich_prometheus", ["9090:9090"]))
        self.assertEqual((grafana["container_name"], grafana["ports"]), ("immich_grafana", ["3000:3000"]))
        self.assertEqual(grafana["command"], ["./run.sh", "-disable-reporting"])
        self.assertIn("prometheus-data:/prometheus", prometheus["volumes"])
        self.assertIn("grafana-data:/var/lib/grafana", grafana["volumes"])
        self.assertEqual(self.services["elasticsearch"]["profiles"], ["elastic"])
        self.assertEqual([name for name, service in self.services.items() if "profiles" in service], ["elasticsearch", "elasticsearch-setup"])

    def test_it_takes_no_name_that_gallery_has(self):
        self.assertEqual(set(self.services) & GALLERY_SERVICES, set())
        containers = [service["container_name"] for service in self.services.values()]
        self.assertEqual(len(containers), len(set(containers)))
        self.assertEqual(set(containers) & GALLERY_CONTAINERS, set())

    def test_what_is_mounted_exists_and_what_is_named_is_declared(self):
        named = set()
        for name, service in self.services.items():
            for volume in service["volumes"]:
                source, target, *mode = volume.split(":")
                if not source.startswith("/"):
                    named.add(source)
                elif source != "/var/run/docker.sock":
                    self.assertTrue(pathlib.Path(source).exists(), f"{name}: {source}")
                if source.startswith("/"):
                    self.assertEqual(mode, ["ro"], f"{name}: {target} can be written to")
            self.assertLessEqual(set(service["networks"]), set(self.content["networks"]))
            self.assertLessEqual(set(service.get("depends_on", {})), set(self.services))
        self.assertEqual(named, set(self.content["volumes"]))

    def test_the_project_may_lie_beside_gallerys_file_or_elsewhere(self):
        for line in self.text.splitlines():
            if re.search(r"^\s*(- |context: )[^#]*/(docker|loki)/|context:", line):
                self.assertIn("${LOGMILL_DIR:-./logmill}", line)

    def test_images_are_pinned(self):
        for name, service in self.services.items():
            self.assertRegex(service["image"].rpartition(":")[2], r"^v?\d+\.\d+\.\d+$", name)
        self.assertEqual(self.services["logmill"]["image"], f"logmill:{project_version()}")
        build = self.services["logmill"]["build"]
        self.assertTrue((pathlib.Path(build["context"]) / build["dockerfile"]).exists())

    def test_every_service_is_hardened(self):
        for name, service in self.services.items():
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"], name)
            self.assertLessEqual({"mem_limit", "pids_limit", "healthcheck", "restart", "logging"}, set(service), name)
            self.assertEqual(service.get("read_only", False), name != "elasticsearch", name)
            self.assertEqual("test" in service["healthcheck"], name != "elasticsearch-setup", name)  # it ends
        self.assertEqual(self.services["logmill"]["healthcheck"]["test"], ["CMD", "/usr/bin/logmill", "health"])
        for name in ("immich-grafana", "loki", "elasticsearch", "elasticsearch-setup"):  # they have no business with the database
            self.assertEqual(self.services[name]["networks"], ["monitoring"])

    def test_elasticsearch_is_told_what_logs_look_like(self):
        """The setup's own script, against a server that is not there at first."""
        setup = self.services["elasticsearch-setup"]
        (port,), puts = free_ports(1), []

        class Store(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()

            def do_PUT(self):
                puts.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.do_GET()

            def log_message(self, *_):
                pass

        script = setup["command"][0].replace("$$", "$").replace("elasticsearch:9200", f"127.0.0.1:{port}")
        folder = ROOT / "packaging/elasticsearch"
        running = subprocess.Popen([*setup["entrypoint"], script.replace("/setup/", f"{folder}/")], stdout=subprocess.DEVNULL)
        time.sleep(0.2)
        server = http.server.HTTPServer(("127.0.0.1", port), Store)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            self.assertEqual(running.wait(PATIENCE_S), 0)
        finally:
            running.kill()
            running.wait()
            server.shutdown()
            server.server_close()
        self.assertEqual(puts, [("/_ilm/policy/logmill", json.loads((folder / "lifecycle.json").read_text())),
                                ("/_index_template/logmill", json.loads((folder / "index-template.json").read_text()))])

    def test_variables_are_gallerys_or_explained(self):
        self.assertEqual(variables(self.text), GALLERY_VARIABLES | OWN_VARIABLES)
        readme = text_of("README.md")
        for name in OWN_VARIABLES | {"IMMICH_TELEMETRY_INCLUDE", "IMMICH_LOG_FORMAT", "DB_PASSWORD"}:
            self.assertIn(f"`{name}`", readme)
        environment = self.services["logmill"]["environment"]
        self.assertEqual((environment["DB_HOSTNAME"], environment["REDIS_HOSTNAME"]), ("database", "redis"))
        for name in GALLERY_VARIABLES:
            self.assertIn("${" + name + ":-", self.text.split("  immich-prometheus:")[0])


class ConfigurationTest(TestCase):
    def setUp(self):
        super().setUp()
        self.prometheus = load(text_of("prometheus.yml"))
        self.daemon = load(text_of("logmill.yaml"))
        self.services = set(load(text_of("docker-compose.yml"))["services"]) | GALLERY_SERVICES
        self.jobs = {job["job_name"]: job for job in self.prometheus["scrape_configs"]}

    def targets(self, job):
        return [target for config in self.jobs[job]["static_configs"] for target in config["targets"]]

    def test_the_daemons_configuration_has_no_mistake(self):
        done = subprocess.run([LOGMILL, "check", DOCKER / "logmill.yaml"], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_prometheus_takes_its_configuration(self):
        for name in ("prometheus.yml", "alerts.yml"):
            shutil.copy(DOCKER / name, self.folder / name)
        done = subprocess.run([need("promtool"), "check", "config", self.folder / "prometheus.yml"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("WARNING", done.stdout + done.stderr)

    def test_the_jobs_of_the_monitoring_page_have_one_target_each(self):
        self.assertEqual(self.targets("immich_api"), ["logmill:8081"])
        self.assertEqual(self.targets("immich_microservices"), ["logmill:8082"])
        self.assertEqual(self.targets("immich_machine_learning"), ["immich-machine-learning:3003"])
        everything = [target for job in self.jobs for target in self.targets(job)]
        self.assertEqual(len(everything), len(set(everything)))

    def test_whoever_is_asked_is_a_service(self):
        asked = [target for job in self.jobs for target in self.targets(job) if not target.startswith("localhost:")]
        asked += re.findall(r"https?://([\w.:-]+)", re.sub(r"(?m)^\s*#.*$", "", text_of("logmill.yaml") + "".join(
            path.read_text() for path in sorted(DOCKER.glob("provisioning/*/*.yaml")))))
        self.assertGreaterEqual(len(asked), 9)
        for address in asked:
            self.assertIn(address.split(":")[0], self.services)

    def test_grafana_is_given_its_sources_and_its_dashboards(self):
        sources = load(text_of("provisioning/datasources/datasources.yaml"))["datasources"]
        self.assertEqual([(source["type"], source["url"]) for source in sources],
                         [("prometheus", "http://immich-prometheus:9090"), ("loki", "http://loki:3100")])
        self.assertEqual([source["name"] for source in sources if source.get("isDefault")], ["Prometheus"])
        folder = load(text_of("provisioning/dashboards/dashboards.yaml"))["providers"][0]["options"]["path"]
        grafana = fill_in(load(text_of("docker-compose.yml")))["services"]["immich-grafana"]
        mounted = [volume.split(":")[1] for volume in grafana["volumes"] if volume.endswith(":ro")]
        self.assertEqual(sorted(path for path in mounted if path.startswith(folder)),
                         [f"{folder}/{path.name}" for path in sorted(DOCKER.glob("grafana-dashboard*.json"))])

    def test_nothing_is_there_twice_under_the_jobs(self):
        """The daemon with this configuration, and Prometheus with its own; only addresses, intervals and the way of the log differ."""
        pages = PageServer({f"/{name}": (ROOT / f"tests/data/page/{name}.prom").read_bytes()
                            for name in ("gallery_api", "gallery_microservices", "machine_learning")})
        self.addCleanup(pages.stop)
        log = self.write("gallery.log", '{"level":"error","pid":8,"timestamp":1795338275310,'
                                        '"message":"Unable to run job handler (Ocr): Error: x"}\n')
        text = text_of("logmill.yaml").split("# The logs themselves.")[0]
        for old, new in ((r"listen: .*", ""), (r"state: \S+", f"state: {self.folder}"), (r"/var/lib/logmill", str(self.folder)),
                         (r"docker: \{labels.*", f"file: {log}"), (r"rules/packs/gallery.yaml", str(ROOT / "rules/packs/gallery.yaml")),
                         (r"http://immich-server:8081/metrics", f"http://127.0.0.1:{pages.port}/gallery_api"),
                         (r"http://immich-server:8082/metrics", f"http://127.0.0.1:{pages.port}/gallery_microservices"),
                         (r"http://immich-machine-learning:3003/metrics", f"http://127.0.0.1:{pages.port}/machine_learning")):
            text, count = re.subn(old, new, text)
            self.assertGreater(count, 0, old)
        daemon = Daemon(self.folder, text, machine_learning=True)
        self.addCleanup(daemon.stop)
        daemon.ready()
        prometheus = StackPrometheus(self.folder, {"logmill:8081": daemon.api, "logmill:8082": daemon.microservices,
                                                   "immich-machine-learning:3003": pages.port}, {"/metrics": "/machine_learning"})
        self.addCleanup(prometheus.stop)
        for job in ("immich_api", "immich_microservices", "immich_machine_learning"):
            prometheus.wait_for(1, f'up{{job="{job}"}}')
        for name, job in (("immich_users_total", "immich_api"), ("http_server_request_count_total", "immich_api"),
                          ("immich_ml_requests_total", "immich_machine_learning"),
                          ("immich_ml_model_load_duration_ms_count", "immich_machine_learning")):
            wait_for(f"{name} under {job}", lambda: (prometheus.query(f'count({name}{{job="{job}"}})') or 0) > 0)
            self.assertEqual(prometheus.query(f"count(count by (job, instance) ({name}))"), 1)
        prometheus.wait_for(1, 'immich_job_failures_total{job="immich_microservices", exported_job="Ocr"}')


class StackPrometheus(PrometheusServer):
    """Prometheus with docker/prometheus.yml and docker/alerts.yml. `targets`: what stands there → a port of this machine."""

    def __init__(self, folder, targets, machine_learning_path):
        text = text_of("prometheus.yml").replace("_interval: 15s", "_interval: 1s").replace("scrape_timeout: 10s", "scrape_timeout: 1s")
        for name, port in targets.items():
            text = text.replace(name, f"127.0.0.1:{port}")
        before, job, after = text.partition("job_name: immich_machine_learning")
        for path, other in machine_learning_path.items():
            after = after.replace(path, other, 1)
        self._text = before + job + after
        shutil.copy(DOCKER / "alerts.yml", folder)
        super().__init__(folder, {})

    def configuration(self, targets):
        return self._text


class AlertsTest(TestCase):
    def setUp(self):
        super().setUp()
        self.alerts = [rule for group in load(text_of("alerts.yml"))["groups"] for rule in group["rules"]]
        self.tests = load(text_of("alerts_test.yml"))["tests"]

    def test_they_say_what_their_tests_expect(self):
        for verb in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
            done = subprocess.run([need("promtool"), *verb], cwd=DOCKER, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_has_a_case_in_which_it_fires_and_a_near_miss(self):
        expected = {(f"{alert['alert']} {what}") for alert in self.alerts for what in ("fires", "does not")}
        self.assertEqual({test["name"] for test in self.tests}, expected)
        for test in self.tests:
            checks = test["alert_rule_test"]
            self.assertTrue(all(check["alertname"] == test["name"].split()[0] for check in checks), test["name"])
            self.assertTrue(all(bool(check["exp_alerts"]) == test["name"].endswith("fires") for check in checks), test["name"])
            fired = [case for case in self.tests if case["name"] == checks[0]["alertname"] + " fires"][0]
            series = [set(re.findall(r"^[\w:]+", one["series"])[0] for one in case["input_series"]) for case in (test, fired)]
            self.assertTrue(series[0] & series[1], f"{test['name']}: a near miss has to be about the same metrics")

    def test_each_metric_exists(self):
        known = known_metrics()
        for alert in self.alerts:
            names, patterns = promql_names(alert["expr"])
            self.assertTrue(names and not patterns, alert["alert"])
            self.assertEqual({name for name in names - {"up"} if not find(name, known)}, set(), alert["alert"])

    def test_each_label_exists(self):
        known = known_metrics()
        for alert in self.alerts:
            for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", alert["expr"]):
                exist = {"job"} if name == "up" else find(name, known).labels
                self.assertLessEqual(set(re.findall(r"(\w+)[=!]", matchers)), exist, f"{alert['alert']}: {name}")

    def test_each_says_whom_it_wakes_and_has_a_page(self):
        page = (ROOT / "docs/alerts.md").read_text()
        headings = re.findall(r"^### (\w+)$", page, re.MULTILINE)
        self.assertEqual(headings, [alert["alert"] for alert in self.alerts])
        for alert in self.alerts:
            self.assertIn(alert["labels"]["severity"], ("critical", "warning"))
            self.assertIn(alert["labels"]["role"], ("application", "infrastructure", "monitoring"))
            self.assertEqual(alert["annotations"]["runbook_url"], f"docs/alerts.md#{alert['alert'].lower()}")
            self.assertLessEqual({"summary", "description"}, set(alert["annotations"]))
            section = re.search(rf"^### {alert['alert']}$(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)[1]
            for word in ("**Means.**", "ook at**", "**Do.**" if "**do**" not in section else "**do**"):
                self.assertIn(word, section, alert["alert"])

    def test_thresholds_are_argued(self):
        text = text_of("alerts.yml")
        without = re.findall(r"(?<!\n)\n\n      - alert: (\w+)", text)
        self.assertEqual(without, ["GalleryStartFails"])  # any one is too many, and the description says so

    def test_links_lead_somewhere(self):
        for page in (ROOT / "docs/alerts.md", DOCKER / "README.md"):
            self.assertEqual(markdown.broken_links(page), [])


class ImageTest(TestCase):
    def setUp(self):
        super().setUp()
        self.stages = dockerfile.stages(text_of("Dockerfile"))
        self.build, self.image = self.stages

    def output(self, program, *arguments):
        return subprocess.run([need(program), *arguments], capture_output=True, text=True).stdout

    def test_it_runs_as_an_ordinary_user_and_asks_itself_for_its_health(self):
        self.assertRegex(self.image.last("USER").text, r"^[1-9]\d{3,}:[1-9]\d{3,}$")
        self.assertEqual(self.image.last("STOPSIGNAL").text, "SIGTERM")
        self.assertIn('CMD ["/usr/bin/logmill", "health"]', self.image.last("HEALTHCHECK").text)
        self.assertEqual(self.image.last("VOLUME").words(), ["/var/lib/logmill"])
        self.assertEqual(self.image.last("EXPOSE").words(), ["8081", "8082", "3003"])
        self.assertEqual((self.image.last("ENTRYPOINT").words(), self.image.last("CMD").words()), (["/usr/bin/logmill"], ["run"]))
        self.assertIn(f'org.opencontainers.image.version="{project_version()}"', self.image.last("LABEL").text)
        self.assertEqual({stage.image for stage in self.stages}, {"debian:12-slim"})

    def test_all_that_is_built_is_copied(self):
        copied = {step.words()[0] for step in self.build.instructions if step.name == "COPY"}
        top = (ROOT / "CMakeLists.txt").read_text().split("if(LOGMILL_TESTS)\n  enable_testing")[0]
        folders = set(re.findall(r"add_subdirectory\((\w+)\)", top))
        self.assertEqual(copied, folders | {"cmake", "CMakeLists.txt", "packaging/debian-packages.txt"})
        for step in self.build.instructions + self.image.instructions:
            if step.name == "COPY" and "from" not in step.flags():
                self.assertTrue(all((ROOT / source).exists() for source in step.words()[:-1]), step.text)

    def test_packages_come_from_the_one_list(self):
        for stage, kind in ((self.build, "build"), (self.image, "run")):
            installs = [step.text for step in stage.instructions if step.name == "RUN" and "apt-get install" in step.text]
            self.assertEqual(len(installs), 1)
            self.assertRegex(installs[0], rf"sed -n 's/\^{kind} //p' \S+debian-packages.txt \| \S+ xargs apt-get install (-\S+ )+(&&|$)|"
                                          rf"sed -n 's/\^{kind} //p' \S+debian-packages.txt \| \S+ xargs apt-get install (-\S+ ?)+$")
            self.assertTrue(packages(kind))

    def test_the_list_of_what_it_needs_at_run_time_is_true(self):
        needed = re.findall(r"\(NEEDED\).*\[(.+)\]", self.output("readelf", "-d", LOGMILL))
        where = dict(re.findall(r"(\S+) => (\S+)", self.output("ldd", LOGMILL)))
        self.assertGreater(len(needed), 5)
        linked = set()
        for library in needed:
            path = where[library]
            usual = [path, "/usr" + path, path.removeprefix("/usr")]  # dpkg knows a file by where its package put it
            found = self.output("dpkg", "-S", *usual)
            self.assertTrue(found, f"no package has {path}")
            linked.add(found.split(":")[0])
        listed = set(packages("run"))
        self.assertEqual(linked, {name for name in listed if name.startswith(("lib", "zlib"))})
        self.assertEqual(listed - linked, {"ca-certificates", "tzdata"})  # what it reads: whom to trust, and zones

    def test_a_dockerfile_is_taken_apart_and_nothing_is_passed_over(self):
        stages = dockerfile.stages("# a\nFROM x:1 AS one\nRUN a \\\n # no\n  && b\nCOPY --from=one --chown=1:1 c d /e/\n"
                                   'FROM y:2\nCMD ["f g", "h"]\n')
        self.assertEqual([(stage.name, stage.image) for stage in stages], [("one", "x:1"), ("1", "y:2")])
        run_step, copy_step = stages[0].instructions
        self.assertEqual((run_step.text, run_step.line), ("a && b", 3))
        self.assertEqual((copy_step.flags(), copy_step.words()), ({"from": "one", "chown": "1:1"}, ["c", "d", "/e/"]))
        self.assertEqual(stages[1].last("CMD").words(), ["f g", "h"])
        for text in ("FROM x\nADD a b\n", "RUN a\n", "FROM x\nrun a\n"):
            with self.assertRaisesRegex(ValueError, "line"):
                dockerfile.stages(text)

    def test_the_image_check_says_what_it_lacks(self):
        for patch, message in ((unittest.mock.patch.object(os, "geteuid", return_value=1000), "as root"),
                               (unittest.mock.patch.object(shutil, "which", return_value=None), "debootstrap is missing")):
            with unittest.mock.patch.object(os, "geteuid", return_value=0), patch, \
                    unittest.mock.patch.object(sys, "argv", ["image-check", "--folder", str(self.folder)]):
                with self.assertRaisesRegex(SystemExit, message):
                    image_check.main()


if __name__ == "__main__":
    unittest.main()
