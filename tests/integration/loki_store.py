"""A Loki. https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs, limits of
https://github.com/grafana/loki/blob/main/pkg/validation/limits.go"""

import datetime
import re

import snappy

from log_stores import Answer, Record, Refusal, Store
from strict_reading import Wrong, compiled, only, parsed, strict_json

PATH = "/loki/api/v1/push"
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
QUOTED = re.compile(r'([^={}", ]+)="((?:[^"\\\x00-\x1f\x7f]|\\.)*)"')
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", '"': '"'}


def unquoted(text):
    def one(match):
        escape = match[1]
        if escape[0] in "xuU" and len(escape) > 1:
            return chr(int(escape[1:], 16))
        if len(escape) == 3:
            return chr(int(escape, 8))
        if escape not in SIMPLE:
            raise Wrong(f"no escape of Go: \\{escape}")
        return SIMPLE[escape]
    return ESCAPE.sub(one, text)


def parse_labels(text):
    """A selector as Loki writes it itself: {a="1", b="2"}, sorted."""
    if not (text.startswith("{") and text.endswith("}")):
        raise Wrong(f"labels are no selector: {text}")
    pairs, at = [], 1
    while at < len(text) - 1:
        match = QUOTED.match(text, at)
        if not match:
            raise Wrong(f"labels make no sense from {text[at:]!r} on")
        pairs.append((match[1], unquoted(match[2])))
        at = match.end()
        if text.startswith(", ", at):
            at += 2
        elif at != len(text) - 1:
            raise Wrong(f"labels make no sense from {text[at:]!r} on")
    return check_labels(pairs)


def check_labels(pairs):
    names = [name for name, _ in pairs]
    if not pairs:
        raise Wrong("a stream without labels")
    if names != sorted(names):
        raise Wrong(f"labels are not sorted: {names}")
    if len(set(names)) != len(names):
        raise Wrong(f"a label comes twice: {names}")
    if len(names) > 15:
        raise Wrong(f"{len(names)} labels")
    for name, value in pairs:
        if not NAME.match(name) or len(name) > 1024 or name.startswith("__"):
            raise Wrong(f"no name of a label: {name!r}")
        if not value or len(value.encode()) > 2048:
            raise Wrong(f"the label {name} has the value {value!r}")
    return dict(pairs)


class Entry:
    def __init__(self, time_ns, line, metadata):
        self.time_ns, self.line, self.metadata = time_ns, line, metadata
        names = [name for name, _ in metadata]
        if len(set(names)) != len(names):
            raise Wrong(f"structured metadata comes twice: {names}")
        if len(names) > 128 or sum(len(name.encode()) + len(value.encode()) for name, value in metadata) > 64 << 10:
            raise Wrong("too much structured metadata")
        if any(not name or not value for name, value in metadata):
            raise Wrong(f"empty structured metadata: {metadata}")
        if time_ns <= 0:
            raise Wrong(f"the time {time_ns}")


class LokiStore(Store):
    logs_paths = (PATH,)

    def __init__(self, tenant=None, takes_metadata=True, **more):
        self.tenant, self.takes_metadata = tenant, takes_metadata
        self.most_line_bytes = 256 << 10
        self.oldest_ns = 0           # older entries are refused
        self.streams = {}            # labels as a tuple of pairs → {(ns, line): Record}
        super().__init__(**more)

    def other(self, request):
        if (request.method, request.path) != ("GET", "/ready"):
            raise Wrong(f"nobody asked for {request.method} {request.path}")
        return Answer(200, b"ready\n", "text/plain")

    def take(self, request):
        if self.tenant is not None and request.headers.get("x-scope-orgid") != self.tenant:
            raise Refusal(Answer(401, b"no org id\n", "text/plain"))
        if request.query:
            raise Wrong(f"a query: {request.query}")
        kind = request.need_header("Content-Type", "application/x-protobuf", "application/json")
        streams = self._protobuf(request) if kind == "application/x-protobuf" else self._json(request)
        if not streams:
            raise Wrong("a push without streams")
        refused = []
        for labels, entries in streams:
            if not entries:
                raise Wrong("a stream without entries")
            for entry in entries:
                reason = self._refusal(labels, entry)
                if reason:
                    refused.append((entry, reason))
                else:
                    self._keep(labels, entry)
        if refused:
            # The distributor looks at all entries before anything is kept, keeps the good ones, and says the last fault.
            raise Refusal(Answer(400, refused[-1][1].encode(), "text/plain"))
        return Answer(204)

    def _protobuf(self, request):
        if "content-encoding" in request.headers and request.headers["content-encoding"] != "snappy":
            raise Wrong("protobuf goes with snappy")
        try:
            body = snappy.uncompress(request.body)
        except snappy.UncompressError as error:
            raise Wrong(f"no snappy block: {error}") from None
        self.bodies.append(body)
        self.limit(body)
        push = parsed(compiled("loki_push").PushRequest(), body)
        streams = []
        for stream in push.streams:
            entries = []
            for entry in stream.entries:
                if not entry.HasField("timestamp") or not 0 <= entry.timestamp.nanos < 10**9:
                    raise Wrong("an entry without a good time")
                entries.append(Entry(entry.timestamp.seconds * 10**9 + entry.timestamp.nanos, entry.line,
                                     [(label.name, label.value) for label in entry.structured_metadata]))
            streams.append((parse_labels(stream.labels), entries))
        return streams

    def _json(self, request):
        streams = []
        push = only("the push", strict_json(request.body), {"streams": list}, ["streams"])
        for stream in push["streams"]:
            only("a stream", stream, {"stream": dict, "values": list}, ["stream", "values"])
            if not all(isinstance(value, str) for value in stream["stream"].values()):
                raise Wrong("a label that is no text")
            entries = []
            for value in stream["values"]:
                if not isinstance(value, list) or len(value) not in (2, 3) or not all(isinstance(part, str) for part in value[:2]):
                    raise Wrong(f"no entry: {value!r}")
                if not re.match(r"[1-9][0-9]*\Z", value[0]):
                    raise Wrong(f"no time: {value[0]!r}")
                metadata = value[2] if len(value) == 3 else {}
                if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
                    raise Wrong(f"no structured metadata: {metadata!r}")
                entries.append(Entry(int(value[0]), value[1], list(metadata.items())))
            streams.append((check_labels(sorted(stream["stream"].items())), entries))
        return streams

    def _refusal(self, labels, entry):
        selector = "{" + ", ".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
        if entry.metadata and not self.takes_metadata:
            raise Refusal(Answer(400, f"stream '{selector}' includes structured metadata, but this feature is disallowed. Please see "
                                      "`limits_config.allow_structured_metadata` or contact your Loki administrator to enable it.".encode(), "text/plain"))
        if len(entry.line.encode()) > self.most_line_bytes:
            return f"Max entry size '{self.most_line_bytes}' bytes exceeded for stream '{selector}' while adding an entry with length '{len(entry.line.encode())}' bytes"
        if entry.time_ns < self.oldest_ns:
            return f"entry for stream '{selector}' has timestamp too old: {rfc3339(entry.time_ns)}, oldest acceptable timestamp is: {rfc3339(self.oldest_ns)}"
        return None

    def _keep(self, labels, entry):
        stream = self.streams.setdefault(tuple(labels.items()), {})
        key = (entry.time_ns, entry.line)
        if key in stream:
            self.repeats += 1
            return
        stream[key] = Record(None, entry.line, entry.line, entry.time_ns, {"labels": labels, "metadata": dict(entry.metadata)})
        self.records.append(stream[key])


def rfc3339(time_ns):
    return datetime.datetime.fromtimestamp(time_ns // 10**9, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
