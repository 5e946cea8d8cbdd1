#!/usr/bin/env python3
"""Logmill against mtail: the workloads W1, W2 and W3 on the same generated log (bench/README.md).

Every run's metrics are compared with what the generator knows to be in the log before any speed is printed; a difference
ends the benchmark with status 1.
"""
import argparse
import decimal
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import child
import exposition

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
TARGETS = {"W1": 40, "W2": 20, "W3": 60}  # times mtail, in MB per CPU second
MB = 1_000_000
CHECK_MB = 2
TOLERANCE = 1e-9  # relative, of sums of fractions: a program may add in any order


def main():
    options = parse_options()
    with tempfile.TemporaryDirectory(prefix="logmill-bench-") as folder:
        try:
            return benchmark(options, pathlib.Path(folder))
        except (Mismatch, RuntimeError, OSError) as error:
            print(error, file=sys.stderr)
            return 1


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logmill", type=pathlib.Path, default=ROOT / "build/release/logmill", metavar="PATH")
    parser.add_argument("--generator", type=pathlib.Path, metavar="PATH", help="logmill_generate (default: in the build of --logmill)")
    parser.add_argument("--mtail", default="mtail", metavar="PATH")
    parser.add_argument("--no-mtail", action="store_true")
    parser.add_argument("--no-logmill", action="store_true", help="the peer alone")
    parser.add_argument("--size-mb", type=float, default=100)
    parser.add_argument("--peer-size-mb", type=float, help="a smaller log for mtail (default: the same log)")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is shown")
    parser.add_argument("--workloads", default="W1,W2,W3", type=lambda text: text.upper().split(","))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help=f"only whether the counts are right, on {CHECK_MB} MB")
    options = parser.parse_args()
    if unknown := set(options.workloads) - set(TARGETS):
        parser.error(f"no such workload: {', '.join(sorted(unknown))}")
    if options.check:
        options.size_mb, options.peer_size_mb, options.runs = CHECK_MB, CHECK_MB, 1
    if not options.no_mtail and shutil.which(options.mtail) is None:
        print(f"{options.mtail} is not installed: Logmill alone is measured", file=sys.stderr)
        options.no_mtail = True
    options.generator = options.generator or find_generator(options.logmill)
    return options


def find_generator(logmill):
    folder = logmill.resolve().parent
    for candidate in (folder / "bench/logmill_generate", folder / "logmill_generate"):
        if candidate.exists():
            return candidate
    return folder / "bench/logmill_generate"


def benchmark(options, folder):
    log = Log(options, options.size_mb, folder)
    peer_log = log if options.peer_size_mb in (None, options.size_mb) else Log(options, options.peer_size_mb, folder)
    programs = []
    if not options.no_logmill:
        programs.append(Logmill(options.logmill, log))
    if not options.no_mtail:
        programs.append(Mtail(options.mtail, peer_log))
    if not options.check:
        print(f"{log.mb:.0f} MB (mtail: {peer_log.mb:.0f} MB) in the page cache, one thread, medians of {options.runs} runs")
        print(f"{'':4} {'program':8} {'MB/s':>8} {'MB/CPU s':>9} {'peak MiB':>9}   times mtail per CPU second")
    for workload in options.workloads:
        rates = {program.name: measure(program, workload, options.runs, folder) for program in programs}
        if options.check:
            print(f"{workload}: {', '.join(rates)}: every series is right")
        else:
            print_rates(workload, rates)
    return 0


class Log:
    """A generated log, in the page cache, and the truth about it."""

    def __init__(self, options, size_mb, folder):
        self.path = folder / f"gallery-{size_mb:g}mb.log"
        truth = folder / f"gallery-{size_mb:g}mb.json"
        subprocess.run([options.generator, "--out", self.path, "--truth", truth, "--bytes", str(int(size_mb * MB)), "--seed",
                        str(options.seed)], check=True)
        with open(self.path, "rb") as log:
            while log.read(MB):
                pass
        self.truth = json.loads(truth.read_text())
        self.mb = self.truth["bytes"] / MB

    def expected(self, workload):
        """{sample: Decimal} of a rule set, without zeros."""
        samples = {}
        for record in self.truth["records"]:
            labels = f'context="{record["context"]}",level="{record["level"]}"'
            samples[exposition.key("immich_log_messages_total", labels)] = decimal.Decimal(record["count"])
        for part in {"W1": [], "W2": ["W2"], "W3": ["W2", "W3"]}[workload]:
            for text, value in self.truth[part].items():
                name, _, labels = text.partition("{")
                samples[exposition.key(name, labels)] = decimal.Decimal(value)
        return {sample: value for sample, value in samples.items() if value}


class Logmill:
    name = "logmill"

    def __init__(self, program, log):
        self.program, self.log = program, log

    def command(self, workload, _folder):
        return [self.program, "replay", "--threads", "1", "--rules", HERE / f"rules/{workload.lower()}.yaml", self.log.path]

    @staticmethod
    def normalize(samples):
        return samples


class Mtail:
    name = "mtail"

    def __init__(self, program, log):
        self.program, self.log = program, log

    def command(self, workload, folder):
        programs = folder / f"mtail-{workload}"  # mtail loads every program of a folder
        programs.mkdir(exist_ok=True)
        shutil.copy(HERE / f"mtail/{workload.lower()}.mtail", programs)
        return [self.program, "-one_shot", "-one_shot_format", "prometheus", "-emit_prog_label=false", "-logtostderr",
                "-address", "127.0.0.1", "-port", "0", "-progs", programs, "-logs", self.log.path]

    @staticmethod
    def normalize(samples):
        """mtail's programs give the class digit of the HTTP status."""
        def class_name(labels):
            return tuple((label, value + "xx" if label == "status" else value) for label, value in labels)
        return {(name, class_name(labels)): value for (name, labels), value in samples.items()}


def measure(program, workload, runs, folder):
    """(MB per wall second, MB per CPU second, peak MiB): medians, all checked."""
    costs = []
    for _ in range(runs):
        output = folder / f"{program.name}-{workload}.prom"
        costs.append(child.run(program.command(workload, folder), output))
        got = program.normalize(exposition.parse(output.read_text()))
        compare(f"{program.name} {workload}", program.log.expected(workload), got)
    return (statistics.median(program.log.mb / cost.wall_s for cost in costs),
            statistics.median(program.log.mb / cost.cpu_s for cost in costs),
            statistics.median(cost.peak_mib for cost in costs))


class Mismatch(Exception):
    pass


def compare(what, expected, got):
    """Raises Mismatch unless the programs' series are the expected ones; those at 0 need not exist."""
    got = {sample: value for sample, value in got.items() if value and sample[0].startswith(("immich_", "bench_"))}
    wrong = [sample for sample in sorted(expected.keys() | got.keys()) if not equal(sample, expected.get(sample), got.get(sample))]
    if wrong:
        lines = [f"  {exposition.show(s)}: expected {expected.get(s, 'nothing')}, got {got.get(s, 'nothing')}" for s in wrong[:10]]
        raise Mismatch(f"{what}: {len(wrong)} of {len(expected)} samples are wrong\n" + "\n".join(lines))


def equal(sample, expected, got):
    if expected is None or got is None:
        return False
    if sample[0].endswith("_sum"):
        return abs(got - float(expected)) <= TOLERANCE * abs(got)
    return got == float(expected)


def print_rates(workload, rates):
    for name, (wall, cpu, peak) in rates.items():
        ratio = ""
        if name == "logmill" and "mtail" in rates:
            ratio = f"{cpu / rates['mtail'][1]:.1f} (target {TARGETS[workload]})"
        print(f"{workload:4} {name:8} {wall:8.1f} {cpu:9.1f} {peak:9.1f}   {ratio}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
