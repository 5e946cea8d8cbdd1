"""Datadog's logs intake. https://docs.datadoghq.com/api/latest/logs/#send-logs"""

import json
import time

from log_stores import Record, Refusal, Store, json_answer
from strict_reading import Wrong, strict_json

OLDEST_S = 18 * 3600
TEXTS = ("ddsource", "ddtags", "hostname", "service", "status", "message")


class DatadogStore(Store):
    logs_paths = ("/api/v2/logs",)
    most_bytes = 5_000_000
    most_entries = 1000

    def __init__(self, key="", **more):
        self.key = key
        super().__init__(**more)

    def complained(self, words):
        return json_answer({"errors": [{"status": "400", "title": "Bad Request", "detail": words}]}, 400)

    def take(self, request):
        if request.headers.get("dd-api-key") != self.key:
            raise Refusal(json_answer({"errors": [{"status": "403", "title": "Forbidden"}]}, 403))
        request.need_header("Content-Type", "application/json")
        entries = strict_json(request.body)
        if not isinstance(entries, list):
            raise Wrong("no array")
        if not entries:
            self.health_checks += 1
        if len(entries) > self.most_entries:
            raise Wrong(f"{len(entries)} entries")
        self.records += [self._record(entry) for entry in entries]
        return json_answer({}, 202)

    @staticmethod
    def _record(entry):
        if not isinstance(entry, dict) or "message" not in entry:
            raise Wrong(f"an entry without message: {entry!r}")
        for name in TEXTS:
            if not isinstance(entry.get(name, ""), str):
                raise Wrong(f"{name} is no text: {entry[name]!r}")
        timestamp = entry.get("timestamp", entry.get("logmill", {}).get("timestamp"))  # without one, it is the time of arrival
        if not isinstance(timestamp, int):
            raise Wrong(f"the timestamp {timestamp!r}")
        age_s = time.time() - timestamp / 1000
        if "timestamp" in entry and age_s > OLDEST_S:
            raise Wrong(f"the timestamp {timestamp}: what is so old would be dropped")
        if "timestamp" not in entry and age_s < OLDEST_S - 3600:
            raise Wrong(f"no timestamp, though {timestamp} would do")
        if len(json.dumps(entry, ensure_ascii=False).encode()) > 1_000_000:
            raise Wrong("an entry of more than 1 MB")
        return Record(entry.get("logmill", {}).get("id"), entry["message"], None, timestamp * 10**6, entry)
