"""What people choose about shipping: what goes out, what never does, what happens when a store is away for too long, and how it is spoken to."""

import base64
import json
import pathlib
import unittest

from datadog_store import DatadogStore
from elasticsearch_store import ElasticsearchStore
from log_stores import Step, server_tls
from loki_store import LokiStore
from otlp_store import OtlpStore
from shipped_log import QUICK, Certificates, ShippingTestCase, configuration, yaml_of
from splunk_store import SplunkStore
from support import free_port, run, sample, samples, wait_for

SECRETS = {"loki": "hush-loki-password", "elasticsearch": "hush-elastic-key", "splunk": "hush-splunk-token", "datadog": "hush-datadog-key", "otlp": "hush-otlp-bearer"}
MEGABYTE = 1 << 20
PLANTED = {"email": "anna.miller@example.org", "ip": "203.0.113.77", "ip6": "2001:db8::17ff", "path": "/home/anna/holiday.jpg", "url": "https://photos.example.net/share/abc",
           "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "uuid": "3f2504e0-4f89-11d3-9a0c-0305e82c3301"}


class ShippingChoicesTest(ShippingTestCase):
    # --- What goes out ---

    def planted_lines(self):
        """Every form in every place of a line."""
        number = 0
        for text in PLANTED.values():
            plain, escaped = f"seen {text} here", "".join(f"\\u{ord(c):04x}" for c in text)
            for place in ('"message":"%s"', '"message":{"a":{"b":["%s"]}}', '"message":["%s",{"a":"%s"}]', '"message":"x","more":"%s"', '"message":"x","more":{"deep":[["%s"]]}',
                          '"message":"x","context":"%s"', '"message":"x","stack":"%s\\n    at %s"', '"message":"x","more":"{\\"json\\":\\"%s\\"}"', '"message":"x","%s":1', '"message":{"a":{"%s":{"b":"%s"}}}'):
                for words in (plain, text, f"({text})", f"<{text}>", f"a={text}", f"a:{text}", f"\\u001b[32m{text}\\u001b[39m", escaped):
                    number += 1
                    yield '{"level":"error","pid":1,"timestamp":1795339335403,%s,"number":"#%d#"}' % (place.replace("%s", words), number)
            number += 1
            yield f"Error: plain words with {plain} #{number}#\n    at {text}"

    def test_what_is_redacted_reaches_no_server_and_no_disk(self):
        destinations, lines = self.all_stores(), list(self.planted_lines())
        self.stores["elasticsearch"].refuse = lambda document: (400, "x", "refused") if int(document["app"]["number"].strip("#") if "app" in document else 0) % 5 == 0 else None
        for store in self.stores.values():
            store.always = Step(503)
        self.write("app.log", "\n".join(lines) + "\n")
        daemon = self.run_daemon(destinations, section="  redact: {kinds: all, fields: [secret.word]}")
        wait_for("all is appended", lambda: self.shipped(daemon, "loki")["appended"] == len(lines))
        spool = self.spool()
        self.assertIn(b"seen [email] here", spool)
        for store in self.stores.values():
            store.always = None
        for name, store in self.stores.items():
            if name != "elasticsearch":
                wait_for(name, lambda store=store: len(store.records) == len(lines))
        wait_for("elasticsearch", lambda: len(self.stores["elasticsearch"].records) + len(self.refused("elasticsearch")) == len(lines))
        wait_for("the file", lambda: len(self.file_records()) == len(lines))
        self.assertTrue(self.refused("elasticsearch"))
        refused = (self.folder / "state/spool/elasticsearch.refused.ndjson").read_bytes()
        places = {"the spool": spool, "refused": refused, "the file": (self.folder / "file.ndjson").read_bytes(), "output": daemon.output().encode(),
                  **{name: store.everything() for name, store in self.stores.items()}}
        for kind, text in PLANTED.items():
            for place, content in places.items():
                at = content.find(text.encode())
                self.assertEqual(at, -1, f"{kind} in {place}: {content[max(0, at - 300):at + 100]!r}")
        for kind in ("email", "ip", "token", "path", "url", "uuid"):
            self.assertGreater(sample(daemon.metrics(), "logmill_ship_redactions_total", kind=kind), 0)
        for record in self.stores["loki"].records:
            if record.line.startswith("{"):
                self.assertIn("number", json.loads(record.line))

    def spool(self):
        return b"".join(path.read_bytes() for path in (self.folder / "state/spool").rglob("*") if path.is_file())

    def test_a_kind_is_found_inside_of_another(self):
        loki = self.store("loki", LokiStore())
        self.write("app.log", "".join(json.dumps({"message": words, "level": "anna@example.org" if words == "level" else "log"}) + "\n" for words in (
            "GET https://nas/?mail=anna@example.org 200", "GET http://203.0.113.77:2283/api", "-----BEGIN PRIVATE KEY-----\nMIIEvQ\nIBADAN\n-----END PRIVATE KEY-----", "level",
            "kept: https://nas/ /home/anna/x.jpg")))
        self.run_daemon([yaml_of("loki", loki.url, **QUICK)], section="  redact: [email, ip, token, email]")
        wait_for("it arrives", lambda: len(loki.records) == 5)
        lines = [json.loads(record.line) for record in sorted(loki.records, key=lambda record: record.time_ns)]
        self.assertEqual([line["message"] for line in lines], ["GET [email] 200", "GET [ip]", "[token]", "level", "kept: https://nas/ /home/anna/x.jpg"])
        for secret in (b"anna@", b"203.0", b"MIIE", b"IBADAN"):
            self.assertNotIn(secret, loki.everything())

    def test_fields_are_redacted(self):
        loki = self.store("loki", LokiStore())
        self.write("app.log", '{"message":{"user":{"name":"Anna"}},"context":"App","req":{"headers":{"authorization":["geheim"],"host":"nas"}},"list":[{"a":"geheim"}]}\n')
        self.run_daemon([yaml_of("loki", loki.url, **QUICK), self.file_entry()], section="  redact: {fields: [message.user, req.headers.authorization, list.0.a, absent]}")
        wait_for("it arrives", lambda: loki.records)
        self.assertEqual(json.loads(loki.records[0].line), {"message": {"user": "[redacted]"}, "context": "App",
                                                            "req": {"headers": {"authorization": "[redacted]", "host": "nas"}}, "list": [{"a": "[redacted]"}]})

    def test_filters_and_rules(self):
        loki, elastic, otlp = self.store("loki", LokiStore()), self.store("elasticsearch", ElasticsearchStore()), self.store("otlp", OtlpStore())
        section = '  filters: [{level: debug, context: Jobs, ship: true}, {level: debug, ship: false}]'
        daemon = self.run_daemon([yaml_of("loki", loki.url, filters=[{"level": ["log"], "ship": False}], **QUICK), yaml_of("elasticsearch", elastic.url, filters=[{"ship": 0.3}], **QUICK),
                                  yaml_of("otlp", otlp.url, filters=[{"ship": 0.3}], **QUICK), self.file_entry()], section=section)
        self.log.write(1000)
        self.log.write(100, shape="json", context="Quiet")
        wait_for("all is read", lambda: sample(daemon.metrics(), "seen_total") == self.log.json_lines)
        self.assertEqual(sample(daemon.metrics(), "quiet_total"), 100)
        records = {number: json.loads(line) if line.startswith("{") else {} for number, line in self.log.lines.items()}
        wanted = {number for number, record in records.items() if record.get("context") != "Quiet" and (record.get("level") != "debug" or record["context"] == "Jobs")}
        self.wait_until_all_arrived("file", numbers=wanted)
        self.wait_until_all_arrived("loki", numbers={number for number in wanted if records[number].get("level") != "log"})
        wait_for("the backlog is empty", lambda: all(self.shipped(daemon, name)["backlog"] == 0 for name in self.stores))
        self.assertEqual(set(self.arrived("elasticsearch")), set(self.arrived("otlp")), "always the same ones")
        self.assertTrue(0.2 * len(wanted) < len(elastic.records) < 0.4 * len(wanted), len(elastic.records))
        self.expect_balance(daemon)
        self.assertEqual(sample(daemon.metrics(), "logmill_spool_records_total", outcome="filtered"), len(self.log.lines) - len(wanted))
        self.assertEqual(self.shipped(daemon, "loki")["filtered"], len(wanted) - len(loki.records))

    # --- A store that is away for too long ---

    def away(self, **keys):
        """A Loki that is away while 4 MiB come; the daemon, and the log's length."""
        loki = self.store("loki", LokiStore())
        loki.kill()
        daemon = self.run_daemon([yaml_of("loki", loki.url, max_backlog_bytes=MEGABYTE, **{**QUICK, **keys}), self.file_entry()])
        for _ in range(8):
            self.log.write(500, shape="json", pad=900)
        return loki, daemon

    def test_the_oldest_are_dropped_and_counted(self):
        loki, daemon = self.away(when_full="drop_oldest")
        self.wait_until_all_arrived("file")
        wait_for("some are dropped", lambda: 0 < self.shipped(daemon, "loki")["backlog"] < 2000)
        self.expect_balance(daemon)
        loki.restart()
        wait_for("it has caught up", lambda: self.shipped(daemon, "loki")["backlog"] == 0)
        dropped = self.shipped(daemon, "loki")["dropped_full"]
        self.assertGreater(dropped, 2000)
        self.assertEqual(len(loki.records), len(self.log.lines) - dropped)
        self.assertEqual(set(self.arrived("loki")), set(range(int(dropped) + 1, len(self.log.lines) + 1)))
        self.expect_balance(daemon)
        self.assertIn("dropped", daemon.output())

    def test_reading_waits_where_nothing_may_be_dropped(self):
        loki, daemon = self.away(when_full="block")
        wait_for("reading waits", lambda: sample(daemon.metrics(), "logmill_spool_blocked_seconds_total") > 0)
        self.assertLess(sample(daemon.metrics(), "seen_total"), len(self.log.lines))
        loki.restart()
        self.wait_until_all_arrived()
        self.expect_once("loki", "file")
        self.assertEqual(sample(daemon.metrics(), "seen_total"), len(self.log.lines))
        self.expect_balance(daemon)

    def test_a_stop_keeps_what_is_not_sent(self):
        destinations = self.all_stores()
        for store in self.stores.values():
            store.always = Step(503)
        daemon = self.run_daemon(destinations)
        self.log.write(300)
        self.wait_until_all_arrived("file")
        daemon.wait_for_sample(self.log.json_lines, "seen_total")
        daemon.wait_for_sample(300, "logmill_spool_records_total", outcome="appended")
        self.assertEqual(daemon.stop(), 0, daemon.output())
        for store in self.stores.values():
            store.always = None
        daemon = self.run_daemon(destinations)
        self.wait_until_all_arrived()
        self.expect_once(*self.stores, "file")
        self.expect_balance(daemon)

    def test_a_spool_can_be_looked_into_and_repaired(self):
        dead = yaml_of("loki", f"http://127.0.0.1:{free_port()}", stop_patience_ms=0)
        self.write("app.log", "".join(json.dumps({"level": "log", "message": f"line {i}"}) + "\n" for i in range(100)))
        daemon = self.run_daemon([dead])
        wait_for("all is appended", lambda: self.shipped(daemon, "loki")["appended"] == 100)
        daemon.stop()
        folder = self.folder / "state/spool"
        code, shown, complaint = run("spool", folder)
        self.assertEqual(code, 0, complaint)
        self.assertIn("100 records; 0 records missing, 0 bytes damaged", shown)
        segment, = folder.glob("*.spool")
        content = bytearray(segment.read_bytes())
        content[content.index(b"line 50")] ^= 1
        segment.write_bytes(content)
        code, shown, _ = run("spool", folder)
        self.assertEqual(code, 1)
        self.assertIn("99 records; 1 records missing", shown)
        code, shown, complaint = run("spool", folder, "--repair")
        self.assertEqual(code, 0, shown + complaint)
        code, shown, _ = run("spool", folder, "--records", "60")
        self.assertEqual(code, 0)
        self.assertIn("line 49", shown)
        self.assertNotIn("line 50\\", shown)

    def test_a_stop_sends_what_there_is(self):
        destinations = self.all_stores()
        slow = [entry.replace('"batch_wait_ms": 20', '"batch_wait_ms": 3000000') for entry in destinations]
        daemon = self.run_daemon([entry.replace('"stop_patience_ms": 500', '"stop_patience_ms": 20000') for entry in slow])
        self.log.write(30)
        daemon.wait_for_sample(30, "logmill_spool_records_total", outcome="appended")
        daemon.stop()
        for name in self.stores:
            self.assertEqual(set(self.arrived(name)), set(self.log.lines), name)

    # --- How it is spoken to ---

    def secret(self, name):
        return str(self.write(f"secret-{name}", SECRETS[name] + "\n"))

    def secretive(self):
        """Stores that each want a secret, and say it again in every answer."""
        loki = self.store("loki", LokiStore(credentials=("user", SECRETS["loki"])))
        elastic = self.store("elasticsearch", ElasticsearchStore(credentials="ApiKey " + SECRETS["elasticsearch"]))
        splunk = self.store("splunk", SplunkStore(token=SECRETS["splunk"]))
        datadog = self.store("datadog", DatadogStore(key=SECRETS["datadog"]))
        otlp = self.store("otlp", OtlpStore(credentials="Bearer " + SECRETS["otlp"]))
        return [yaml_of("loki", loki.url, username="user", password_file=self.secret("loki"), **QUICK), yaml_of("elasticsearch", elastic.url, api_key_env="ELASTIC_KEY", **QUICK),
                yaml_of("splunk", splunk.url, token_file=self.secret("splunk"), **QUICK), yaml_of("datadog", datadog.url, api_key_file=self.secret("datadog"), **QUICK),
                yaml_of("otlp", otlp.url, bearer_token_file=self.secret("otlp"), **QUICK), self.file_entry()]

    def test_secrets_open_doors_and_are_printed_nowhere(self):
        daemon = self.run_daemon(self.secretive(), environment={"ELASTIC_KEY": SECRETS["elasticsearch"]})
        self.log.write(20)
        self.wait_until_all_arrived()
        for status in (429, 500, 401, 403, 404, 302, 400):  # the last one may set something aside
            for name, store in self.stores.items():
                words = json.dumps({"error": {"type": "x", "reason": SECRETS[name]}, "text": f"{SECRETS[name]} {store.credentials}", "code": 1, "message": SECRETS[name]})
                store.script.append(Step(status, body=words.encode(), location=f"http://x/{SECRETS[name]}"))
            self.log.write(2)
            if status != 400:
                self.wait_until_all_arrived()
        wait_for("all is settled", lambda: all(self.shipped(daemon, name)["backlog"] == 0 for name in self.stores))
        self.expect_balance(daemon)
        said = {"output": daemon.output(), "metrics": daemon.metrics(), "refused": "".join(json.dumps(self.refused(name)) for name in self.stores)}
        for name in self.stores:
            for status in (200, 500, 401):
                self.stores[name].script.append(Step(status if status != 200 else None, body=None if status == 200 else f"{SECRETS[name]} {self.stores[name].credentials}".encode()))
                _, out, err = run("ship-test", name, "--config", self.folder / "logmill.yaml", environment={"ELASTIC_KEY": SECRETS["elasticsearch"]})
                said[f"ship-test {name} {status}"] = out + err
        _, out, err = run("check", self.folder / "logmill.yaml", environment={"ELASTIC_KEY": SECRETS["elasticsearch"]})
        said["check"] = out + err
        daemon.stop()
        said["end"] = daemon.output()
        for name, secret in SECRETS.items():
            for form in (secret, base64.b64encode(f"user:{secret}".encode()).decode()):
                for place, text in said.items():
                    self.assertNotIn(form, text, f"{name} in {place}")

    def test_a_changed_secret_is_taken_up(self):
        loki = self.store("loki", LokiStore(credentials=("user", "new-password")))
        secret = self.write("secret", "old-password")
        daemon = self.run_daemon([yaml_of("loki", loki.url, username="user", password_file=str(secret), **QUICK), self.file_entry()])
        self.log.write(5)
        wait_for("it is denied", lambda: sample(daemon.metrics(), "logmill_ship_retries_total", destination="loki", reason="denied"))
        secret.write_text("new-password\n")
        self.wait_until_all_arrived()
        self.expect_once("loki")

    def test_tls(self):
        certificates = Certificates(self.folder / "certificates")
        path = certificates.path
        tls = server_tls(path("good-server.pem"), path("good-server.key"), path("good-ca.pem"))
        stores = {name: self.store(name, LokiStore(tls=tls)) for name in ("right", "stranger", "nobody", "anonymous", "careless")}
        client = {"certificate_file": path("good-client.pem"), "key_file": path("good-client.key")}
        keys = {"right": {"ca_file": path("good-ca.pem"), **client}, "stranger": {"ca_file": path("good-ca.pem"), "certificate_file": path("other-client.pem"), "key_file": path("other-client.key")},
                "nobody": {"ca_file": path("other-ca.pem"), **client}, "anonymous": {"ca_file": path("good-ca.pem")}, "careless": {"insecure": True, **client}}
        daemon = self.run_daemon([yaml_of("loki", store.url, name=name, tls=keys[name], **QUICK) for name, store in stores.items()] + [self.file_entry()])
        self.log.write(10)
        self.wait_until_all_arrived("right", "careless", "file")

        def failures(name):
            return sum(value for (metric, labels), value in samples(daemon.metrics()).items()
                       if metric == "logmill_ship_retries_total" and ("destination", name) in labels)
        for name in ("stranger", "nobody", "anonymous"):
            wait_for(f"{name} is tried again", lambda name=name: failures(name) >= 2)
            self.assertEqual(stores[name].records, [])
            self.assertEqual(sample(daemon.metrics(), "logmill_ship_up", destination=name), 0)
        self.assertGreater(sample(daemon.metrics(), "logmill_ship_retries_total", destination="nobody", reason="tls"), 0)
        self.assertRegex(daemon.output(), r"nobody: .*certificate")
        code, out, _ = self.ship_test("nobody")
        self.assertEqual(code, 1)
        self.assertRegex(out, "certificate")
        self.assertEqual(self.ship_test("right")[0], 0)

    def ship_test(self, name):
        return run("ship-test", name, "--config", self.folder / "logmill.yaml", environment={"NO_PROXY": "*"})

    # --- ship-test ---

    def test_ship_test_says_what_came_back(self):
        destinations = self.all_stores()
        gone = free_port()
        (self.folder / "locked").write_text("")
        destinations += [yaml_of("loki", f"http://127.0.0.1:{gone}", name="gone"), self.file_entry("folderless").replace(str(self.folder / "folderless"), str(self.folder / "locked/x"))]
        self.write("logmill.yaml", configuration(destinations))
        for name, store in self.stores.items():
            code, out, err = self.ship_test(name)
            self.assertEqual((code, err), (0, ""), out)
            self.assertIn("Taken: a record with the id", out)
            self.assertIn("Health: ", out)
            self.assertNotIn("not good", out)
            self.assertEqual([record.message.find("this record shows that logs arrive") >= 0 for record in store.records], [True], name)
        self.assertEqual(self.ship_test("file")[0], 0)
        self.assertEqual(len(self.folder.joinpath("file.ndjson").read_text().splitlines()), 1)
        for words, step in {"401": Step(401), "404": Step(404), "429": Step(429, retry_after=9), "500": Step(500, body=b"out of order"), "redirects to": Step(302, location="http://elsewhere.example/"),
                            "": Step(how="half")}.items():
            for name, store in self.stores.items():
                store.script.append(step)
                code, out, _ = self.ship_test(name)
                self.assertEqual((code, "Not taken" in out), (1, True), (name, out))
                self.assertIn(words, out, name)
                self.assertFalse(store.script, name)
        self.assertIn("out of order", self.said("otlp", Step(500, body=b"out of order")))
        self.assertIn("JSON", self.said("elasticsearch", Step(body=b"{")))
        self.stores["elasticsearch"].refuse = lambda document: (400, "document_parsing_exception", "cannot be parsed")
        self.assertRegex(self.said("elasticsearch"), "Refused: .*cannot be parsed")
        self.stores["loki"].most_line_bytes = 10
        self.assertRegex(self.said("loki"), "Refused: .*Max entry size")
        self.stores["otlp"].refuse = lambda record: "not wanted"
        self.assertRegex(self.said("otlp"), "Refused: .*not wanted")
        self.stores["datadog"].key = "another"
        self.assertRegex(self.said("datadog"), "Health: not good: .*key(.|\n)*403")
        self.assertRegex(self.said("gone"), "Health: not good: .*cannot connect(.|\n)*Not taken .connection.")
        self.assertRegex(self.said("folderless"), "Not taken .disk.")
        code, _, err = self.ship_test("nothing")
        self.assertNotIn(code, (0, 1))
        self.assertIn("loki-json", err)

    def said(self, name, *steps):
        if name in self.stores:
            self.stores[name].script.extend(steps)
        code, out, _ = self.ship_test(name)
        self.assertEqual(code, 1, out)
        return out

    def test_mistakes_are_found_before_the_start(self):
        for entry, words in {'{loki: "http://u:p@h", password: x}': "password", '{splunk: "http://h"}': "token", '{loki: "ftp://h"}': "", '{datadog: "http://h", api_key: x}': "does not stand",
                             '{loki: "http://h", file: x}': "both", "{name: x}": "which destination", '{elasticsearch: "http://h", data_stream: A}': "lower case",
                             '{otlp: "http://h", when_full: wait}': "wait", '{loki: "http://h", name: "a/b"}': "name"}.items():
            path = self.write("logmill.yaml", configuration([f"    - {entry}"]))
            code, out, err = run("check", path)
            self.assertNotEqual(code, 0, entry)
            self.assertIn(words, out + err)
            self.assertNotIn(str(pathlib.Path(path)) + ":0", out + err)


if __name__ == "__main__":
    unittest.main()
