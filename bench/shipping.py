#!/usr/bin/env python3
"""What shipping costs counting: the time until the daemon has counted a log, with nothing shipped, with two dead stores, and with Loki and Elasticsearch taking everything.

All in one run, in turns: the ratios are what to look at, each one to the same turn without shipping. The stores answer at once and look at nothing, on the same cores. Beside it: how long it
takes to write so many bytes to the disk's cache, which is the least that a spool can cost.
"""
import argparse
import http.server
import json
import multiprocessing
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import exposition
from daemon import Client, Daemon, free_ports
from idle_files import cpu_s

PATIENCE_S = 30  # with the spool
HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build/release"
WAYS = ("nothing shipped", "both stores dead", "both stores taking")


class Store(http.server.BaseHTTPRequestHandler):
    """Takes every batch. Elasticsearch's client is told that nothing went wrong, in as few bytes as its format has."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer(200, b'{"version":{"number":"8.15.0"}}')

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/loki"):
            return self._answer(204, b"")
        return self._answer(200, json.dumps({"errors": False, "items": [{"create": {"status": 201}}] * body.count(b'{"create"')}).encode())

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # the daemon is stopped in the middle of a request


def serve(port):
    os.nice(19)  # a store is on another machine: it gets what is left of this one
    Server(("127.0.0.1", port), Store).serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logmill", type=pathlib.Path, default=BUILD / "logmill", metavar="PATH")
    parser.add_argument("--generator", type=pathlib.Path, default=BUILD / "bench/logmill_generate", metavar="PATH")
    parser.add_argument("--rules", type=pathlib.Path, default=HERE / "rules/w2.yaml", metavar="PATH")
    parser.add_argument("--size-mb", type=int, default=200)
    parser.add_argument("--runs", type=int, default=15, help="turns; a machine that others use needs many (%(default)s)")
    options = parser.parse_args()
    ports = free_ports(2)
    servers = [multiprocessing.Process(target=serve, args=(port,), daemon=True) for port in ports]
    for server in servers:
        server.start()
    try:
        with tempfile.TemporaryDirectory(prefix="logmill-shipping-") as folder:
            report(options, measure_all(options, pathlib.Path(folder), ports))
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        for server in servers:
            server.kill()
    return 0


def measure_all(options, folder, ports):
    log = folder / "gallery.log"
    subprocess.run([options.generator, "--out", log, "--bytes", str(options.size_mb * 1_000_000), "--seed", "7"], check=True,
                   stdout=subprocess.DEVNULL)
    dead = free_ports(2)
    results = {way: [] for way in (*WAYS, "raw write")}
    for run in range(options.runs):
        results["raw write"].append((raw_write(log, folder / "copy"),))
        for way, stores in zip(WAYS, (None, dead, ports)):
            results[way].append(measure(options, log, folder / f"{run}-{way.replace(' ', '-')}", stores))
    return log.stat().st_size / 1e6, results


def raw_write(log, copy):
    data = log.read_bytes()
    begun = time.perf_counter()
    copy.write_bytes(data)
    wall = time.perf_counter() - begun
    copy.unlink()
    return wall


def sections(stores):
    if stores is None:
        return ""
    return f"""shipping:
  spool: {{max_bytes: 4000000000}}
  destinations:
    - {{loki: 'http://127.0.0.1:{stores[0]}', stop_patience_ms: 0}}
    - {{elasticsearch: 'http://127.0.0.1:{stores[1]}', stop_patience_ms: 0, compression: none}}
"""


def measure(options, log, folder, stores):
    """(time until everything is counted, until it is in the spool as well, the daemon's CPU time until then)"""
    folder.mkdir()
    begun = time.perf_counter()
    with Daemon(options.logmill, options.rules, log, folder, sections(stores)) as daemon, Client(daemon.port) as client:
        counted = time.perf_counter() - begun
        while not all_spooled(client, log, stores):
            if time.perf_counter() - begun > counted + PATIENCE_S:
                raise RuntimeError("not everything was spooled")
        spooled, cpu = time.perf_counter() - begun, cpu_s(daemon.pid)
    shutil.rmtree(folder)
    return counted, spooled, cpu


def all_spooled(client, log, stores):
    page = exposition.parse(client.get()[1].decode())

    def total(metric):
        return sum(value for (name, _), value in page.items() if name == metric)

    if total("logmill_bytes_read_total") != log.stat().st_size:
        raise RuntimeError("not everything was counted")
    return stores is None or total("logmill_spool_records_total") == total("logmill_records_total") + total("logmill_records_rejected_total")


def report(options, measured):
    size, results = measured
    middle = {way: [statistics.median(values) for values in zip(*runs)] for way, runs in results.items()}
    print(f"{size:.0f} MB, {options.rules.stem}, medians of {options.runs} turns (and the quarters below and above), one worker")
    for way in WAYS:
        counted, spooled, cpu = middle[way]
        print(f"{way:20} counted after {counted:.2f} s ({ratios(results, way)}), {size / counted:.0f} MB/s; "
              f"spooled after {spooled:.2f} s; {cpu:.2f} s of CPU time")
    print(f"writing as many bytes to a file: {middle['raw write'][0]:.2f} s ({ratios(results, 'raw write')})")


def ratios(results, way):
    pairs = [run[0] / base[0] for run, base in zip(results[way], results[WAYS[0]])]
    if len(pairs) < 2:
        return f"{pairs[0]:.2f}"
    low, middle, high = statistics.quantiles(pairs, n=4, method="inclusive")
    return f"{middle:.2f}, {low:.2f} to {high:.2f}"


if __name__ == "__main__":
    sys.exit(main())
