#!/usr/bin/env python3
"""How fast a restarted daemon catches up with what was written while it was down, and how fast `replay` reads the same bytes.

Both in one run, one after the other, on one thread: the ratio of their CPU times is the number to look at. The wall time is that from the
start of the program to its first page; `replay` ends there.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import child
import exposition
from daemon import Client, Daemon
from idle_files import cpu_s

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build/release"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logmill", type=pathlib.Path, default=BUILD / "logmill", metavar="PATH")
    parser.add_argument("--generator", type=pathlib.Path, default=BUILD / "bench/logmill_generate", metavar="PATH")
    parser.add_argument("--rules", type=pathlib.Path, default=HERE / "rules/w2.yaml", metavar="PATH")
    parser.add_argument("--size-mb", type=int, default=300, help="what was written while the daemon was down (300)")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="logmill-catch-up-") as folder:
            report(options, [measure(options, pathlib.Path(folder), run) for run in range(options.runs)])
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def measure(options, parent, run):
    """(MB, catch-up wall, catch-up CPU, replay wall, replay CPU)"""
    folder = parent / str(run)
    folder.mkdir()
    log, more = folder / "gallery.log", parent / "more.log"
    if not more.exists():
        subprocess.run([options.generator, "--out", more, "--bytes", str(options.size_mb * 1_000_000), "--seed", "7"], check=True,
                       stdout=subprocess.DEVNULL)
    with open(more, "rb") as source, open(log, "wb") as out:
        out.write(source.readline())
    first = log.stat().st_size
    with Daemon(options.logmill, options.rules, log, folder) as daemon, Client(daemon.port) as client:
        client.get()  # the first line is counted; the checkpoint at the stop says so
    with open(more, "rb") as source, open(log, "ab") as out:
        source.seek(first)
        shutil.copyfileobj(source, out, 1 << 20)
    os.sync()
    catch_up = catch_up_cost(options, log, folder)
    replay = child.run([options.logmill, "replay", "--threads", "1", "--rules", options.rules, log], folder / "replay.prom")
    size = log.stat().st_size / 1e6
    shutil.rmtree(folder)
    return size, *catch_up, replay.wall_s, replay.cpu_s


def catch_up_cost(options, log, folder):
    begun = time.perf_counter()
    with Daemon(options.logmill, options.rules, log, folder) as daemon, Client(daemon.port) as client:
        wall, cpu = time.perf_counter() - begun, cpu_s(daemon.pid)
        page = exposition.parse(client.get()[1].decode())
    read = sum(value for (name, _), value in page.items() if name == "logmill_bytes_read_total")
    if read != log.stat().st_size:
        raise RuntimeError(f"{read:.0f} bytes are counted, over both lives, of {log.stat().st_size}")
    return wall, cpu


def report(options, runs):
    size, wall, cpu, replay_wall, replay_cpu = (statistics.median(column) for column in zip(*runs))
    print(f"{size:.0f} MB, {options.rules.stem}, medians of {len(runs)} runs, one thread")
    print(f"catch-up after a restart: {wall:.2f} s, {size / wall:.0f} MB/s; {size / cpu:.0f} MB per CPU second")
    print(f"replay of the same bytes: {replay_wall:.2f} s, {size / replay_wall:.0f} MB/s; {size / replay_cpu:.0f} MB per CPU second")
    print(f"catch-up / replay: {replay_wall / wall:.2f} by wall time, {replay_cpu / cpu:.2f} by CPU time (target: about 1)")


if __name__ == "__main__":
    sys.exit(main())
