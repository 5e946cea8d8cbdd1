"""An Elasticsearch with one data stream. https://www.elastic.co/guide/en/elasticsearch/reference/current/docs-bulk.html; the fields' types
are those of the index template that we ship."""

import datetime
import json
import re

from log_stores import Record, Store, json_answer
from strict_reading import Wrong, only, strict_json
from support import ROOT

TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z\Z")
FILTER = "errors,items.*._id,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store"
MOST_KEYWORD_BYTES = 32766  # of a term in Lucene
TEXTS = ("keyword", "match_only_text", "text", "constant_keyword", "wildcard")


def time_ns(text):
    match = TIME.match(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"failed to parse date field [{text}]")
    moment = datetime.datetime.fromisoformat(match[1]).replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * 10**9 + int((match[2] or "0").ljust(9, "0"))


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return max(map(depth, value), default=0) if isinstance(value, list) else 0


class Mapping:
    """The types of the template's fields."""

    def __init__(self):
        template = json.loads((ROOT / "packaging/elasticsearch/index-template.json").read_text())
        self.properties = template["template"]["mappings"]["properties"]

    def check(self, document):
        self._object("", document, self.properties)

    def _object(self, path, value, properties):
        for name, member in value.items():
            where = f"{path}{name}"
            if not name.strip() or any(not part.strip() for part in name.split(".")):
                raise ValueError(f"field name cannot contain only whitespace: [{where}]")
            if "." in name:
                raise Wrong(f"a name with a dot outside of the application's own object: {where}")
            if name not in properties:
                raise Wrong(f"the template does not know {where}")
            self._field(where, member, properties[name])

    def _field(self, where, value, field):
        kind = field.get("type", "object")
        if kind == "object":
            if not isinstance(value, dict):
                raise ValueError(f"object mapping for [{where}] tried to parse field as object, but found a concrete value")
            if field.get("dynamic") is not None and "properties" not in field or field.get("enabled") is False:
                return None
            return self._object(where + ".", value, field.get("properties", {}))
        if kind in ("flattened", "flat_object"):
            return self._flattened(where, value)
        good = {"long": isinstance(value, int) and not isinstance(value, bool) and -2**63 <= value < 2**63, "boolean": isinstance(value, bool),
                "date": True, "date_nanos": True}.get(kind, isinstance(value, str))
        if kind in ("date", "date_nanos"):
            time_ns(value)
        if not good:
            raise ValueError(f"failed to parse field [{where}] of type [{kind}]")
        if kind == "keyword" and "ignore_above" not in field and field.get("index", True) and len(value.encode()) > MOST_KEYWORD_BYTES:
            raise ValueError(f"Document contains at least one immense term in field=\"{where}\"")
        return None

    @staticmethod
    def _flattened(where, value):
        if not isinstance(value, dict):
            raise ValueError(f"failed to parse field [{where}] of type [flattened]")
        if depth(value) > 20:
            raise ValueError(f"The provided [flattened] field [{where}] exceeds the maximum depth limit of [20]")
        if "\0" in json.dumps(value, ensure_ascii=False):
            raise ValueError(f"Do not include null bytes in the keys of [flattened] field [{where}]")


class ElasticsearchStore(Store):
    most_bytes = 100 << 20  # http.max_content_length

    def __init__(self, data_stream="logs-logmill-default", cluster=None, **more):
        """`cluster`: another node, with which it shares what is stored."""
        self.data_stream = data_stream
        self.logs_paths = (f"/{data_stream}/_bulk",)
        self.mapping = Mapping()
        self.refuse = lambda document: None  # document → (status, type, reason), or None
        self.known = cluster.known if cluster else {}  # _id → Record
        super().__init__(**more)
        if cluster:
            self.records = cluster.records

    def denied(self):
        return json_answer({"error": {"type": "security_exception", "reason": "unable to authenticate"}, "status": 401}, 401)

    def complained(self, words):
        return json_answer({"error": {"type": "illegal_argument_exception", "reason": words}, "status": 400}, 400)

    def other(self, request):
        if (request.method, request.path) != ("GET", "/"):
            raise Wrong(f"nobody asked for {request.method} {request.path}")
        return json_answer({"name": "node", "cluster_name": "test", "version": {"number": "8.15.0"}, "tagline": "You Know, for Search"})

    def take(self, request):
        request.need_header("Content-Type", "application/x-ndjson", "application/json")
        unknown = set(request.query) - {"filter_path", "pipeline"}
        if unknown:
            raise Wrong(f"unrecognized parameters: {unknown}")
        if request.query.get("filter_path", FILTER) != FILTER:
            raise Wrong(f"filter_path {request.query['filter_path']} leaves out what has to be read")
        if not request.body.endswith(b"\n"):
            raise Wrong("The bulk request must be terminated by a newline [\\n]")
        lines = request.body[:-1].split(b"\n")
        if len(lines) % 2 != 0:
            raise Wrong("an odd number of lines")
        operations = [self._operation(action, document) for action, document in zip(lines[::2], lines[1::2])]
        ids = [identifier for identifier, _ in operations]
        if len(set(ids)) != len(ids):
            raise Wrong("an _id comes twice in one request")
        items = [self._item(index, *operation, request.judge) for index, operation in enumerate(operations)]
        return json_answer({"errors": any("error" in item["create"] for item in items), "items": items})

    @staticmethod
    def _operation(action, document):
        operation = only("an action", strict_json(action), {"create": dict}, ["create"])
        identifier = only("create", operation["create"], {"_id": str}, ["_id"])["_id"]
        if not 1 <= len(identifier.encode()) <= 512:
            raise Wrong(f"the _id {identifier!r}")
        value = strict_json(document)
        if not isinstance(value, dict):
            raise Wrong("a document that is no object")
        return identifier, value

    def _item(self, index, identifier, document, judge):
        verdict = judge(index) if judge else None
        verdict = verdict or self.refuse(document) or self._create(identifier, document)
        status, *error = verdict
        item = {"_id": identifier, "status": status}
        if error:
            item["error"] = dict(zip(("type", "reason"), error))
        return {"create": item}

    def _create(self, identifier, document):
        if "@timestamp" not in document:
            raise Wrong("data stream timestamp field [@timestamp] is missing")
        try:
            self.mapping.check(document)
            moment = time_ns(document["@timestamp"])
        except ValueError as error:
            self.complaints.append(f"document {identifier}: {error}: {json.dumps(document)[:500]}")
            return 400, "document_parsing_exception", str(error)
        if identifier in self.known:
            self.repeats += 1
            if self.known[identifier].raw != document:
                self.complaints.append(f"two documents have the _id {identifier}: {self.known[identifier].raw} and {document}")
            return 409, "version_conflict_engine_exception", f"[{identifier}]: version conflict, document already exists (current version [1])"
        self.known[identifier] = Record(identifier, document["message"], None, moment, document)
        self.records.append(self.known[identifier])
        return (201,)
