"""The stores that other tests ship to: they take what is right, and complain of what is wrong."""

import gzip
import http.client
import json
import time
import unittest

import snappy

from datadog_store import DatadogStore
from elasticsearch_store import ElasticsearchStore
from log_stores import Step
from loki_store import PATH, LokiStore, parse_labels
from otlp_store import OtlpStore
from splunk_store import SplunkStore
from strict_reading import compiled

CHANNEL = "11111111-2222-3333-4444-555555555555"
NDJSON = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}


def post(store, path, body, headers):
    connection = http.client.HTTPConnection("127.0.0.1", store.port, timeout=20)
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


class StoreTest(unittest.TestCase):
    def new(self, store):
        self.addCleanup(store.stop)
        return store

    def expect_good(self, store, status, *request):
        self.assertEqual(post(store, *request)[0], status)
        self.assertEqual(store.complaints, [])

    def expect_wrong(self, store, part, *request):
        before = len(store.records)
        status = post(store, *request)[0]
        self.assertEqual(len(store.complaints), 1, (part, status))
        self.assertIn(part, store.complaints.pop())
        self.assertEqual(len(store.records), before)


class LokiStoreTest(StoreTest):
    def push(self, labels='{a="1", b="2"}', entries=((1, "x"),), metadata=(), change=lambda body: body):
        push = compiled("loki_push").PushRequest()
        stream = push.streams.add(labels=labels)
        for time_ns, line in entries:
            entry = stream.entries.add(line=line)
            entry.timestamp.seconds, entry.timestamp.nanos = divmod(time_ns, 10**9)
            for name, value in metadata:
                entry.structured_metadata.add(name=name, value=value)
        return PATH, snappy.compress(change(push.SerializeToString())), {"Content-Type": "application/x-protobuf"}

    def json_push(self, value):
        return PATH, json.dumps(value), JSON

    def test_it_takes_pushes_and_removes_repeats(self):
        store = self.new(LokiStore())
        self.expect_good(store, 204, *self.push(entries=((1, "x"), (1, "y"), (2, "x"))))
        self.expect_good(store, 204, *self.push(entries=((1, "x"), (3, "x"))))
        self.expect_good(store, 204, *self.push(labels='{a="1"}', metadata=[("pid", "7")]))
        self.expect_good(store, 204, *self.json_push({"streams": [{"stream": {"a": "1"}, "values": [["1", "x"], ["9", "z", {"pid": "1"}]]}]}))
        self.assertEqual([record.line for record in store.records], ["x", "y", "x", "x", "x", "z"])
        self.assertEqual(store.repeats, 2)

    def test_it_complains(self):
        store = self.new(LokiStore())
        for part, request in {
            "not sorted": self.push('{b="1", a="2"}'), "comes twice": self.push('{a="1", a="2"}'), "no name of a label": self.push('{a-b="1"}'),
            "makes no sense": self.push('{a="1",b="2"}'), "make no sense from": self.push('{a="1"b="2"}'), "make no sense": self.push('{a="x\ny"}'),
            "without labels": self.push("{}"), "has the value ''": self.push('{a=""}'), "no selector": self.push("a"), "no escape": self.push('{a="\\q"}'),
            "without entries": self.push(entries=()), "the time 0": self.push(entries=((0, "x"),)), "metadata comes twice": self.push(metadata=[("a", "1"), ("a", "2")]),
            "empty structured": self.push(metadata=[("a", "")]), "nobody knows": self.push(change=lambda body: body + b"\x7a\x01x"),
            "no PushRequest": self.push(change=lambda body: body[:-1]), "no snappy": (PATH, b"x", {"Content-Type": "application/x-protobuf"}),
            "Content-Type is 'text/plain'": (PATH, b"x", {"Content-Type": "text/plain"}), "no label": None,
        }.items():
            if request:
                with self.subTest(part):
                    self.expect_wrong(store, part.replace("makes", "make"), *request)
        for part, value in {"no time": [[1, "x"]], "no entry": [["1"]], "no structured": [["1", "x", {"a": 1}]], "without entries": []}.items():
            with self.subTest(part):
                self.expect_wrong(store, "no entry" if part == "no time" else part, *self.json_push({"streams": [{"stream": {"a": "1"}, "values": value}]}))
        self.expect_wrong(store, "nobody knows", *self.json_push({"streams": [], "more": 1}))

    def test_labels_are_unquoted(self):
        self.assertEqual(parse_labels(r'{a="q\"\\\n\x1b\u00e4ö"}'), {"a": 'q"\\\n\x1bäö'})

    def test_it_refuses_as_loki_does(self):
        store = self.new(LokiStore(tenant="photos", takes_metadata=False))
        self.assertEqual(post(store, *self.push())[0], 401)
        path, body, headers = self.push(metadata=[("a", "1")])
        status, words, _ = post(store, path, body, {**headers, "X-Scope-OrgID": "photos"})
        self.assertEqual(status, 400)
        self.assertIn(b"structured metadata", words)
        store.most_line_bytes = 3
        path, body, headers = self.push(entries=((1, "four"), (2, "one")))
        status, words, _ = post(store, path, body, {**headers, "X-Scope-OrgID": "photos"})
        self.assertEqual((status, [record.line for record in store.records]), (400, ["one"]))
        self.assertIn(b"Max entry size", words)
        self.assertEqual(store.complaints, [])


class ElasticsearchStoreTest(StoreTest):
    PATH = "/logs-logmill-default/_bulk"

    def bulk(self, *documents, action="create"):
        return "".join(json.dumps({action: {"_id": identifier}}) + "\n" + json.dumps(document) + "\n" for identifier, document in documents)

    def document(self, message="x", **more):
        return {"@timestamp": "2026-11-22T09:22:15.403Z", "message": message, **more}

    def test_it_takes_documents_once(self):
        store = self.new(ElasticsearchStore())
        self.expect_good(store, 200, self.PATH, self.bulk(("1", self.document()), ("2", self.document("y"))), NDJSON)
        _, body, _ = post(store, self.PATH, gzip.compress(self.bulk(("2", self.document("y")), ("3", self.document())).encode()), {**NDJSON, "Content-Encoding": "gzip"})
        answer = json.loads(body)
        self.assertTrue(answer["errors"])
        self.assertEqual([item["create"]["status"] for item in answer["items"]], [409, 201])
        self.assertEqual((len(store.records), store.repeats), (3, 1))

    def test_it_complains(self):
        store = self.new(ElasticsearchStore())
        good = self.bulk(("1", self.document()))
        for part, body in {"terminated": good[:-1], "nobody knows": self.bulk(("1", self.document()), action="index"), "odd number": good + "{}\n",
                           "has no _id": good.replace('"_id": "1"', ""), "missing": self.bulk(("1", {"message": "x"})), "no JSON": good.replace('"x"', "NaN"),
                           "twice in one request": good + good, "does not know": self.bulk(("1", self.document(more=1))),
                           "comes twice": good.replace('"message"', '"message": 1, "message"')}.items():
            with self.subTest(part):
                self.expect_wrong(store, part, self.PATH, body, NDJSON)
        self.expect_wrong(store, "Content-Type", self.PATH, good, {"Content-Type": "text/plain"})
        self.expect_wrong(store, "nobody asked", "/other/_bulk", good, NDJSON)
        self.expect_wrong(store, "no gzip", self.PATH, good, {**NDJSON, "Content-Encoding": "gzip"})
        self.expect_wrong(store, "failed to parse field [message]", self.PATH, self.bulk(("1", self.document({"a": 1}))), NDJSON)
        self.expect_wrong(store, "[process.pid]", self.PATH, self.bulk(("1", self.document(process={"pid": "x"}))), NDJSON)

    def test_items_as_told(self):
        store = self.new(ElasticsearchStore())
        store.script.append(Step(judge=lambda index: [(429, "es_rejected_execution_exception", "queue"), (400, "x", "y"), None][index]))
        _, body, _ = post(store, self.PATH, self.bulk(*((str(n), self.document()) for n in range(3))), NDJSON)
        self.assertEqual([item["create"]["status"] for item in json.loads(body)["items"]], [429, 400, 201])
        self.assertEqual(list(store.known), ["2"])


class SplunkStoreTest(StoreTest):
    PATH = "/services/collector/event"
    HEADERS = {"Authorization": "Splunk secret", "X-Splunk-Request-Channel": CHANNEL, **JSON}

    def test_it_takes_events_and_acknowledges_later(self):
        store = self.new(SplunkStore(token="secret", acknowledges=True))
        store.polls = 2
        status, body, _ = post(store, self.PATH, '{"time":1.5,"event":{"message":"x"},"fields":{"a":"b"}}{"time":2,"event":"y"}', self.HEADERS)
        self.assertEqual((status, json.loads(body)["ackId"], store.records), (200, 0, []))
        for indexed in (False, True):
            _, body, _ = post(store, "/services/collector/ack?channel=" + CHANNEL, '{"acks":[0]}', self.HEADERS)
            self.assertEqual(json.loads(body), {"acks": {"0": indexed}})
        self.assertEqual(store.messages(), ["x", "y"])
        self.assertEqual(post(store, self.PATH, "{}", JSON)[0], 403)
        self.assertEqual(store.complaints, [])

    def test_it_complains(self):
        store = self.new(SplunkStore(token="secret"))
        for part, body in {"blank": '{"event":""}', "no event": '{"time":1}', "nobody knows": '{"event":"x","more":1}', "flat": '{"event":"x","fields":{"a":{}}}',
                           "Invalid data": "x", "time is": '{"event":"x","time":"now"}'}.items():
            with self.subTest(part):
                self.expect_wrong(store, part, self.PATH, body, self.HEADERS)


class DatadogStoreTest(StoreTest):
    PATH = "/api/v2/logs"
    HEADERS = {"DD-API-KEY": "secret", **JSON}

    def test_it_takes_and_complains(self):
        store = self.new(DatadogStore(key="secret"))
        now = int(time.time() * 1000)
        self.expect_good(store, 202, self.PATH, json.dumps([{"message": "x", "timestamp": now}, {"message": "old", "logmill": {"timestamp": 1}}]), self.HEADERS)
        self.assertEqual(post(store, self.PATH, "[]", JSON)[0], 403)
        for part, value in {"without message": [{}], "no array": {}, "no text": [{"message": {}}], "the timestamp": [{"message": "x"}],
                            "entries": [{"message": "x", "timestamp": now}] * 1001, "1 MB": [{"message": "x" * 1_000_000, "timestamp": now}],
                            "what is so old": [{"message": "x", "timestamp": 1}],
                            "would do": [{"message": "x", "logmill": {"timestamp": now}}]}.items():
            with self.subTest(part):
                self.expect_wrong(store, part, self.PATH, json.dumps(value), self.HEADERS)


class OtlpStoreTest(StoreTest):
    PATH = "/v1/logs"
    PROTOBUF = {"Content-Type": "application/x-protobuf"}

    def export(self, change=lambda record: None, service="gallery"):
        export = compiled("otlp_logs").ExportLogsServiceRequest()
        logs = export.resource_logs.add()
        if service:
            logs.resource.attributes.add(key="service.name").value.string_value = service
        scope = logs.scope_logs.add()
        scope.scope.name = "logmill"
        record = scope.log_records.add(time_unix_nano=1, observed_time_unix_nano=2, severity_number=9)
        record.body.string_value = "x"
        change(record)
        return export.SerializeToString()

    def test_it_takes_both_forms(self):
        store = self.new(OtlpStore())
        self.expect_good(store, 200, self.PATH, self.export(), self.PROTOBUF)
        value = {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "g"}}]}, "scopeLogs": [
            {"scope": {"name": "logmill"}, "logRecords": [{"timeUnixNano": "1", "observedTimeUnixNano": "2", "traceId": "0" * 31 + "1", "body": {"stringValue": "x"}}]}]}]}
        self.expect_good(store, 200, self.PATH, json.dumps(value), JSON)
        self.assertEqual(store.messages(), ["x", "x"])
        value["resourceLogs"][0]["schema_url"] = ""
        self.expect_wrong(store, "lowerCamelCase", self.PATH, json.dumps(value), JSON)
        self.expect_wrong(store, "no ExportLogs", self.PATH, '{"more":1}', JSON)

    def test_it_complains(self):
        store = self.new(OtlpStore())
        for part, change in {"observed": lambda record: record.ClearField("observed_time_unix_nano"), "severity 25": lambda record: setattr(record, "severity_number", 25),
                             "trace_id": lambda record: setattr(record, "trace_id", b"x"), "come twice": lambda record: record.attributes.extend([record.attributes.add(key="a")])}.items():
            with self.subTest(part):
                self.expect_wrong(store, part, self.PATH, self.export(change), self.PROTOBUF)
        self.expect_wrong(store, "service.name", self.PATH, self.export(service=""), self.PROTOBUF)
        self.expect_wrong(store, "nobody knows", self.PATH, self.export() + b"\x7a\x01x", self.PROTOBUF)
        store.refuse = lambda record: "too long" if record.message == "x" else None
        _, body, _ = post(store, self.PATH, self.export(), self.PROTOBUF)
        answer = compiled("otlp_logs").ExportLogsServiceResponse.FromString(body)
        self.assertEqual((answer.partial_success.rejected_log_records, answer.partial_success.error_message), (1, "too long"))


class MisbehaviourTest(StoreTest):
    BODY = json.dumps([{"message": "a record that is long enough", "timestamp": int(time.time() * 1000)}])

    def setUp(self):
        self.store = self.new(DatadogStore())

    def post(self):
        return post(self.store, "/api/v2/logs", self.BODY, {"DD-API-KEY": "", **JSON})

    def test_what_is_said(self):
        self.store.script.extend([Step(429, retry_after=7), Step(500, take=True), Step(307, location="http://127.0.0.1/"), Step(body=b"{")])
        status, _, headers = self.post()
        self.assertEqual((status, headers["Retry-After"], self.store.records), (429, "7", []))
        self.assertEqual((self.post()[0], len(self.store.records)), (500, 1))
        self.assertEqual(self.post()[2]["Location"], "http://127.0.0.1/")
        self.assertEqual((self.post()[1], len(self.store.records)), (b"{", 2))
        self.assertEqual((self.post()[0], len(self.store.records)), (202, 3))

    def test_what_is_broken(self):
        for how, taken in {"half": 1, "none": 2, "unread": 2}.items():
            self.store.script.append(Step(how=how))
            with self.subTest(how), self.assertRaises((http.client.HTTPException, OSError)):
                self.post()
            self.assertEqual(len(self.store.records), taken)
        self.assertEqual(self.store.complaints, [])

    def test_it_dies_and_comes_back(self):
        self.store.script.append(Step(die=True))
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.post()
        with self.assertRaises(ConnectionRefusedError):
            self.post()
        self.store.restart()
        self.assertEqual((self.post()[0], len(self.store.records)), (202, 2))


if __name__ == "__main__":
    unittest.main()
