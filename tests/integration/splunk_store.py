"""A Splunk's HTTP Event Collector. https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector,
.../Data/AboutHECIDXAck"""

import json
import re

from log_stores import Record, Refusal, Store, json_answer
from strict_reading import Wrong, only, strict_json

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
ENVELOPE = {"time": (int, float), "host": str, "source": str, "sourcetype": str, "index": str, "event": object, "fields": dict}


def objects(text):
    """JSON objects one behind the other, with or without white space between them."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at] in " \t\r\n":
            at += 1
            continue
        try:
            _, end = decoder.raw_decode(text, at)
        except ValueError as error:
            raise Wrong(f"Invalid data format: {error}") from None
        yield strict_json(text[at:end])
        at = end


class SplunkStore(Store):
    logs_paths = ("/services/collector/event",)
    most_bytes = 838_860_800  # max_content_length of limits.conf

    def __init__(self, token="", acknowledges=False, **more):
        self.acknowledges = acknowledges
        self.polls = 0            # until what was taken is indexed
        self._acks = {}           # ackId → [polls left, records]: what is here is lost when the server dies
        self._next_ack = 0
        super().__init__(credentials=f"Splunk {token}", **more)

    def denied(self):
        return json_answer({"text": "Invalid token", "code": 4}, 403)

    def complained(self, words):
        return json_answer({"text": "Invalid data format", "code": 6, "words": words}, 400)

    def kill(self):
        with self.lock:
            self._acks.clear()
        super().kill()

    def other(self, request):
        if (request.method, request.path) == ("GET", "/services/collector/health"):
            return json_answer({"text": "HEC is healthy", "code": 17})
        if (request.method, request.path) != ("POST", "/services/collector/ack"):
            raise Wrong(f"nobody asked for {request.method} {request.path}")
        if not self.acknowledges:
            return json_answer({"text": "ACK is disabled", "code": 14}, 400)
        self._channel(request)
        asked = only("the question", strict_json(request.body), {"acks": list}, ["acks"])["acks"]
        return json_answer({"acks": {str(number): self._is_indexed(number) for number in asked}})

    def _is_indexed(self, number):
        if number not in self._acks:
            return False
        batch = self._acks[number]
        batch[0] -= 1
        if batch[0] > 0:
            return False
        self.records += batch[1]
        del self._acks[number]
        return True

    @staticmethod
    def _channel(request):
        channel = request.query.get("channel", request.headers.get("x-splunk-request-channel", ""))
        if not UUID.match(channel):
            raise Wrong(f"no channel: {channel!r}")

    def take(self, request):
        if self.acknowledges:
            self._channel(request)
        records = [self._record(event) for event in objects(request.body.decode())]
        if not records:
            raise Refusal(json_answer({"text": "No data", "code": 5}, 400))
        answer = {"text": "Success", "code": 0}
        if self.acknowledges:
            answer["ackId"] = self._next_ack
            self._acks[self._next_ack] = [self.polls, records]
            self._next_ack += 1
        else:
            self.records += records
        return json_answer(answer)

    @staticmethod
    def _record(envelope):
        only("an event", envelope, ENVELOPE, ["event"])
        event, fields = envelope["event"], envelope.get("fields", {})
        if event is None or event == "":
            raise Wrong("Event field cannot be blank")
        if not all(isinstance(value, str) and value for value in fields.values()):
            raise Wrong(f"fields are not flat texts: {fields}")
        message = event.get("message", "") if isinstance(event, dict) else str(event)
        text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        return Record(fields.get("logmill_id"), text, None, round(envelope["time"] * 1000) * 10**6, envelope)
