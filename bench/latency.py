#!/usr/bin/env python3
"""From a line's write() to its count in /metrics, with a running `logmill run`; the scrape that shows it is part of it."""
import argparse
import pathlib
import random
import statistics
import sys
import tempfile
import time

from daemon import Client, Daemon

HERE = pathlib.Path(__file__).resolve().parent
TARGET_MEDIAN_MS, TARGET_P99_MS = 2, 15
LINE = b'{"level":"log","pid":8,"timestamp":1795338275310,"message":"Finished step 1 of 50","context":"LatencyProbe"}\n'
TIMEOUT_S = 10
MAX_PAUSE_S = 0.02  # between samples, random, so that they meet every phase of a timer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logmill", type=pathlib.Path, default=HERE.parent / "build/release/logmill", metavar="PATH")
    parser.add_argument("--samples", type=int, default=500)
    options = parser.parse_args()
    try:
        latencies, scrapes = measure(options.logmill, options.samples)
    except (RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"append to visible: median {statistics.median(latencies):.2f} ms (target {TARGET_MEDIAN_MS}), "
          f"p99 {percentile(latencies, 99):.2f} ms (target {TARGET_P99_MS}), worst {max(latencies):.2f} ms, {len(latencies)} samples")
    print(f"a scrape alone: median {statistics.median(scrapes):.2f} ms, p99 {percentile(scrapes, 99):.2f} ms")
    return 0


def measure(program, samples):
    """(latencies, scrapes alone), each a list of milliseconds."""
    rng = random.Random(1)
    latencies, scrapes = [], []
    with tempfile.TemporaryDirectory(prefix="logmill-latency-") as folder:
        path = pathlib.Path(folder) / "gallery.log"
        path.write_bytes(LINE)
        with Daemon(program, HERE / "rules/w1.yaml", path, folder) as daemon, Client(daemon.port) as client:
            with open(path, "ab", buffering=0) as log:
                for written in range(2, samples + 2):
                    time.sleep(rng.random() * MAX_PAUSE_S)
                    scrapes.append(timed_ms(client.get))
                    latencies.append(timed_ms(lambda count=written: append_and_wait(log, client, count)))
    return latencies, scrapes


def append_and_wait(log, client, count):
    log.write(LINE)
    deadline = time.monotonic() + TIMEOUT_S
    while (seen := probe_count(client.get()[1])) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"line {count} was not visible after {TIMEOUT_S} s; {seen} were")
    if seen > count:
        raise RuntimeError(f"{count} lines were written and {seen} counted")


def probe_count(body):
    """The value of the series whose context is the probe's."""
    label = body.find(b'context="LatencyProbe"')
    if label < 0:
        return 0
    line = body[label:body.index(b"\n", label)]
    return int(float(line[line.index(b"} ") + 2:]))


def timed_ms(call):
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    sys.exit(main())
