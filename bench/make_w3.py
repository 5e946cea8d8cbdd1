#!/usr/bin/env python3
"""Writes bench/rules/w3.yaml and bench/mtail/w3.mtail: the W2 files and 90 further rules, most of which never match.

Run it after a change of this table or of the W2 files; the results are committed.
"""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent

COUNT_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

# Regexes as in a rule file: over the message, `^` is its beginning. A capture that is a label name below becomes that label, `n` a
# counter's or gauge's value, `ms` a duration, `count` a number to observe; other captures are captured and left.
LABELS = ("method", "queue", "type", "model", "table", "code", "job", "reason", "codec", "task", "phase", "worker", "setting")

# These four match lines that the generator writes.
MATCHING = [
    r"^Mapped \{(?P<route>[^,]+), (?P<method>[A-Z]+)\} route",
    r"^Setting (?P<queue>\w+) concurrency to (?P<n>\d+)",
    r"^Request: (?P<lat>-?\d+\.\d+),",
    r"^Face (?P<face>[0-9a-f-]+) has (?P<count>\d+) matches",
]
MATCHING_METRICS = [
    ("counter", "bench_routes_mapped_total"),
    ("gauge", "bench_queue_concurrency"),
    ("counter", "bench_geocoding_requests_total"),
    ("histogram", "bench_face_matches"),
]

ANCHORED = [
    r"^Migration \"(?P<name>[\w-]+)\" (?P<phase>succeeded|failed)",
    r"^Starting disk crawl of (?P<n>\d+) import path\(s\) for library",
    r"^Finished disk crawl, (?P<n>\d+) file\(s\) found on disk",
    r"^Skipping invalid import path: (?P<path>\S+) Reason: (?P<reason>[A-Za-z ]+)",
    r"^Starting to scan library (?P<library>[0-9a-f-]+)",
    r"^Deferring non-core face (?P<face>[0-9a-f-]+) for later processing",
    r"^Creating new person for face (?P<face>[0-9a-f-]+)",
    r"^Detected (?P<n>\d+) pet\(s\) for",
    r"^Detected (?P<n>\d+) new faces in asset",
    r"^Deleted (?P<n>\d+) people",
    r"^Queueing (?P<n>\d+) asset\(s\) for deletion from the trash",
    r"^Removing user from filesystem: (?P<path>\S+)",
    r"^Loading (?P<type>clip|face|ocr) model '(?P<model>[\w.-]+)' to memory",
    r"^Unloading model '(?P<model>[\w.-]+)' after (?P<ms>\d+)ms",
    r"^Creating memories for (?P<date>\d{4}-\d\d-\d\d)",
    r"^Waiting for (?P<queue>\w+) queue to stop",
    r"^Resumed (?P<queue>\w+) queue after (?P<ms>\d+)ms",
    r"^Paused (?P<queue>\w+) queue with (?P<n>\d+) jobs left",
    r"^Compiling new storage template: (?P<template>\S+)",
    r"^Cleaning up move history for asset (?P<asset>[0-9a-f-]+)",
    r"^Could not move (?P<type>\w+) file: (?P<code>E[A-Z]+)",
    r"^Reindexing (?P<table>\w+_search) finished in (?P<ms>\d+)ms",
    r"^Database backup (?P<phase>started|finished|failed) after (?P<ms>\d+)ms",
    r"^Deleted (?P<n>\d+) old backups",
    r"^LogLevel=(?P<setting>\w+) \(set via",
    r"^Current database CLIP dimension size is (?P<n>\d+)",
    r"^Updating CLIP dimension size from (?P<from>\d+) to (?P<n>\d+)",
    r"^Scheduling nightly jobs for (?P<cron>[\d* ]+)",
    r"^Sending e-mail '(?P<type>[a-z-]+)' took (?P<ms>\d+)ms",
    r"^Websocket (?P<phase>connect|disconnect): +(?P<socket>[\w-]+)",
    r"^Denied access to (?P<type>admin only|shared link) route: (?P<path>\S+)",
    r"^HttpException\((?P<code>\d{3})\): (?P<body>.+)",
    r"^Slow response: (?P<method>[A-Z]+) took (?P<ms>\d+)ms",
    r"^Upload of (?P<bytes>\d+) bytes finished in (?P<ms>\d+)ms",
    r"^Duplicate upload of (?P<type>image|video) rejected",
    r"^Checksum mismatch for (?P<type>image|video) after (?P<n>\d+) retries",
    r"^Encoded (?P<count>\d+) frames with (?P<codec>h264|hevc|vp9|av1)",
    r"^Retrying with (?P<codec>\w+) acceleration disabled",
    r"^Hardware transcoding with (?P<codec>\w+) unavailable: (?P<reason>[a-z ]+)",
    r"^Tone-mapping (?P<codec>\w+) took (?P<ms>\d+\.\d+)ms",
    r"^Found (?P<n>\d+) duplicate assets in (?P<ms>\d+)ms",
    r"^Search for (?P<type>smart|metadata|person) returned (?P<count>\d+) results",
    r"^Embedding with (?P<model>[\w-]+) took (?P<ms>\d+)ms",
    r"^Plugin (?P<name>[\w-]+) loaded (?P<n>\d+) actions",
    r"^Workflow (?P<name>[\w-]+) (?P<phase>started|stopped) by (?P<worker>\w+)",
    r"^Sync stream sent (?P<count>\d+) events of type (?P<type>\w+)",
    r"^Partner sharing (?P<phase>enabled|disabled) for (?P<n>\d+) albums",
    r"^Session cleanup removed (?P<n>\d+) sessions",
    r"^Token refresh failed with code (?P<code>\d+)",
    r"^OAuth (?P<phase>login|logout|link) failed: (?P<reason>[a-z ]+)",
    r"^License check took (?P<ms>\d+)ms with code (?P<code>\d+)",
    r"^Version check: latest is v(?P<major>\d+)\.(?P<minor>\d+)",
    r"^Geodata import of (?P<n>\d+) places took (?P<ms>\d+)ms",
    r"^Trash emptied: (?P<n>\d+) assets of (?P<type>\w+)",
    r"^Stack merged (?P<count>\d+) assets",
    r"^Tag (?P<phase>added|removed) for (?P<n>\d+) assets",
    r"^Storage usage is (?P<percent>\d+)% of (?P<bytes>\d+) bytes",
    r"^Metadata extraction of (?P<type>\w+) took (?P<ms>\d+)ms",
    r"^Sidecar (?P<phase>discovered|written) for (?P<type>image|video)",
    r"^Telemetry (?P<worker>api|microservices) listens on port (?P<n>\d+)",
]

# Found anywhere in a message.
UNANCHORED = [
    r"connect (?P<code>ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH) (?P<host>[\d.]+):(?P<port>\d+)$",
    r"write (?P<code>CONNECTION_\w+) ",
    r"terminating connection due to (?P<reason>[a-z ]+) command",
    r"deadlock detected in (?P<table>\w+)",
    r"duplicate key value violates unique constraint on (?P<table>\w+)",
    r"could not serialize access to (?P<table>\w+)",
    r"canceling statement due to (?P<reason>statement timeout|user request)",
    r"relation (?P<table>\w+) does not exist",
    r"remaining connection slots: (?P<n>\d+)",
    r"disk quota exceeded on (?P<type>\w+) volume",
    r"no space left on device \((?P<code>ENOSPC)\)",
    r"permission denied for (?P<table>\w+), sqlstate (?P<code>\w+)",
    r"heap out of memory after (?P<ms>\d+)ms",
    r"event loop delayed by (?P<ms>\d+)ms",
    r"job stalled more than allowable limit in (?P<queue>\w+)",
    r"missing lock for job (?P<id>\d+) of (?P<queue>\w+)",
    r"worker (?P<worker>\w+) exited with code (?P<code>\d+)",
    r"unsupported image format in (?P<type>\w+) decoder",
    r"moov atom not found in (?P<codec>\w+) stream",
    r"invalid NAL unit size in (?P<codec>\w+) stream",
    r"model (?P<model>[\w-]+) not found in cache",
    r"CUDA error (?P<code>\d+) while running (?P<model>[\w-]+)",
    r"batch of (?P<count>\d+) embeddings written to smart_search",
    r"took (?P<ms>\d+)ms to synchronise",
    r"rate limit of (?P<n>\d+) requests reached by (?P<type>\w+) client",
    r"certificate expires in (?P<n>\d+) days",
]

MTAIL_INTRO = """# W3: W2 and 90 further rules (bench/rules/w3.yaml); written by bench/make_w3.py.
#
# The fastest form that asks the same: what may stand anywhere is looked for in every line; what begins a message excludes all others
# that do, so the first hit ends the program, the frequent ones first.
"""


def metric_of(index, regex):
    """(type, name, labels, value) of one rule."""
    labels = [name for name in LABELS if f"(?P<{name}>" in regex]
    if index < len(MATCHING):
        kind, name = MATCHING_METRICS[index]
    elif "(?P<ms>" in regex:
        kind, name = "histogram", f"bench_event_{index:02}_duration_ms"
    elif "(?P<count>" in regex:
        kind, name = "histogram", f"bench_event_{index:02}_size"
    else:
        kind, name = "counter", f"bench_event_{index:02}_total"
    value = next((v for v in ("ms", "count", "n") if f"(?P<{v}>" in regex), None)
    return kind, name, labels, value


def yaml_rule(index, regex):
    kind, name, labels, value = metric_of(index, regex)
    quoted = regex.replace(r"\"", '"').replace("'", "''")
    out = [f"  - name: event_{index:02}", f"    when: {{format: json, message: '{quoted}'}}", "    metrics:",
           f"      - {kind}: {name}", f"        help: Messages of kind {index:02}."]
    if value:
        out.append(f"        value: ${value}")
    if kind == "histogram":
        out.append("        buckets: " + ("latency_ms" if value == "ms" else str(COUNT_BUCKETS)))
    if labels:
        out.append("        labels: {" + ", ".join(f"{label}: ${label}" for label in labels) + "}")
    return "\n".join(out) + "\n"


def mtail_declaration(index, regex):
    kind, name, labels, value = metric_of(index, regex)
    by = f" by {', '.join(labels)}" if labels else ""
    bounds = COUNT_BUCKETS if value == "count" else [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000]
    buckets = f" buckets {', '.join(map(str, bounds))}" if kind == "histogram" else ""
    return f"{kind} {name}{by}{buckets}\n"


def mtail_rule(index, regex):
    kind, name, labels, value = metric_of(index, regex)
    anchored = regex.startswith("^")
    raw = regex.replace(r"\"", '"').replace('"', r"\\" + '"').replace("/", r"\/").replace(r"\S", '[^ "]').replace("$", '"')
    raw = '"message":"' + raw[1:] if anchored else raw
    target = name + "".join(f"[${label}]" for label in labels)
    action = {"counter": f"{target} += ${value}" if value else f"{target}++"}.get(kind, f"{target} = ${value}")
    stop = "    stop\n" if anchored else ""
    return f"  /{raw}/ {{\n    {action}\n{stop}  }}\n"


def main():
    rules = list(enumerate(MATCHING + ANCHORED + UNANCHORED))
    assert len(rules) == 90, len(rules)

    w2 = (HERE / "rules/w2.yaml").read_text().split("\n", 1)[1]
    text = "# W3: W2 and 90 further rules, most of which never match; written by bench/make_w3.py.\n" + w2
    (HERE / "rules/w3.yaml").write_text(text + "".join(yaml_rule(i, r) for i, r in rules))

    lines = [line for line in (HERE / "mtail/w2.mtail").read_text().splitlines(True) if not line.startswith("#")]
    first_rule = next(i for i, line in enumerate(lines) if line.startswith("  # The ten rules"))
    assert lines[-1] == "}\n"
    anywhere = "".join(mtail_rule(i, r) for i, r in rules if not r.startswith("^"))
    at_start = "".join(mtail_rule(i, r) for i, r in rules if r.startswith("^"))
    condition = next(i for i, line in enumerate(lines) if line.startswith("/"))
    (HERE / "mtail/w3.mtail").write_text(
        MTAIL_INTRO + "".join(lines[:condition]).strip() + "\n" + "".join(mtail_declaration(i, r) for i, r in rules) + "\n"
        + "".join(lines[condition:first_rule]) + anywhere + "".join(lines[first_rule:-1]) + at_start + "}\n")


if __name__ == "__main__":
    main()
