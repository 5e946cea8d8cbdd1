"""Logs out: every record that is read arrives at every store, whatever the stores do, and whoever dies."""

import collections
import json
import os
import random
import time
import unittest

from elasticsearch_store import ElasticsearchStore
from log_stores import Step
from loki_store import LokiStore
from otlp_store import OtlpStore
from shipped_log import QUICK, ShippingTestCase, number_of, yaml_of
from splunk_store import SplunkStore
from support import sample, samples, wait_for

ONCE = ("loki", "loki-json", "elasticsearch", "file")
MISBEHAVIOUR = [Step(429), Step(500), Step(503, take=True), Step(how="half"), Step(how="none"), Step(how="unread"), Step(how="none", take=True),
                Step(401), Step(404), Step(307, location="http://127.0.0.1:1/"), Step(body=b"{"), Step(429, retry_after=0)]
SEED = int(os.environ.get("LOGMILL_SEED", 11))


class ShippingTest(ShippingTestCase):
    def test_all_arrives_everywhere_as_it_was(self):
        daemon = self.run_daemon(self.all_stores())
        for _ in range(10):
            self.log.write(150)
        self.wait_until_all_arrived()
        self.expect_once(*self.stores, "file")
        self.expect_lines()
        self.expect_balance(daemon)
        page = daemon.metrics()
        for name in (*self.stores, "file"):
            self.assertEqual(sample(page, "logmill_ship_up", destination=name), 1, name)
            self.assertEqual(sample(page, "logmill_ship_records_total", destination=name, outcome="sent"), len(self.log.lines), name)
        ids = {name: {record.id for record in self.stores[name].records} for name in ("elasticsearch", "splunk", "datadog", "otlp", "otlp-json")}
        ids["file"] = {record["id"] for record in self.file_records()}
        for name, found in ids.items():
            self.assertEqual(len(found), len(self.log.lines), name)
            self.assertEqual(found, ids["file"], name)

    def test_what_stores_do_one_after_another(self):
        daemon = self.run_daemon(self.all_stores())
        for step in MISBEHAVIOUR:
            for store in self.stores.values():
                store.script.append(step)
            self.log.write(20)
            self.wait_until_all_arrived()
        self.expect_once(*ONCE)
        self.expect_balance(daemon)
        page = samples(daemon.metrics())
        for name in self.stores:
            for reason in ("throttled", "server_error", "broken", "denied", "not_found", "other"):
                series = "logmill_ship_retries_total", frozenset({("destination", name), ("reason", reason)})
                self.assertGreaterEqual(page.get(series, 0), 1, series)

    def test_a_store_that_answers_a_byte_a_second(self):
        daemon = self.run_daemon(self.all_stores())
        for store in self.stores.values():
            store.script.append(Step(how="slow"))
        self.log.write(50)
        self.wait_until_all_arrived()
        self.expect_once(*ONCE)
        for name in self.stores:
            self.assertEqual(sample(daemon.metrics(), "logmill_ship_retries_total", destination=name, reason="timeout"), 1, name)

    def test_everybody_dies_again_and_again(self):
        destinations, chance = self.all_stores(), random.Random(SEED)
        daemon, deaths = self.run_daemon(destinations, wait=False), 0
        unanswered = collections.Counter()
        for _ in range(14):
            self.log.write(chance.randint(0, 250))
            for name, store in self.stores.items():
                self.make_trouble(store, chance)
                unanswered[name] += 2  # at most: a death, and a step that is taken without an answer
            if chance.random() < 0.8:
                wanted = chance.randint(0, len(self.log.lines))
                wait_for("the file grows", lambda daemon=daemon, wanted=wanted: daemon.alive() and self.lines_in_file() >= wanted)
                daemon.kill()
                deaths += 1
                daemon = self.run_daemon(destinations, wait=False)
        self.log.write(10)
        daemon.ready()
        wait_for("all has arrived", self.revive_until_all_arrived)
        self.wait_until_all_arrived()
        self.expect_once(*ONCE)
        self.expect_lines()
        self.expect_balance(daemon)
        daemon.wait_for_sample(self.log.json_lines, "seen_total")
        for name in self.stores:
            twice = sum(self.arrived(name).values()) - len(self.log.lines)
            self.assertLessEqual(twice, QUICK["batch_records"] * (deaths + unanswered[name]), name)

    def test_the_same_line_at_the_same_place_of_a_truncated_file_is_another_record(self):
        store = self.store("elasticsearch", ElasticsearchStore())
        destinations = [yaml_of("elasticsearch", store.url, **QUICK)]
        daemon = self.run_daemon(destinations)
        log = self.folder / "app.log"
        for times in range(1, 9):
            if times > 1:
                seen = sample(daemon.metrics(), "logmill_source_truncations_total", source="app")
                os.truncate(log, 0)
                daemon.wait_for_sample(seen + 1, "logmill_source_truncations_total", source="app")
            with open(log, "ab") as out:
                out.write(b"Listening on port 2283\n")
            wait_for("it has arrived", lambda times=times: len(store.records) == times)
            if times % 3 == 0:
                # Nothing tells the same bytes from each other that were there before and after the last checkpoint.
                now = time.time()
                wait_for("a checkpoint", lambda daemon=daemon, now=now: sample(daemon.metrics(), "logmill_checkpoint_timestamp_seconds") > now)
                daemon.kill()
                daemon = self.run_daemon(destinations)
        self.assertEqual(len({record.id for record in store.records}), 8)

    def test_killed_before_the_first_checkpoint(self):
        """The spool knows what it has, though no checkpoint says that it was read."""
        destinations = self.all_stores()
        for store in self.stores.values():
            store.always = Step(503)
        self.log.write(200)
        for _ in range(2):
            daemon = self.run_daemon(destinations, wait=False, checkpoint_interval_ms=600000)
            wait_for("all is in the file", lambda daemon=daemon: daemon.alive() and self.lines_in_file() >= 200)
            daemon.kill()
            for path in (self.folder / "state").glob("checkpoint*"):
                path.unlink()
        for store in self.stores.values():
            store.always = None
        daemon = self.run_daemon(destinations)
        self.wait_until_all_arrived()
        self.expect_once(*self.stores, "file")
        self.expect_balance(daemon)

    def revive_until_all_arrived(self):
        """A step that kills may still be in a script."""
        for store in self.stores.values():
            store.restart()
        return all(len(self.arrived(name)) == len(self.log.lines) for name in self.stores)

    @staticmethod
    def make_trouble(store, chance):
        store.restart()
        if chance.random() < 0.3:
            store.kill()
        elif chance.random() < 0.5:
            store.script.append(chance.choice([*MISBEHAVIOUR, Step(die=True)]))

    def lines_in_file(self):
        path = self.folder / "file.ndjson"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def test_dead_stores_cost_no_metric(self):
        destinations = self.all_stores()
        for store in self.stores.values():
            store.kill()
        daemon = self.run_daemon(destinations)
        for _ in range(5):
            self.log.write(300)
            daemon.wait_for_sample(self.log.json_lines, "seen_total")
        self.wait_until_all_arrived("file")
        self.expect_balance(daemon)
        page = daemon.metrics()
        for name in self.stores:
            self.assertEqual(sample(page, "logmill_ship_backlog_records", destination=name), len(self.log.lines), name)
            self.assertGreater(sample(page, "logmill_ship_backlog_bytes", destination=name), 0)
            daemon.wait_for_sample(0, "logmill_ship_up", destination=name)
        daemon.stop()
        for name in self.stores:
            said = [line for line in daemon.output().splitlines() if f"m{name}: " in line]
            self.assertLessEqual(len(said), 2, "the check at the start, and the first attempt: said once")
        for store in self.stores.values():
            store.restart()
        daemon = self.run_daemon(destinations)
        self.wait_until_all_arrived()
        self.expect_once(*self.stores, "file")
        self.expect_balance(daemon)

    def test_retry_after_is_waited_for(self):
        daemon = self.run_daemon(self.all_stores())
        for store in self.stores.values():
            store.script.append(Step(429, retry_after=2))
        self.log.write(20)
        self.wait_until_all_arrived()
        for name, store in self.stores.items():
            asked = [(request.at, status) for request, status in store.requests]
            first = next(index for index, (_, status) in enumerate(asked) if status == 429)
            self.assertGreaterEqual(asked[first + 1][0] - asked[first][0], 2, name)
        self.expect_balance(daemon)

    def test_items_of_a_bulk_count_for_themselves(self):
        store = self.store("elasticsearch", ElasticsearchStore())
        daemon = self.run_daemon([yaml_of("elasticsearch", store.url, **QUICK), self.file_entry()])
        verdicts = [(429, "es_rejected_execution_exception", "rejected execution"), (400, "document_parsing_exception", "made up"), None]
        store.script.append(Step(judge=lambda index: verdicts[index % 3]))
        self.log.write(99)
        wait_for("all is settled", lambda: len(store.records) + len(self.refused("elasticsearch")) == 99)
        refused = {int(record["line"].split("#")[1]) for record in self.refused("elasticsearch")}
        self.assertTrue(refused)
        self.assertEqual(set(self.arrived("elasticsearch")) | refused, set(self.log.lines))
        self.assertFalse(set(self.arrived("elasticsearch")) & refused)
        self.assertIn("made up", self.refused("elasticsearch")[0]["reason"])
        daemon.wait_for_sample(len(refused), "logmill_ship_records_total", destination="elasticsearch", outcome="refused")
        self.expect_balance(daemon)

    def test_records_that_nobody_takes_are_set_aside(self):
        loki, elastic, otlp = self.store("loki", LokiStore()), self.store("elasticsearch", ElasticsearchStore()), self.store("otlp", OtlpStore())
        loki.most_line_bytes = 2000
        elastic.refuse = lambda document: (400, "document_parsing_exception", "too long") if len(document["message"]) > 2000 else None
        otlp.refuse = lambda record: "too long" if len(record.message) > 2000 else None
        self.log.write(40)
        self.log.write(1, shape="json", pad=5000)
        self.log.write(40)
        self.log.write(1, shape="json", pad=5000)
        daemon = self.run_daemon([yaml_of("loki", loki.url, **QUICK), yaml_of("elasticsearch", elastic.url, **QUICK), yaml_of("otlp", otlp.url, **QUICK), self.file_entry()])
        long_ones = {41, 82}
        self.wait_until_all_arrived(*self.stores, numbers=set(self.log.lines) - long_ones)
        for name in ("loki", "elasticsearch"):
            wait_for("they are set aside", lambda name=name: len(self.refused(name)) == 2)
            self.assertEqual({record["line"] for record in self.refused(name)}, {self.log.lines[number] for number in long_ones})
        daemon.wait_for_sample(2, "logmill_ship_records_total", destination="otlp", outcome="refused")
        self.expect_once(*self.stores)
        self.expect_balance(daemon)

    def test_a_batch_that_is_too_large_is_halved(self):
        destinations = self.all_stores()
        for store in self.stores.values():
            store.most_bytes = 5000
        self.log.write(600, shape="json", pad=100)
        daemon = self.run_daemon(destinations)
        self.wait_until_all_arrived()
        self.expect_once(*self.stores, "file")
        self.expect_balance(daemon)
        for name, store in self.stores.items():
            self.assertGreater(store.too_long, 0, name)

    def test_another_node_takes_over(self):
        first = self.store("elasticsearch", ElasticsearchStore())
        second = self.store("second", ElasticsearchStore(cluster=first))
        daemon = self.run_daemon([yaml_of("elasticsearch", [first.url, second.url], **QUICK), self.file_entry()])
        for dead in (first, second, first):
            dead.kill()
            self.log.write(50)
            self.wait_until_all_arrived("elasticsearch")
            dead.restart()
        self.expect_once("elasticsearch")
        self.expect_balance(daemon, "elasticsearch", "file")

    def test_standard_output(self):
        self.log.write(100)
        daemon = self.run_daemon([yaml_of("stdout", "json"), self.file_entry()])
        self.wait_until_all_arrived("file")
        wait_for("all is printed", lambda: self.shipped(daemon, "stdout").get("sent") == 100)
        printed = [json.loads(line) for line in daemon.output().splitlines() if line.startswith("{")]
        self.assertEqual([number_of(record["line"]) for record in printed], list(self.log.lines))
        self.assertEqual(printed, self.file_records())

    def test_splunk_acknowledges(self):
        store = self.store("splunk", SplunkStore(token="top-secret-token", acknowledges=True))
        secret = self.write("secret", "top-secret-token")
        store.polls = 1000
        daemon = self.run_daemon([yaml_of("splunk", store.url, token_file=str(secret), acknowledge=True, **QUICK), self.file_entry()])
        self.log.write(700)  # several requests
        wait_for("it is asked", lambda: store.health_checks >= 2)
        self.assertEqual(self.shipped(daemon, "splunk").get("sent", 0), 0, "not sent before it is indexed")
        store.kill()
        wait_for("that is noticed", lambda: sample(daemon.metrics(), "logmill_ship_retries_total", destination="splunk", reason="connection"))
        store.polls = 2
        store.restart()
        self.wait_until_all_arrived()
        self.expect_balance(daemon)


if __name__ == "__main__":
    unittest.main()
