#!/usr/bin/env python3
"""A rule that labels by something without bound: 300,000 values against a budget of 2,000 series (bench/rules/cardinality.yaml).

Checks, for `replay` and for `run`, that the series stay within the budget and the total right; prints memory and scrape times. Ends with
status 1 when a number is wrong.
"""
import argparse
import pathlib
import statistics
import sys
import tempfile
import time

import child
import exposition
from daemon import Client, Daemon

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE / "rules/cardinality.yaml"
METRIC = "bench_handled_total"
BUDGET = 2000
SCRAPES = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logmill", type=pathlib.Path, default=HERE.parent / "build/release/logmill", metavar="PATH")
    parser.add_argument("--values", type=int, default=300_000)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="logmill-cardinality-") as folder:
            log = pathlib.Path(folder) / "gallery.log"
            write_log(log, options.values)
            print(replay(options, log, folder))
            print(run(options, log, folder))
    except (RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write_log(path, values):
    with open(path, "w") as log:
        for i in range(values):
            log.write(f'{{"level":"log","pid":8,"timestamp":{1795338275310 + i},"message":"Handled key{i}x","context":"JobService"}}\n')


def replay(options, log, folder):
    output = pathlib.Path(folder) / "replay.prom"
    cost = child.run([options.logmill, "replay", "--threads", "1", "--rules", RULES, log], output)
    series = check("replay", output.read_text(), options.values)
    return f"replay: {options.values} values in {cost.wall_s:.2f} s, {series} series, total right, peak {cost.peak_mib:.1f} MiB"


def run(options, log, folder):
    with Daemon(options.logmill, RULES, log, folder) as daemon, Client(daemon.port) as client:
        body = client.get()[1]
        series = check("run", body.decode(), options.values)
        scrapes = [timed_ms(client.get) for _ in range(SCRAPES)]
        peak = child.peak_mib(f"/proc/{daemon.pid}/status")
    return (f"run:    {series} series, total right, peak {peak:.1f} MiB, scrape of {len(body) / 1000:.0f} kB: "
            f"median {statistics.median(scrapes):.2f} ms, worst {max(scrapes):.2f} ms")


def check(what, text, values):
    """The number of series; RuntimeError when their sum is not the number of lines, or the budget is not kept."""
    series = {labels: value for (name, labels), value in exposition.parse(text).items() if name == METRIC}
    overflow = series.get((("key", "_overflow"),), 0)
    expected = min(values, BUDGET)
    if sum(series.values()) != values or overflow != values - expected or len(series) != expected + (overflow > 0):
        raise RuntimeError(f"{what}: {len(series)} series with a total of {sum(series.values()):.0f}, {overflow:.0f} of it overflow; "
                           f"expected {expected} series and the overflow, and a total of {values}")
    return len(series)


def timed_ms(call):
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    sys.exit(main())
