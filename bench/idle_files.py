#!/usr/bin/env python3
"""Thousands of followed files that nobody writes to: what they cost a running `logmill run`, and how soon a line in one of them is seen."""
import argparse
import os
import pathlib
import random
import statistics
import sys
import tempfile
import time

import child
import exposition
from daemon import Client, Daemon
from latency import LINE, append_and_wait, percentile, timed_ms

HERE = pathlib.Path(__file__).resolve().parent
TARGET_START_S, TARGET_CPU_PERCENT, TARGET_MIB = 1, 0.5, 64


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logmill", type=pathlib.Path, default=HERE.parent / "build/release/logmill", metavar="PATH")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=20, help="how long the CPU time is watched (20)")
    parser.add_argument("--samples", type=int, default=200, help="lines that are appended, each to one of the files (200)")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="logmill-idle-") as folder:
            measure(options, pathlib.Path(folder))
    except (RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def measure(options, folder):
    logs = folder / "logs"
    logs.mkdir()
    paths = [logs / f"{i:05}.log" for i in range(options.files)]
    for path in paths:
        path.write_bytes(LINE)
    begun = time.perf_counter()
    with Daemon(options.logmill, HERE / "rules/w1.yaml", logs / "*.log", folder) as daemon, Client(daemon.port) as client:
        ready_s = time.perf_counter() - begun
        followed = value(client, "logmill_source_files")
        print(f"{followed:.0f} files: ready, all read and followed, {ready_s:.2f} s after the start (target {TARGET_START_S})")
        if followed != options.files:
            raise RuntimeError(f"{followed:.0f} of {options.files} files are followed; is the limit of open files below {2 * options.files}?")
        latencies = [append_to_one(random.Random(i).choice(paths), client, len(paths) + i + 1) for i in range(options.samples)]
        print(f"append to one of them, to visible: median {statistics.median(latencies):.2f} ms, p99 {percentile(latencies, 99):.2f} ms")
        before = cpu_s(daemon.pid)
        time.sleep(options.seconds)
        percent = (cpu_s(daemon.pid) - before) / options.seconds * 100
        print(f"idle: {percent:.2f} % of a core over {options.seconds:g} s (target {TARGET_CPU_PERCENT}), "
              f"{resident_mib(daemon.pid):.1f} MiB resident, at most {child.peak_mib(f'/proc/{daemon.pid}/status'):.1f} (target {TARGET_MIB})")


def append_to_one(path, client, count):
    with open(path, "ab", buffering=0) as log:
        return timed_ms(lambda: append_and_wait(log, client, count))


def value(client, name):
    return sum(number for (sample, _), number in exposition.parse(client.get()[1].decode()).items() if sample == name)


def cpu_s(pid):
    """By the scheduler's count, which is exact; in ticks of 10 ms where there is none."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return sum(int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except OSError:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
