"""The commands as a person types them: results, messages, exit codes."""

import unittest

from support import ROOT, TestCase, run

PACK = ROOT / "rules/packs/gallery.yaml"
LINE = '{"level":"debug","pid":8,"timestamp":1795338275310,"message":"GET /api/users/me 200 10.07ms 127.0.0.1","context":"LoggingInterceptor"}'
RULE = """
rules:
  - name: jobs
    when: {message: '^job (?P<job>\\w+) took (?P<ms>\\S+)ms'}
    metrics: [{counter: jobs_total, help: Jobs., labels: {job: $job}}]
"""


class CommandLineTest(TestCase):
    def test_version(self):
        code, out, _ = run("version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^logmill \d+\.\d+\.\d+\n$")

    def test_help_teaches(self):
        code, out, _ = run("--help")
        self.assertEqual(code, 0)
        for word in ("run", "replay", "check", "test", "explain", "version", "Exit codes", "logmill replay --rules"):
            self.assertIn(word, out)

    def test_wrong_usage_is_2(self):
        for arguments in ((), ("nonsense",), ("replay",), ("check",), ("replay", "--rules", PACK, "--format", "xml", "-"),
                          ("replay", "--rules", PACK, "--keys", "nobody", "-")):
            code, out, err = run(*arguments)
            self.assertEqual(code, 2, arguments)
            self.assertTrue(err, arguments)
            self.assertEqual(out, "", arguments)

    def test_wrong_words_are_named_with_what_would_be_right(self):
        rules = self.write("rules.yaml", RULE)
        for arguments, message in ((("foo",), "unknown command foo"), (("replay", "--rules", rules, "--bogus"), "unknown option --bogus"),
                                   (("replay", "--rules", rules, "--format", "xml"), "known are: auto, json, text"),
                                   (("replay", "--rules", rules, "--threads", "100000"), "256")):
            code, _, err = run(*arguments)
            self.assertEqual(code, 2, arguments)
            self.assertIn(message, err)

    def test_arguments_in_brackets_are_taken_as_they_are(self):
        rules = self.write("rules.yaml", RULE)
        _, out, _ = run("explain", "--rules", rules, '["a","b"]', "[Nest] 30  - x [Api]")
        self.assertIn('message "[\\"a\\",\\"b\\"]"', out)
        self.assertIn('message "[Nest] 30  - x [Api]"', out)

    def test_check_finds_every_mistake_with_its_place(self):
        bad = self.write("bad.yaml", RULE.replace("$job}", "$jab}").replace("help: Jobs.", "helf: Jobs."))
        code, out, _ = run("check", bad)
        self.assertEqual(code, 1)
        self.assertIn(f"{bad}:5:", out)
        self.assertIn('no field or capture named "jab"', out)
        self.assertIn("helf", out)
        self.assertIn("captures here: job, ms", out)

    def test_check_is_fine_with_what_we_ship(self):
        code, out, _ = run("check", PACK, *sorted((ROOT / "examples/rules").glob("*.yaml")), ROOT / "examples/demo/logmill.yaml",
                           *sorted((ROOT / "bench/rules").glob("*.yaml")))
        self.assertEqual((code, "error" in out), (0, False), out)
        self.assertIn("fine", out)

    def test_check_takes_configurations_too(self):
        self.write("rules.yaml", RULE)
        config = self.write("logmill.yaml", "telemetry: {inclde: all}\nrules: [rules.yaml]\nsources: [{file: x.log, format: dokcer}]\n")
        code, out, _ = run("check", config)
        self.assertEqual(code, 1)
        self.assertIn(f"{config}:1:13", out)
        self.assertIn('include', out)
        self.assertIn(f"{config}:3:33", out)

    def test_bad_rules_never_start(self):
        bad = self.write("bad.yaml", RULE.replace("counter:", "conter:"))
        for arguments in (("replay", "--rules", bad), ("explain", "--rules", bad, "x"), ("test", bad)):
            code, out, err = run(*arguments)
            self.assertEqual((code, out), (1, ""), arguments)
            self.assertIn("bad.yaml:5:", err)

    def test_explain_says_why_and_why_not(self):
        code, out, _ = run("explain", "--rules", PACK, LINE)
        self.assertEqual(code, 0)
        self.assertIn("MATCH http_requests", out)
        self.assertIn('immich_http_requests_total{method="GET",route="/api/users/me",status="200"} 1', out)
        self.assertRegex(out, r'no +job_failures\n +(level|context|message) .*: no, it is ')
        self.assertRegex(out, r"\d+ of \d+ rules match")

    def test_explain_shows_captures_rejects_and_stdin(self):
        rules = self.write("rules.yaml", RULE)
        code, out, _ = run("explain", "--rules", rules, "-", stdin='job Ocr took 5ms\n{"broken\n')
        self.assertEqual(code, 0)
        self.assertIn('job = "Ocr"', out)
        self.assertIn("rejected: truncated", out)

    def test_rule_tests_pass_and_fail(self):
        test = """    tests:
      - line: 'job Ocr took 5ms'
        expect: ['jobs_total{job="Ocr"} 1']
      - line: 'nothing'
        expect: none
"""
        code, out, _ = run("test", self.write("good.yaml", RULE + test))
        self.assertEqual(code, 0, out)
        self.assertIn("2 passed, 0 failed", out)
        code, out, _ = run("test", self.write("wrong.yaml", RULE + test.replace("} 1", "} 2")))
        self.assertEqual(code, 1)
        self.assertIn('expected jobs_total{job="Ocr"} 2, got', out)
        self.assertIn("1 passed, 1 failed", out)

    def test_the_shipped_rules_pass_their_tests(self):
        code, out, _ = run("test", PACK, *sorted((ROOT / "examples/rules").glob("*.yaml")))
        self.assertEqual(code, 0, out)
        self.assertIn(" 0 failed", out)
        self.assertIn(" 0 of them without a test", out)

    def test_a_log_that_cannot_be_read_is_1_and_named(self):
        rules = self.write("rules.yaml", RULE)
        code, _, err = run("replay", "--rules", rules, self.folder / "missing.log")
        self.assertEqual(code, 1)
        self.assertIn("missing.log", err)

    def test_run_without_configuration_says_what_to_do(self):
        code, _, err = run("run", "--config", self.folder / "missing.yaml")
        self.assertEqual(code, 1)
        self.assertIn("missing.yaml", err)


if __name__ == "__main__":
    unittest.main()
