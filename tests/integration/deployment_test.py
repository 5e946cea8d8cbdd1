"""What people deploy: the systemd unit, Kubernetes manifests, the examples for other services. And the pages that tell how."""

import collections
import re
import shutil
import subprocess
import unittest

import yaml

import markdown
from schemas import mistakes, schema
from support import LOGMILL, ROOT, TestCase, clean_environment, need, run, samples, wait_for

PACK = ROOT / "rules/packs/gallery.yaml"
EXAMPLES = ROOT / "examples/configs"
WORST_EXPOSURE = 20  # tenths: systemd calls 2.0 "OK", 0 is a service that may do nothing


def check_in_project(path):
    """`logmill check` as in the image: paths that do not exist beside the file are meant from the folder with rules/packs."""
    done = subprocess.run([LOGMILL, "check", path], cwd=ROOT, capture_output=True, text=True, env=clean_environment())
    return done.returncode, done.stdout + done.stderr


class SystemdTest(TestCase):
    def setUp(self):
        super().setUp()
        # systemd wants the program to be there, under a path that it could have.
        program = self.folder / "logmill"
        shutil.copy(LOGMILL, program)
        text = (ROOT / "packaging/logmill.service").read_text()
        self.assertIn("ExecStart=/usr/local/bin/logmill ", text)
        self.unit = self.write("logmill.service", text.replace("/usr/local/bin/logmill ", f"{program} "))
        self.settings = collections.defaultdict(list)
        for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
            self.settings[key].append(value)

    def analyze(self, *arguments):
        done = subprocess.run([need("systemd-analyze"), *arguments, self.unit], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_systemd_understands_every_line(self):
        code, out = self.analyze("verify", "--man=no")
        self.assertEqual((code, out), (0, ""))

    def test_a_line_that_systemd_does_not_know_would_be_noticed(self):
        self.unit.write_text(self.unit.read_text().replace("LimitNOFILE=", "LimitNOFILES="))
        self.assertIn("LimitNOFILES", self.analyze("verify", "--man=no")[1])

    def test_it_may_do_little(self):
        code, out = self.analyze("security", "--offline=yes", f"--threshold={WORST_EXPOSURE}", "--no-pager")
        self.assertEqual(code, 0, out)
        exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", out)[1])
        page = (ROOT / "docs/installing.md").read_text()
        self.assertIn(f"rates that {exposure}", page)

    def test_the_steps_of_the_installing_page_put_everything_where_the_unit_looks(self):
        page = (ROOT / "docs/installing.md").read_text()
        steps = re.findall(r"^ {4}sudo (install .*)$", page, re.MULTILINE)
        self.assertEqual(len(steps), 4)
        root = self.folder / "root"
        for step in steps:
            step = step.replace("build/release/logmill", LOGMILL).replace(" /usr", f" {root}/usr").replace(" /etc", f" {root}/etc")
            subprocess.run(["sh", "-c", step], cwd=ROOT, check=True)
        self.assertTrue((root / "etc/systemd/system/logmill.service").exists())
        program, _, _, configuration = self.settings["ExecStart"][0].split()
        inside = root / configuration.lstrip("/")
        inside.write_text(markdown.blocks(page, "yaml")[0])
        folder = root / self.settings["WorkingDirectory"][0].lstrip("-/")
        done = subprocess.run([root / program.lstrip("/"), "check", inside], cwd=folder, capture_output=True, text=True, env=clean_environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_the_program_needs_is_left_to_it(self):
        self.assertEqual(self.settings["StateDirectory"], ["logmill"])
        self.assertNotEqual(self.settings["ProcSubset"], ["pid"])     # the host collector
        self.assertEqual(self.settings["Type"], ["exec"])             # it sends no notification
        self.assertIn("AF_UNIX", self.settings["RestrictAddressFamilies"][0])  # Docker's socket, PostgreSQL's, Redis'
        self.assertGreaterEqual(int(self.settings["TimeoutStopSec"][0]), 15)


class KubernetesTest(TestCase):
    FILES = sorted((ROOT / "packaging/kubernetes").glob("*.yaml"))

    def documents(self):
        return [(path.name, document) for path in self.FILES for document in yaml.safe_load_all(path.read_text())]

    def pods(self):
        """(file, labels, specification, all containers) of each pod template."""
        for name, document in self.documents():
            if document["kind"] in ("Deployment", "DaemonSet"):
                template = document["spec"]["template"]
                self.assertEqual(document["spec"]["selector"]["matchLabels"], template["metadata"]["labels"])
                spec = template["spec"]
                yield name, document, spec, spec.get("initContainers", []) + spec["containers"]

    def test_manifests_keep_to_the_schema(self):
        self.assertEqual([path.name for path in self.FILES], ["collectors.yaml", "daemonset.yaml", "podmonitor.yaml", "servicemonitor.yaml", "sidecar.yaml"])
        for name, document in self.documents():
            with self.subTest(file=name, kind=document.get("kind")):
                validator = schema("kubernetes", oneOf=[{"$ref": f"#/$defs/{document['kind']}"}])
                self.assertEqual(mistakes(validator, document), [])

    def test_what_is_wrong_in_a_manifest_is_noticed(self):
        document = next(document for _, document in self.documents() if document["kind"] == "DaemonSet")
        validator = schema("kubernetes", oneOf=[{"$ref": "#/$defs/DaemonSet"}])
        whole = yaml.safe_dump(document)
        for old, new in (("mountPath:", "mountpath:"), ("readOnly: true", "readonly: true"), ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"),
                         ("image: logmill:0.1.0", "image: logmill"), ("hostPath:", "hostpath:"), ("memory: 64Mi", "memory: 64 Mi"), ("drop:", "add:")):
            self.assertIn(old, whole)
            self.assertTrue(mistakes(validator, yaml.safe_load(whole.replace(old, new))), new)

    def test_every_mount_has_its_volume_and_every_volume_a_mount(self):
        for name, document, spec, containers in self.pods():
            volumes = {volume["name"]: volume for volume in spec["volumes"]}
            mounts = [mount for container in containers for mount in container["volumeMounts"]]
            self.assertEqual({mount["name"] for mount in mounts}, set(volumes), name)
            maps = {found["metadata"]["name"] for _, found in self.documents() if found["kind"] == "ConfigMap"}
            for volume in volumes.values():
                if "configMap" in volume:
                    self.assertIn(volume["configMap"]["name"], maps)
            for container in containers:
                paths = [mount["mountPath"] for mount in container["volumeMounts"]]
                self.assertEqual(len(set(paths)), len(paths), name)

    def test_logs_of_the_host_cannot_be_written(self):
        for _, _, spec, containers in self.pods():
            host = {volume["name"]: volume["hostPath"]["path"] for volume in spec["volumes"] if "hostPath" in volume}
            for container in containers:
                for mount in container["volumeMounts"]:
                    if host.get(mount["name"], "").startswith("/var/log"):
                        self.assertTrue(mount.get("readOnly"))

    def test_probes_ask_ports_that_are_there_for_pages_that_are_there(self):
        asked = 0
        for name, _, _, containers in self.pods():
            names = [port["name"] for container in containers for port in container.get("ports", [])]
            numbers = [port["containerPort"] for container in containers for port in container.get("ports", [])]
            self.assertEqual((len(set(names)), len(set(numbers))), (len(names), len(numbers)), name)  # a pod has one address
            for container in containers:
                ports = {port["name"] for port in container.get("ports", [])}
                for kind, path in (("livenessProbe", "/-/healthy"), ("readinessProbe", "/-/ready")):
                    if kind in container and container["name"] == "logmill":
                        asked += 1
                        self.assertEqual(container[kind]["httpGet"]["path"], path)
                    if kind in container:
                        self.assertIn(container[kind]["httpGet"]["port"], ports)
        self.assertEqual(asked, 5)

    def test_a_sidecar_never_takes_its_server_out_of_service(self):
        spec = next(spec for name, _, spec, _ in self.pods() if name == "sidecar.yaml")
        sidecars = spec["initContainers"]
        self.assertEqual({container["restartPolicy"] for container in sidecars}, {"Always"})
        self.assertFalse([container["name"] for container in sidecars if "readinessProbe" in container])

    def test_one_image_everywhere(self):
        images = {container["image"] for _, _, _, containers in self.pods() for container in containers if container["name"] == "logmill"}
        version = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual(images, {f"logmill:{version}"})
        self.assertIn(f"logmill:{version}", (ROOT / "packaging/kubernetes/README.md").read_text())

    def test_configurations_are_right_and_fit_their_pods(self):
        checked = 0
        for name, document in self.documents():
            if document["kind"] != "ConfigMap":
                continue
            text = document["data"]["logmill.yaml"]
            code, out = check_in_project(self.write("logmill.yaml", text))
            self.assertEqual(code, 0, f"{name}: {out}")
            configuration = yaml.safe_load(text)
            _, _, spec, containers = next(pod for pod in self.pods() if pod[0] == name)
            container = next(container for container in containers if container["name"] == "logmill")
            ports = {f":{port['containerPort']}" for port in container["ports"]}
            self.assertEqual(set(configuration["listen"].values()), ports)
            writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
            self.assertEqual(writable, [configuration["state"]])
            readable = tuple(mount["mountPath"] for mount in container["volumeMounts"])
            self.assertEqual("sources" in configuration, name != "collectors.yaml", name)
            for source in configuration.get("sources", []):
                self.assertTrue(source["file"].startswith(readable), source)
            self.assertEqual(container["args"], ["run", "--config", "/etc/logmill/logmill.yaml"])
            checked += 1
        self.assertEqual(checked, 3)

    def test_the_monitor_finds_the_services_and_the_services_the_pods(self):
        monitor = next(document for _, document in self.documents() if document["kind"] == "ServiceMonitor")
        pods = {tuple(document["spec"]["template"]["metadata"]["labels"].items()): document for name, document in self.documents()
                if document["kind"] in ("Deployment", "DaemonSet") and name != "sidecar.yaml"}
        services = [document for _, document in self.documents() if document["kind"] == "Service"]
        self.assertEqual(len(services), len(pods))
        for service in services:
            self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(), service["metadata"]["labels"].items())
            self.assertEqual(monitor["spec"]["namespaceSelector"]["matchNames"], [service["metadata"]["namespace"]])
            self.assertLessEqual({endpoint["port"] for endpoint in monitor["spec"]["endpoints"]}, {port["name"] for port in service["spec"]["ports"]})
            container = pods.pop(tuple(service["spec"]["selector"].items()))["spec"]["template"]["spec"]["containers"][0]
            self.assertEqual({port["targetPort"]: port["port"] for port in service["spec"]["ports"]},
                             {port["name"]: port["containerPort"] for port in container["ports"]})

    def test_the_monitor_of_pods_finds_the_sidecar(self):
        monitor = next(document for _, document in self.documents() if document["kind"] == "PodMonitor")
        deployment = next(document for name, document in self.documents() if name == "sidecar.yaml" and document["kind"] == "Deployment")
        self.assertEqual(monitor["metadata"]["namespace"], deployment["metadata"]["namespace"])
        template = deployment["spec"]["template"]
        self.assertEqual(monitor["spec"]["selector"]["matchLabels"], template["metadata"]["labels"])
        ports = {port["name"] for container in template["spec"]["initContainers"] for port in container.get("ports", [])}
        self.assertEqual({endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]}, ports)

    def test_jobs_are_called_as_alerts_and_dashboards_ask_for_them(self):
        asked = {job["job_name"] for job in yaml.safe_load((ROOT / "docker/prometheus.yml").read_text())["scrape_configs"]}
        for name, document in self.documents():
            for endpoint in document.get("spec", {}).get("endpoints", []) + document.get("spec", {}).get("podMetricsEndpoints", []):
                job = endpoint["relabelings"][0]["replacement"]
                self.assertIn(job, asked, name)
                self.assertEqual(job == "immich_api", "api" in endpoint["port"], name)

    def test_a_secret_that_is_mounted_is_one_that_the_page_makes(self):
        page = (ROOT / "packaging/kubernetes/README.md").read_text()
        for name, document in self.documents():
            if document["kind"] == "Deployment":
                secret = next(volume["secret"]["secretName"] for volume in document["spec"]["template"]["spec"]["volumes"] if "secret" in volume)
                self.assertIn(f"kubectl -n {document['metadata']['namespace']} create secret generic {secret} --from-literal=db-password=", page)

    def test_the_pack_counts_the_same_whether_lines_are_joined_or_not(self):
        """Files of the kubelet with a real server's log, and what the pack's own tests have of blocks."""
        lines = (ROOT / "tests/data/packs/gallery.log").read_text().splitlines()
        for rule in yaml.safe_load(PACK.read_text())["rules"]:
            for test in rule.get("tests", []):
                lines += test.get("lines", [])
        log = self.write("0.log", "".join(f"2026-11-22T09:24:30.123456789Z stdout F {line}\n" for line in lines))
        pages = []
        for join in ("", ", join: traces"):
            daemon = self.start(f"telemetry: {{include: all}}\ncollectors: {{host: false}}\nrules: ['{PACK}']\n"
                                f"sources:\n  - {{name: gallery, file: '{log}', format: cri{join}}}\n")
            daemon.ready()
            daemon.wait_for_sample(len(lines), "logmill_lines_total", source="gallery")
            pages.append({series: value for port in (daemon.api, daemon.microservices) for series, value in samples(daemon.metrics(port)).items()
                          if series[0].startswith("immich_")})
            daemon.stop()
        self.assertGreater(sum(value for (name, _), value in pages[0].items() if name == "immich_process_crashes_total"), 0)
        self.assertEqual(pages[0], pages[1])

    def test_files_of_the_kubelet_are_read_by_the_pattern(self):
        text = next(document["data"]["logmill.yaml"] for name, document in self.documents() if (name, document["kind"]) == ("daemonset.yaml", "ConfigMap"))
        pattern = yaml.safe_load(text)["sources"][0]["file"]
        folder = self.folder / "pods/gallery_gallery-6f_0b7c/server"
        folder.mkdir(parents=True)
        time = "2026-11-22T09:24:30.123456789Z"
        line = '{"level":"error","pid":8,"timestamp":1795338275310,"message":"no","context":"ApiService"}'
        (folder / "0.log").write_text(f"{time} stderr P {line[:30]}\n{time} stderr F {line[30:]}\n{time} stdout F Starting api worker\n")
        daemon = self.start(f"telemetry: {{include: all}}\ncollectors: {{host: false}}\nrules: ['{PACK}']\nsources:\n"
                            f"  - {{name: gallery, file: '{pattern.replace('/var/log/pods', str(self.folder / 'pods'))}', format: cri, join: traces}}\n")
        daemon.ready()
        daemon.wait_for_sample(1, "immich_log_messages_total", level="error", context="ApiService")
        daemon.wait_for_sample(1, "immich_worker_starts_total", worker="api")


class ExampleConfigurationsTest(TestCase):
    NAMES = ["ecs", "nest", "pino", "slog", "zap"]

    def rule_files(self, name):
        configuration = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
        return [(EXAMPLES / rules).resolve() for rules in configuration["rules"]], configuration["sources"][0]["keys"]

    def test_configurations_and_rules_are_right(self):
        self.assertEqual(sorted(path.stem for path in EXAMPLES.glob("*.jsonl")), self.NAMES)
        for name in self.NAMES:
            code, out, _ = run("check", EXAMPLES / f"{name}.yaml")
            self.assertEqual(code, 0, out)
            code, out, _ = run("test", *self.rule_files(name)[0])
            self.assertEqual(code, 0, out)
            self.assertNotIn("0 passed", out)

    def test_every_rule_has_a_test(self):
        for name in self.NAMES:
            for path in self.rule_files(name)[0]:
                for rule in yaml.safe_load(path.read_text())["rules"]:
                    self.assertTrue(rule.get("tests"), f"{path.name}: {rule['name']}")

    def test_sample_logs_give_the_expected_page(self):
        for name in self.NAMES:
            rules, keys = self.rule_files(name)
            preset = keys if isinstance(keys, str) else keys["preset"]
            options = [option for path in rules for option in ("--rules", path)]
            code, page, _ = run("replay", "--quiet", *options, "--keys", preset, EXAMPLES / f"{name}.jsonl")
            self.assertEqual(code, 0)
            expected = samples((EXAMPLES / f"{name}.expected").read_text())
            self.assertGreater(len(expected), 5)
            have = samples(page)
            self.assertEqual({key: have.get(key) for key in expected}, expected, name)

    def test_with_the_wrong_keys_the_page_is_another(self):
        rules, _ = self.rule_files("slog")
        _, page, _ = run("replay", "--quiet", "--rules", rules[0], "--keys", "gallery", EXAMPLES / "slog.jsonl")
        self.assertNotEqual(samples(page).get(("importer_last_run_timestamp_seconds", frozenset())), 1795343070.5)


class PagesTest(TestCase):
    def test_the_commands_of_the_quick_start_lead_to_a_graph(self):
        need("prometheus"), need("curl")
        self.assertGreaterEqual(markdown.run_commands(ROOT / "docs/quickstart.md", self.folder), 6)

    def test_the_commands_of_the_using_page_work(self):
        self.assertGreaterEqual(markdown.run_commands(ROOT / "docs/using.md", self.folder), 2)

    def test_the_expressions_of_the_using_page_are_right(self):
        table = (ROOT / "docs/using.md").read_text().partition("## Questions")[2].partition("##")[0]
        cells = [row.replace("\\|", "/").split("|")[2].replace("/", "|") for row in table.splitlines() if row.startswith("| ") and "`" in row]
        rules = [{"record": f"x{number}_{i}", "expr": expression} for number, cell in enumerate(cells) for i, expression in enumerate(re.findall("`([^`]+)`", cell))]
        self.assertGreater(len(rules), 10)
        path = self.write("rules.yml", yaml.safe_dump({"groups": [{"name": "questions", "rules": rules}]}))
        done = subprocess.run([need("promtool"), "check", "rules", path], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_command_that_fails_or_prints_something_else_is_noticed(self):
        for number, text in enumerate(("```sh run\nfalse\n```\n", "```sh run\necho one\n```\n\n```text\ntwo\n```\n")):
            folder = self.folder / str(number)
            folder.mkdir()
            page = folder / "page.md"
            page.write_text(text)
            with self.assertRaises(AssertionError):
                markdown.run_commands(page, folder)

    def test_configurations_in_the_pages_are_right(self):
        for name, least in (("installing", 1), ("privacy", 1)):
            blocks = markdown.blocks((ROOT / f"docs/{name}.md").read_text(), "yaml")
            self.assertGreaterEqual(len(blocks), least)
            for block in blocks:
                code, out = check_in_project(self.write("page.yaml", block))
                self.assertEqual(code, 0, out)

    def test_what_the_troubleshooting_page_quotes_is_what_the_program_says(self):
        page = " ".join((ROOT / "docs/troubleshooting.md").read_text().split())
        log = self.write("x.log", "")
        daemon = self.start(f"telemetry: {{include: job}}\nsources: [{{file: '{log}'}}, {{docker: {{socket: '{self.folder}/none.sock'}}}}]\n")
        for quote in ("No state folder is set", "cannot connect"):
            self.assertIn(quote, page)
            wait_for(quote, lambda quote=quote: daemon.alive() and quote in daemon.output())
        source = (ROOT / "daemon").glob("*.cc")
        text = "".join(path.read_text() for path in source) + "".join(path.read_text() for path in (ROOT / "checkpoint").glob("*.cc"))
        for quote in ("No telemetry group is included, so no metrics endpoint is open", "reading what was logged before the start", "is in use by another logmill"):
            self.assertIn(quote, page)
            self.assertIn(quote, text)

    def test_the_reasons_of_rejects_are_all_explained(self):
        page = (ROOT / "docs/troubleshooting.md").read_text()
        names = re.findall(r'return "(\w+)"', re.search(r"RejectName\(.*?^}", (ROOT / "ingest/decoder.cc").read_text(), re.DOTALL | re.MULTILINE)[0])
        self.assertGreaterEqual(len(names), 5)
        self.assertEqual([name for name in names if f"`{name}`" not in page and name != "unknown"], [])


if __name__ == "__main__":
    unittest.main()
