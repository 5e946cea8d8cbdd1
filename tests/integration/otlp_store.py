"""A receiver of OTLP logs over HTTP. https://opentelemetry.io/docs/specs/otlp/#otlphttp"""

import base64
import json
import re

from log_stores import Answer, Record, Store
from strict_reading import Wrong, compiled, parsed, strict_json

JSON, PROTOBUF = "application/json", "application/x-protobuf"


def with_bytes(value):
    """The JSON mapping of OTLP has ids as hexadecimal digits, that of protobuf has base64; and enumerations are numbers."""
    if isinstance(value, list):
        return [with_bytes(element) for element in value]
    if not isinstance(value, dict):
        return value
    turned = {}
    for name, member in value.items():
        if "_" in name:
            raise Wrong(f"{name} is not in lowerCamelCase")
        if name in ("traceId", "spanId"):
            if not isinstance(member, str) or not re.match(r"([0-9a-fA-F]{2})*\Z", member):
                raise Wrong(f"{name} is {member!r}")
            member = base64.b64encode(bytes.fromhex(member)).decode()
        turned[name] = with_bytes(member)
    return turned


def plain(value):
    """An AnyValue as Python has it."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(element) for element in value.array_value.values]
    if kind == "kvlist_value":
        return attributes_of("a map", value.kvlist_value.values)
    return getattr(value, kind) if kind else None


def attributes_of(what, pairs):
    names = [pair.key for pair in pairs]
    if len(set(names)) != len(names) or "" in names:
        raise Wrong(f"names of {what} come twice, or are empty: {names}")
    return {pair.key: plain(pair.value) for pair in pairs}


class OtlpStore(Store):
    logs_paths = ("/v1/logs",)

    def __init__(self, **more):
        self.refuse = lambda record: None  # Record → why, or None
        super().__init__(**more)

    def take(self, request):
        kind = request.need_header("Content-Type", JSON, PROTOBUF)
        messages = compiled("otlp_logs")
        export = messages.ExportLogsServiceRequest()
        if kind == PROTOBUF:
            parsed(export, request.body)
        else:
            self._parse_json(export, request.body)
        records = [record for logs in export.resource_logs for record in self._records(logs)]
        if not records:
            self.health_checks += 1
        reasons = [(record, self.refuse(record)) for record in records]
        self.records += [record for record, reason in reasons if not reason]
        refused = [reason for _, reason in reasons if reason]
        response = messages.ExportLogsServiceResponse()
        if refused:
            response.partial_success.rejected_log_records = len(refused)
            response.partial_success.error_message = refused[0]
        if kind == PROTOBUF:
            return Answer(200, response.SerializeToString(), PROTOBUF)
        partial = {"partialSuccess": {"rejectedLogRecords": str(len(refused)), "errorMessage": refused[0]}} if refused else {}
        return Answer(200, json.dumps(partial).encode(), JSON)

    @staticmethod
    def _parse_json(export, body):
        from google.protobuf import json_format
        try:
            json_format.ParseDict(with_bytes(strict_json(body)), export)
        except json_format.ParseError as error:
            raise Wrong(f"no ExportLogsServiceRequest: {error}") from None

    def _records(self, logs):
        resource = attributes_of("a resource", logs.resource.attributes)
        if not isinstance(resource.get("service.name"), str):
            raise Wrong("a resource without service.name")
        for scope_logs in logs.scope_logs:
            if not scope_logs.scope.name:
                raise Wrong("a scope without name")
            for record in scope_logs.log_records:
                yield self._record(resource, record)

    @staticmethod
    def _record(resource, record):
        if not record.observed_time_unix_nano:
            raise Wrong("a record without the time when it was observed")
        if record.severity_number > 24:
            raise Wrong(f"the severity {record.severity_number}")
        for name, size in (("trace_id", 16), ("span_id", 8)):
            identifier = getattr(record, name)
            if identifier and (len(identifier) != size or not any(identifier)):
                raise Wrong(f"{name} is {identifier!r}")
        attributes = attributes_of("a record", record.attributes)
        body = plain(record.body)
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        return Record(attributes.get("log.record.uid"), text, None, record.time_unix_nano, {"resource": resource, "attributes": attributes, "severity": record.severity_number, "body": body})
