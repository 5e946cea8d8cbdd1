"""The dashboards show what they promise, and every metric that a dashboard or a page of the documentation names exists."""

import contextlib
import json
import math
import pathlib
import re
import tempfile
import time
import unittest

import yaml

from dashboard import Dashboard, legend_labels, promql_names
from gallery_servers import make_template
from logql import LogqlError, shipped_records
from metric_lists import DOCS, find, known_metrics, listed, sometimes_absent, tables
from panel_logql import fill, parse_panel
from support import PATIENCE_S, ROOT, get, wait_for
from watched_gallery import PACK, PAGES, WatchedGallery, example_lines

METRICS = Dashboard(ROOT / "docker/grafana-dashboard.json")
LOGS = Dashboard(ROOT / "docker/grafana-dashboard-logs.json")
BOARDS = [METRICS, LOGS]

# The metrics of Gallery's monitoring page: type, labels, telemetry group, port.
PROMISED = {
    "immich_users_total": ("gauge", "", "api", "8081"),
    "immich_assets_total": ("gauge", "type", "app", "8081"),
    "immich_assets_storage_bytes": ("gauge", "type", "app", "8081"),
    "immich_users_assets_total": ("gauge", "user_id type", "app", "8081"),
    "immich_users_storage_bytes": ("gauge", "user_id type", "app", "8081"),
    "immich_search_embedding_coverage_ratio": ("gauge", "", "app", "8081"),
    "immich_faces_total": ("gauge", "", "app", "8081"),
    "immich_people_total": ("gauge", "", "app", "8081"),
    "immich_assets_trash_total": ("gauge", "", "app", "8081"),
    "immich_assets_external_total": ("gauge", "", "app", "8081"),
    "immich_queues_jobs": ("gauge", "queue status", "job", "8082"),
    "immich_queues_oldest_job_age_seconds": ("gauge", "queue status", "job", "8082"),
    "immich_ml_requests_total": ("counter", "task type status", "-", "3003"),
    "immich_ml_request_duration_ms": ("histogram", "task type status", "-", "3003"),
    "immich_ml_active_requests": ("gauge", "", "-", "3003"),
    "immich_ml_model_cache_entries": ("gauge", "task type", "-", "3003"),
    "immich_ml_model_load_duration_ms": ("histogram", "task type status", "-", "3003"),
}
UNITS = set("short s ms bytes Bps percentunit reqps ops pps cps cpm bool_yes_no dateTimeFromNow".split())  # of Grafana's, those used here
OF_GRAFANA = {"__rate_interval", "__interval", "__range"}
OF_PROMETHEUS = {"up"}
PREFIXES = "immich|logmill|postgres_server|redis_server|http_server|http_client|system|process"
NO_METRICS = {"immich_api", "immich_microservices", "immich_machine_learning",  # jobs of Prometheus
              "immich_bull",                                                     # the prefix of queues in Redis
              "logmill_id",                                                      # a field of shipped records
              "immich_server", "immich_prometheus", "immich_grafana"}            # containers
SHIPPING = re.compile(r"\blogmill_(ship|spool)_")


def variables_in(text):
    """Names of variables that Grafana would replace; not `$1` of a regular expression."""
    return {first or second for first, second in re.findall(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)[}:])", text)}


class FileTest(unittest.TestCase):
    """What can be seen in the files."""

    def test_they_can_be_read_and_compared(self):
        for board in BOARDS:
            self.assertEqual(board.text, json.dumps(board.model, indent=2, ensure_ascii=False) + "\n")
            self.assertEqual(board.model["schemaVersion"], 39)
            self.assertRegex(board.model["uid"], r"^[a-z][a-z0-9-]{5,39}$")
            self.assertIsNone(board.model["id"])
            self.assertIn("gallery", board.model["tags"])
            self.assertRegex(board.model["refresh"], r"^\d+[sm]$")
        self.assertEqual(len({board.model["uid"] for board in BOARDS}), len(BOARDS))

    def test_panels_are_complete(self):
        for board in BOARDS:
            ids = [panel["id"] for panel in board.all_panels()]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertGreater(min(ids), 0)
            titles = [panel["title"] for panel in board.panels()]
            self.assertEqual(len(titles), len(set(titles)), [title for title in titles if titles.count(title) > 1])
            for panel in board.panels():
                title = panel["title"]
                self.assertRegex(panel["description"], r"^.{40,}[.?]$", title)
                self.assertNotIn("  ", panel["description"], title)
                defaults = panel["fieldConfig"]["defaults"]
                units = [defaults["unit"], *[value for override in panel["fieldConfig"]["overrides"] for value in
                                             [one["value"] for one in override["properties"] if one["id"] == "unit"]]]
                self.assertLessEqual(set(units), UNITS, title)
                self.assertIsNone(defaults["thresholds"]["steps"][0]["value"], title)
                references = [target["refId"] for target in panel["targets"]]
                self.assertTrue(references and len(references) == len(set(references)), title)

    def test_panels_lie_side_by_side(self):
        for board in BOARDS:
            for row in board.rows():
                taken = {}
                for panel in row:
                    place = panel["gridPos"]
                    self.assertTrue(0 <= place["x"] < place["x"] + place["w"] <= 24 and place["h"] > 0 and place["y"] >= 0, panel["title"])
                    for x in range(place["x"], place["x"] + place["w"]):
                        for y in range(place["y"], place["y"] + place["h"]):
                            self.assertNotIn((x, y), taken, f"{panel['title']} over {taken.get((x, y))}")
                            taken[x, y] = panel["title"]
            self.assertIn("row", {panel["type"] for panel in board.model["panels"]})

    def test_the_data_source_can_be_chosen_by_hand_and_by_a_provider(self):
        for board in BOARDS:
            inputs = board.model["__inputs"]
            sources = board.variables("datasource")
            self.assertEqual((len(inputs), len(sources)), (1, 1))
            chosen = "${%s}" % inputs[0]["name"]
            self.assertEqual((sources[0]["query"], sources[0]["current"]["value"]), (inputs[0]["pluginId"], chosen))
            self.assertEqual(board.text.count(chosen), 2, "a provider replaces it nowhere, so only the variable's first value may have it")
            used = {panel["datasource"]["uid"] for panel in board.panels()}
            used |= {variable["datasource"]["uid"] for variable in board.variables() if "datasource" in variable}
            self.assertEqual(used, {"${%s}" % sources[0]["name"]})
            required = {entry["id"] for entry in board.model["__requires"] if entry["type"] == "panel"}
            self.assertEqual(required, {panel["type"] for panel in board.panels()})

    def test_variables_are_there_and_used(self):
        for board in BOARDS:
            known = {variable["name"] for variable in board.variables() if variable["type"] not in ("datasource", "adhoc")}
            used = set().union(*[variables_in(expression) for _, expression, _ in board.expressions()])
            self.assertEqual(used - OF_GRAFANA, known)

    def test_links_lead_somewhere(self):
        by_uid = {board.model["uid"]: board for board in BOARDS}
        for board in BOARDS:
            self.assertGreater(len(board.links()), 3)
            for url in board.links():
                uid, _, parameters = re.fullmatch(r"/d/([a-z0-9-]+)/([a-z0-9-]+)(?:\?(\S+))?", url).groups()
                target = by_uid[uid]
                for parameter in (parameters or "").split("&"):
                    name, _, value = parameter.partition("=")
                    self.assertTrue(not parameter or name == "${__url_time_range}" or
                                    name.removeprefix("var-") in {variable["name"] for variable in target.variables()}, url)
            self.assertIn(board.model["links"][0]["url"].split("/")[2], set(by_uid) - {board.model["uid"]})
        self.assertTrue(any("gallery-logs" in url and "${__url_time_range}" in url for url in METRICS.links()))
        self.assertTrue(any(url.startswith("/d/logmill-gallery/") and "${__url_time_range}" in url for url in LOGS.links()))

    def test_links_take_labels_that_are_there(self):
        for board in BOARDS:
            for panel in board.panels():
                labels = set(re.findall(r"__(?:field\.labels|data\.fields)\.(\w+)", json.dumps(panel)))
                shown = " ".join(target["expr"] for target in panel["targets"])
                for label in labels:
                    self.assertRegex(shown, rf"by \([^)]*\b{label}\b", panel["title"])

    def test_nothing_that_is_promised_is_missing(self):
        shown = set().union(*[promql_names(METRICS.filled(expression))[0] for _, expression, _ in METRICS.expressions()])
        known = listed(DOCS / "metrics.md")
        found = {find(name, known).name for name in shown if find(name, known)}
        for name, (kind, labels, group, port) in PROMISED.items():
            self.assertIn(name, found)
            metric = known[name]
            self.assertEqual((metric.type, metric.labels, metric.group, metric.port), (kind, frozenset(labels.split()), group, port), name)

    def test_every_metric_in_the_dashboards_exists(self):
        known = known_metrics()
        for title, expression, _ in METRICS.expressions():
            names, patterns = promql_names(METRICS.filled(expression))
            self.assertTrue(names or patterns, title)
            for name in names - OF_PROMETHEUS:
                self.assertIsNotNone(find(name, known), f"{title}: {name}")
            for pattern in patterns:
                self.assertTrue([name for name in known if re.fullmatch(pattern, name)], f"{title}: {pattern}")

    def test_logs_are_found_by_what_is_shipped(self):
        """Each query finds some of the examples as they lie in Loki, and has the labels that its panel shows."""
        records = shipped_records([line.decode() for line in example_lines()])
        for title, expression, legend in LOGS.expressions():
            with self.subTest(title):
                query = parse_panel(LOGS.filled(expression))
                for pipeline in query.pipelines:
                    self.assertIn("service_name", [name for name, _ in pipeline.matchers])
                    self.assertTrue(pipeline.run(records), "none of the examples")
                for label in legend_labels(legend):
                    self.assertRegex(expression, rf"by \([^)]*\b{label}\b")
        for variable in LOGS.variables("query"):
            self.assertIn(variable["query"]["label"], {"service_name", "source", "level"}, "structured metadata has no list of values")

    def found(self, title, lines, **values):
        """What the first query of a panel makes of lines."""
        expression = next(expression for name, expression, _ in LOGS.expressions() if name == title)
        return parse_panel(LOGS.filled(expression, **values)).pipelines[0].run(shipped_records(lines))

    def test_lines_are_shown_as_people_read_them(self):
        error = '{"level":"error","pid":8,"timestamp":1,"message":"It broke","context":"AuthService","stack":"Error: It broke\\n    at x"}'
        lines = ["Starting api worker", '{"level":"log","pid":8,"timestamp":1,"message":"Hello"}', error]
        self.assertEqual([record[""] for record in self.found("Lines", lines)],
                         ["Starting api worker", "Hello", "It broke\nError: It broke\n    at x"])
        self.assertEqual([record[""] for record in self.found("Lines", lines, context="auth", search="BROKE")],
                         ["It broke\nError: It broke\n    at x"])
        self.assertEqual(self.found("Lines", lines, context="Auth", level="log"), [])
        self.assertEqual(len(self.found("Latest errors", lines)), 1)
        failure = '{"level":"error","pid":8,"timestamp":1,"message":"Unable to run job handler (SmartSearch): Error: no","context":"{}"}'
        self.assertEqual([record["job"] for record in self.found("Failed jobs", [*lines, failure])], ["SmartSearch"])


class ParserTest(unittest.TestCase):
    """What the other tests look with."""

    def test_names_of_promql(self):
        names = {
            'sum by (job) (rate(a_total{b="c_d", e=~"f"}[5m]))': {"a_total"},
            "a / on (x) group_left (y) b_sum > bool c or vector(0)": {"a", "b_sum", "c"},
            "histogram_quantile(0.95, sum by (le) (rate(h_bucket[1m]))) * 1e3 - time()": {"h_bucket"},
            "topk (3, a) unless b": {"a", "b"},
        }
        for expression, expected in names.items():
            self.assertEqual(promql_names(expression), (expected, set()))
        self.assertEqual(promql_names('rate({__name__=~"a_.+_total"}[5m:15s])'), (set(), {"a_.+_total"}))

    def test_templates_of_lines(self):
        template = "{{ if .a }}{{ .a }}{{ else }}{{ __line__ }}{{ end }}{{ if .b }}+{{ .b }}{{ end }}"
        records = {"x": {"": "x"}, "y": {"": "x", "a": "y"}, "y+z": {"": "x", "a": "y", "b": "z"}}
        self.assertEqual([fill(template, record) for record in records.values()], list(records))
        for bad in ("line_format `{{ .unknown }}`", "line_format `{{ if .level }}`", "drop", "x"):
            with self.subTest(bad), self.assertRaises(LogqlError):
                parse_panel('{source="a"} | ' + bad)


class ListTest(unittest.TestCase):
    """docs/metrics.md and the other pages."""

    maxDiff = None

    def test_pages_say_the_same(self):
        known = known_metrics()
        pages = 0
        for path in sorted(DOCS.glob("*.md")):
            rows = listed(path)
            pages += bool(rows)
            for name, metric in rows.items():
                self.assertIn(name, known, path.name)
                self.assertEqual(metric.type, known[name].type, f"{path.name}: {name}")
                if metric.labels is not None and known[name].labels is not None:
                    self.assertEqual(metric.labels, known[name].labels - {"otel_scope_name"}
                                     if path.name == "host.md" else known[name].labels, f"{path.name}: {name}")
        self.assertGreater(pages, 6)

    def test_the_pack(self):
        known = listed(DOCS / "metrics.md")
        named = {row["metric"].strip("`") for row in tables(DOCS / "metrics.md") if row.get("from") == "log"}
        in_pack = set()
        for rule in yaml.safe_load(PACK.read_text())["rules"]:
            for metric in rule["metrics"]:
                kind = next(kind for kind in ("counter", "gauge", "histogram") if kind in metric)
                name = metric[kind]
                in_pack.add(name)
                self.assertEqual((known[name].type, known[name].labels, known[name].group, known[name].meaning),
                                 (kind, frozenset(metric.get("labels", {})), rule["group"], metric["help"]))
        self.assertEqual(named, in_pack)

    def test_logmills_own_are_named(self):
        named = {name for row in tables(DOCS / "metrics.md", "about") for name in re.findall(r"`(\w+)`", row["names"])}
        self.assertEqual(named, set(listed(DOCS / "self-metrics.md")))

    def test_every_metric_that_a_page_names_exists(self):
        known = known_metrics()
        labels = {label for metric in known.values() for label in metric.labels or ()}
        looked_at = 0
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docker").glob("*.md")),
                     *sorted((ROOT / "loki").glob("*.md"))]:
            text = path.read_text()
            own = set(re.findall(r"(?:counter|gauge|histogram): (\w+)", text))  # examples of rules
            for code in re.findall(r"^```.*?^```|`[^`\n]+`|^    .*?$", text, re.MULTILINE | re.DOTALL):
                for name in re.findall(rf"(?<![\w./-])(?:{PREFIXES})_[\w*]+", code):
                    looked_at += 1
                    exists = find(name, known) or {name, re.sub("_(bucket|sum|count)$", "", name)} & (labels | own | NO_METRICS)
                    self.assertTrue(exists or self.is_beginning(name, known), f"{path.name}: {name}")
        self.assertGreater(looked_at, 500)

    def is_beginning(self, name, known):
        """immich_jobs_*_failed_total, postgres_server_, immich_job: of some metric."""
        if "*" in name:
            pattern = name.replace("*", r"[\w*]*")
        else:
            pattern = name + (r"[\w*]+" if name.endswith("_") else r"_[\w*]+")
        return any(re.fullmatch(pattern, metric) for metric in known)


class LiveTest(unittest.TestCase):
    """A daemon with everything on, and a Prometheus."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        template = make_template()
        cls.addClassCleanup(template.remove)
        folder = tempfile.TemporaryDirectory(prefix="logmill-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.gallery = WatchedGallery(pathlib.Path(folder.name), template)
        cls.addClassCleanup(cls.gallery.close)

    def answers(self, expression, legend):
        """What is missing from the answer to an expression; "" when it gives finite numbers, and the labels that the legend shows."""
        series = self.gallery.prometheus.series(expression)
        if not any(math.isfinite(value) for _, value in series):
            return f"{len(series)} series, no number"
        missing = [label for label in legend_labels(legend) if not any(label in labels for labels, _ in series)]
        return f"no label {missing}" if missing else ""

    def test_every_panel_has_data(self):
        open_ones = {(title, METRICS.filled(expression), legend): "" for title, expression, legend in METRICS.expressions()
                     if self.gallery.ships or not SHIPPING.search(expression)}
        self.assertGreater(len(open_ones), 200)
        deadline = time.monotonic() + 4 * PATIENCE_S  # a collector's second refresh comes after half a minute, and tells the first rates
        while open_ones and time.monotonic() < deadline:
            time.sleep(0.5)
            open_ones = {key: missing for key in open_ones if (missing := self.answers(*key[1:]))}
        open_ones = {key: missing for key, missing in open_ones.items() if not self.hangs_on_the_machine(key[1])}
        without = "\n".join(f"{title}: {expression}: {missing}" for (title, expression, _), missing in open_ones.items())
        self.assertFalse(open_ones, f"{without}\n{self.gallery.daemon.output()}")

    def hangs_on_the_machine(self, expression):
        """Whether an expression has a metric of the host that this machine, by the list, may not have, and has not."""
        of_host = {row["metric"].strip("`") for row in tables(DOCS / "metrics.md") if row.get("from") == "host"} & set(sometimes_absent())
        return any(self.gallery.prometheus.query(f"count({name})") is None for name in promql_names(expression)[0] & of_host)

    def test_logs_are_shipped(self):
        """Without this the panels of shipping, and what is listed of it, are left out of the other tests."""
        self.assertTrue(self.gallery.ships, "this program knows no shipping")
        prometheus = self.gallery.prometheus
        wait_for("records are delivered", lambda: prometheus.series('logmill_ship_records_total{destination="file", outcome="sent"} > 0'))
        shipped = (self.gallery.folder / "shipped.ndjson").read_text()
        self.assertIn("Initialized websocket server", shipped)
        self.assertNotIn("someone@example.com", shipped)

    def test_every_rule_has_fired(self):
        rules = {rule["name"] for rule in yaml.safe_load(PACK.read_text())["rules"]}

        def matched():
            return {labels["rule"] for labels, _ in self.gallery.prometheus.series("logmill_rule_matches_total > 0")}
        wait_for("every rule has matched", lambda: matched() >= rules)
        self.assertEqual(matched(), rules)

    def test_every_variable_has_values(self):
        for variable in METRICS.variables("query"):
            if variable["name"] == "destination" and not self.gallery.ships:
                continue
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()
            wait_for(f"{variable['name']} has values", lambda: self.gallery.prometheus.ask(f"label/{label}/values", **{"match[]": metric}))

    def test_what_is_shown_is_listed(self):
        known, own = known_metrics(), listed(DOCS / "self-metrics.md")
        for port, text, scraped in self.pages():
            labels = self.labels(text)
            for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE):
                metric = self.on_port(known, port, name)
                self.assertIsNotNone(metric, f"{name} on port {port} is not listed")
                if metric.is_pattern():
                    self.assertIn(name, scraped, f"it comes from no other page, and is listed as {metric.name} alone")
                self.assertTrue(name not in own or port == "8081", name)
                self.assertIn(kind, metric.type.split(", "), name)
                if metric.labels is not None and name in labels:
                    optional = {"system_cpu_logical_number"}  # a machine has it, a container has not
                    self.assertEqual(labels[name] - optional, metric.labels - optional, name)

    def test_what_is_listed_is_shown(self):
        known, may_miss = known_metrics(), sometimes_absent()
        self.assertLessEqual(set(may_miss), set(known))
        expected = {name for name in known if self.gallery.ships or not SHIPPING.search(name)} - set(may_miss)

        def missing():
            shown = {self.on_port(known, port, name) for port, text, _ in self.pages()
                     for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)}
            return expected - {metric.name for metric in shown if metric}
        with contextlib.suppress(AssertionError):
            wait_for("all is shown", lambda: not missing())
        self.assertEqual(missing(), set())

    def pages(self):
        """(port as documented, text, names on the page that is scraped for it) of each of the daemon's ports."""
        for port, number, name in zip(("8081", "8082", "3003"), self.gallery.ports.values(), PAGES):
            scraped = (ROOT / f"tests/data/page/{name}.prom").read_text()
            yield port, get(number)[2].decode(), set(re.findall(r"^# TYPE (\S+)", scraped, re.MULTILINE))

    def on_port(self, known, port, name):
        """The metric of a name on a port; that of a pattern where the name itself is listed for other ports or not at all."""
        metric = known.get(name)
        if metric and (not metric.port or port in metric.port):
            return metric
        return next((one for one in known.values() if one.is_pattern() and one.fits(name) and port in one.port), None)

    def labels(self, text):
        """{family: names of labels} of a page, without bounds of buckets, and without Gallery's own processes, which have more."""
        found = {}
        kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE))
        for name, pairs in re.findall(r"^([A-Za-z_:][\w:]*)(?:\{(.*)\})? \S+$", text, re.MULTILINE):
            family = name if name in kinds else re.sub("_(bucket|sum|count)$", "", name)
            if 'otel_scope_name="host-metrics"' not in pairs:
                found.setdefault(family, set()).update(set(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', pairs)) - {"le"})
        return found


if __name__ == "__main__":
    unittest.main()
