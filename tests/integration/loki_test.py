"""What a Loki user deploys: Loki's configuration, the ruler's alerts, the queries of the README, and the pipeline for Alloy."""

import collections
import re
import subprocess
import unittest

import yaml

import alloy_syntax
import logql
import markdown
from schemas import mistakes, schema
from support import ROOT, TestCase, need, run, samples

PACK = ROOT / "rules/packs/gallery.yaml"
GOLDEN = ROOT / "tests/data/packs/gallery.log"
DATABASE_CODES = re.search(r'immich_query_errors_total\{code=~"([^"]+)"', (ROOT / "docker/alerts.yml").read_text())[1]


class LokiTest(TestCase):
    @classmethod
    def setUpClass(cls):
        """A real server's log, and every line that a rule of the pack has a test for: as Loki has them, and as the pack counts them."""
        lines = GOLDEN.read_text().splitlines()
        for rule in yaml.safe_load(PACK.read_text())["rules"]:
            for test in rule.get("tests", []):
                lines += test.get("lines") or [test["line"]]
        cls.records = logql.shipped_records(lines)
        _, page, _ = run("replay", "--quiet", "--rules", PACK, "-", stdin="\n".join(lines) + "\n")
        cls.counts = samples(page)

    def counted(self, name, **labels):
        """The sum of a metric's samples whose labels fit regexes."""
        return sum(value for (metric, have), value in self.counts.items()
                   if metric == name and all(re.fullmatch(pattern, dict(have)[label]) for label, pattern in labels.items()))

    def alerts(self):
        return {rule["alert"]: rule for group in yaml.safe_load((ROOT / "loki/rules/gallery.yaml").read_text())["groups"] for rule in group["rules"]}

    def lines_of(self, query):
        parsed = logql.parse(query)
        return [record for pipeline in parsed.pipelines for record in pipeline.run(self.records)]

    def test_the_configuration_keeps_to_the_schema(self):
        configuration = yaml.safe_load((ROOT / "loki/loki.yaml").read_text())
        self.assertEqual(mistakes(schema("loki"), configuration), [])
        for stream in configuration["limits_config"]["retention_stream"]:
            self.assertFalse(logql.parse(stream["selector"]).is_metric)

    def test_what_is_wrong_in_the_configuration_is_noticed(self):
        whole = (ROOT / "loki/loki.yaml").read_text()
        for old, new in (("retention_period:", "retention_periods:"), ("schema: v13", "schema: v12"), ("744h", "744 h"), ("retention_enabled: true", "retention_enabled: false"),
                         ("increment_duplicate_timestamp: false", "increment_duplicate_timestamp: true")):
            self.assertIn(old, whole)
            self.assertTrue(mistakes(schema("loki"), yaml.safe_load(whole.replace(old, new))), new)

    def test_the_configuration_takes_what_logmill_sends(self):
        limits = yaml.safe_load((ROOT / "loki/loki.yaml").read_text())["limits_config"]
        source = (ROOT / "shipping/loki_streams.cc").read_text()
        for name, constant in (("max_label_names_per_series", "kMostLabels"), ("max_label_value_length", "kMostValueBytes")):
            self.assertEqual(limits[name], int(re.search(constant + r" = (\d+);", source)[1]))
        self.assertLessEqual(len(logql.SHIPPED_METADATA), limits["max_structured_metadata_entries_count"])
        self.assertEqual(limits["max_line_size"], "1MB")  # max_line_bytes of a source: 1048576
        self.assertEqual(limits["reject_old_samples_max_age"], limits["retention_period"])

    def test_the_daemon_and_the_alerts_agree_on_what_no_way_to_the_database_is(self):
        source = (ROOT / "daemon/disagreement_collector.cc").read_text()
        beginnings, codes = (re.findall(r'"(\w+)"', re.search(name + r" = std::to_array<std::string_view>\(\s*\{([^}]+)\}", source)[1]) for name in ("kBeginnings", "kCodes"))
        for beginning in beginnings:  # of an SQLSTATE, which has five characters, or of a client's code
            codes.append(beginning.ljust(5, "1") if beginning[0].isdigit() else beginning + "X" * beginning.endswith("_"))
        self.assertGreater(len(codes), 12)
        logged = self.alerts()["DatabaseOutageLogged"]["expr"]
        for code in codes:
            self.assertRegex(code, f"^({DATABASE_CODES})$")
            self.assertRegex(f"    code: '{code}',", re.search("`([^`]+)`", logged)[1])

    def test_every_query_of_the_readme_finds_what_it_is_for(self):
        queries = markdown.blocks((ROOT / "loki/README.md").read_text(), "logql")
        self.assertGreater(len(queries), 20)
        for query in queries:
            with self.subTest(query=query):
                self.assertTrue(self.lines_of(query))

    def test_queries_take_apart_what_is_there(self):
        readme = (ROOT / "loki/README.md").read_text()

        def values(beginning, *names):
            query = next(query for query in markdown.blocks(readme, "logql") if beginning in query)
            return {tuple(record.get(name, "") for name in names) for record in self.lines_of(query)}
        self.assertLessEqual({("Ocr", "Error: Machine learning request "), ("AssetGenerateThumbnails", "Error: Input file contains unsupported image format")},
                             values("sum by (job, reason)", "job", "reason"))
        self.assertEqual(values("sum by (port)", "port"), {("6379",), ("5432",)} | {("",)})  # "": getaddrinfo has no port
        self.assertEqual(values("sum by (outcome, status)", "outcome", "status") - {("", "502")}, {("fetch", ""), ("", "500")})
        self.assertEqual(values("sum by (ip)", "ip"), {("192.0.2.7",)})
        self.assertLessEqual({("22021",), ("42501",), ("57P01",)}, values("sum by (code)", "code"))
        for context, in values("topk(10, sum by (context)", "context"):
            self.assertNotIn("{", context)

    def test_rules_keep_to_the_schema_and_lead_to_a_runbook(self):
        self.assertEqual(mistakes(schema("loki_rules"), yaml.safe_load((ROOT / "loki/rules/gallery.yaml").read_text())), [])
        runbook = markdown.anchors((ROOT / "docs/alerts.md").read_text())
        readme = (ROOT / "loki/README.md").read_text()
        for name, rule in self.alerts().items():
            self.assertIn(rule["annotations"]["runbook_url"].partition("#")[2], runbook)
            self.assertIn(f"`{name}`", readme)
            self.assertTrue(logql.parse(rule["expr"]).is_metric)
            self.assertTrue(self.lines_of(rule["expr"]), name)

    def test_promtool_understands_all_of_the_rules_but_their_language(self):
        rules = yaml.safe_load((ROOT / "loki/rules/gallery.yaml").read_text())
        for group in rules["groups"]:
            for number, rule in enumerate(group["rules"]):
                rule["expr"] = f"vector({number})"
        done = subprocess.run([need("promtool"), "check", "rules", self.write("rules.yml", yaml.safe_dump(rules))], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_rules_are_as_bad_as_their_twins(self):
        twins = {rule["alert"].lower(): rule for group in yaml.safe_load((ROOT / "docker/alerts.yml").read_text())["groups"] for rule in group["rules"]}
        for name, rule in self.alerts().items():
            twin = twins[rule["annotations"]["runbook_url"].partition("#")[2]]
            self.assertEqual(rule["labels"], twin["labels"], name)
            self.assertEqual(rule.get("for"), twin.get("for"), name)

    def test_rules_count_what_the_metrics_count(self):
        expected = {
            "GalleryErrorsLogged": self.counted("immich_log_messages_total", level="error|fatal") - self.counted("immich_job_failures_total"),
            "GalleryCrashLogged": self.counted("immich_process_crashes_total") + self.counted("immich_worker_exits_total"),
            "GalleryJobFailuresLogged": self.counted("immich_job_failures_total"),
            "GalleryLoginFailuresLogged": self.counted("immich_login_failures_total"),
            "MachineLearningFailuresLogged": self.counted("immich_machine_learning_request_failures_total"),
            "DatabaseOutageLogged": self.counted("immich_postgres_terminations_total") + self.counted("immich_connection_errors_total", port="5432")
                                    + self.counted("immich_name_lookup_failures_total", host=".*(database|postgres|pg|db).*")
                                    + self.counted("immich_query_errors_total", code=DATABASE_CODES),
            "RedisOutageLogged": self.counted("immich_redis_errors_total") + self.counted("immich_connection_errors_total", port="6379"),
        }
        for name, count in expected.items():
            self.assertGreater(count, 0, name)
            self.assertEqual(len(self.lines_of(self.alerts()[name]["expr"])), count, name)
        jobs = collections.Counter(record["job"] for record in self.lines_of(self.alerts()["GalleryJobFailuresLogged"]["expr"]))
        self.assertEqual(jobs, {dict(have)["job"]: value for (metric, have), value in self.counts.items() if metric == "immich_job_failures_total" and value})

    def test_what_is_wrong_in_a_query_is_noticed(self):
        for query in ('{service_name="gallery"', '{context="x"}', '{level=~".*"}', 'sum by (user) (rate({level="error"}[5m]))', 'rat({level="error"}[5m])',
                      'rate({level="error"})', '{level="error"} | nonsense', '{level="error"} | user="x"', 'sum_over_time({level="error"}[5m])',
                      'rate({level="error"} | unwrap pid [5m])', '{level="error"} | regexp `(a)`', '{level="error"} | line_format "{{.nobody}}"', '{level="error"} |= x',
                      'sum(rate({level="error"}[5m]', '{level="error"} | json'):
            with self.subTest(query=query), self.assertRaises(logql.LogqlError):
                logql.parse(query)


class AlloyTest(TestCase):
    TEXT = (ROOT / "loki/alloy.alloy").read_text()

    def test_every_component_attribute_and_reference_is_known(self):
        components = alloy_syntax.check(alloy_syntax.parse(self.TEXT))
        self.assertLessEqual({"loki.source.docker.gallery", "loki.source.file.gallery", "loki.process.gallery", "loki.write.loki"}, set(components))

    def test_lines_get_the_labels_and_metadata_that_logmill_sends(self):
        process = alloy_syntax.check(alloy_syntax.parse(self.TEXT))["loki.process.gallery"]
        lines = GOLDEN.read_text().splitlines()
        for line, record in zip(lines, logql.shipped_records(lines)):
            entry = {"": line, "service_name": "gallery", "source": "gallery", "stream": "/var/log/gallery/gallery.log", "filename": "/var/log/gallery/gallery.log"}
            labels, metadata, text, time = alloy_syntax.run_process(process, entry)
            self.assertEqual({**labels, **metadata, "": text}, record)
            self.assertEqual(set(labels) - logql.SHIPPED_LABELS, set())
            self.assertEqual(time is not None, record["format"] == "json")

    def test_a_level_that_nobody_has_is_no_label_and_colours_go(self):
        process = alloy_syntax.check(alloy_syntax.parse(self.TEXT))["loki.process.gallery"]
        labels, _, _, _ = alloy_syntax.run_process(process, {"": '{"level":"x17","timestamp":1,"message":"made up"}'})
        self.assertEqual(labels, {})
        _, _, text, _ = alloy_syntax.run_process(process, {"": "\x1b[31mStarting\x1b[39m api worker"})
        self.assertEqual(text, "Starting api worker")

    def test_the_stream_of_a_container_is_what_logmill_calls_it(self):
        rule = alloy_syntax.check(alloy_syntax.parse(self.TEXT))["discovery.relabel.gallery"].blocks[0].attributes
        match = re.fullmatch(rule["regex"], "0123456789abcdef" * 4 + ";stderr")
        self.assertEqual(match.expand(rule["replacement"].replace("$", "\\")), "0123456789ab/stderr")

    def test_what_is_wrong_is_noticed(self):
        for old, new in (("forward_to    = [loki.process.gallery.receiver]", "forward_to = [loki.process.galery.receiver]"), ("stage.json {", "stage.jsn {"),
                         ('format            = "UnixMs"\n', ""), ("max_streams = 1000", 'max_streams = "many"'), ('values = {level = "known_level"}', 'value = {}'),
                         ("stage.decolorize { }", "stage.decolorize { "), ('context   = "",\n    }', 'context   = ""\n    }')):
            self.assertIn(old, self.TEXT)
            with self.subTest(new=new), self.assertRaises(alloy_syntax.AlloyError):
                alloy_syntax.check(alloy_syntax.parse(self.TEXT.replace(old, new)))


if __name__ == "__main__":
    unittest.main()
