#!/usr/bin/env python3
"""Tortures a running daemon and says whether its counts are exact.

Writers append numbered lines at full speed to several files and rotate them in every way, while the daemon is killed at random moments
(SIGKILL mostly, SIGTERM now and then, also while it starts and while it reads its backlog), stopped for a while, and started again at once
or after rotations; and is scraped all the while. In the end every line has to be counted exactly once, no page may have shown a counter
lower than one before, and the ledger has to balance on every page.

    torture.py [MINUTES]           a new seed, which is printed
    torture.py [MINUTES] --seed N  the same schedule again (moments differ: the machine is no part of the seed)
    torture.py --seeds FILE        each seed of a file, one a line: SEED MINUTES [# what it found]

Ends with status 1 when something is not exact: says what, and keeps the folder with logs, journals of the writers, checkpoints and the
daemon's output.
"""

import argparse
import collections
import dataclasses
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing.sharedctypes import RawValue

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from support import LOGMILL, clean_environment, free_port  # noqa: E402
from watch import Watch, label  # noqa: E402
from writer import Profile, Written, run_writer  # noqa: E402

PATIENCE_S = 180  # for reading what is left in the end
LISTENED_MS = 900  # a writer that paused for longer in a renamed file may not have been heard: the daemon listens for a second
TRIES = 3
OVERCOUNT_S = 2.5  # how long we watch for lines that are counted once more
ARCHIVE = "../archive/deep"  # no folder where rotated files are looked for by themselves
FORMATS = ("auto", "auto", "docker", "auto", "cri", "auto")
OWN_WAYS = ("rename", "rename_and_go_on", "rename_and_rest", "copy_and_truncate")
LOGROTATE_WAYS = ("logrotate_create", "logrotate_nocreate", "logrotate_copytruncate")
RULES = """\
rules:
  - name: numbered
    when: {format: json, message: {is: line}}
    max_series: 100000
    metrics:
      - {counter: torture_lines_total, help: Numbered lines., labels: {writer: $context, part: $.part}}
      - {counter: torture_numbers_total, help: Their numbers added up., labels: {writer: $context, part: $.part}, value: '$.n'}
      - {gauge: torture_last, help: The number of the line that came last., labels: {writer: $context}, value: '$.n'}
      - {histogram: torture_size, help: Their numbers again., labels: {writer: $context}, value: '$.n', buckets: [10, 1000, 100000, 10000000]}
  - name: text
    when: {format: text, message: '^text (?P<writer>\\w+) '}
    metrics: [{counter: torture_text_total, help: Text lines., labels: {writer: $writer}}]
"""


class TortureFailed(Exception):
    pass


# --- What is done: everything that follows from the seed ---

def profiles(seed, folder, minutes, count):
    rng, part, made = random.Random(f"{seed}/profiles"), 20_000 * max(1, round(minutes / 3)), []
    for i in range(count):
        real = i % 3 == 1
        ways = LOGROTATE_WAYS if real else OWN_WAYS
        if rng.random() < 0.5:
            ways = (rng.choice(ways),)
        name = f"w{i}"
        # Files of one folder with names that begin alike, so that one's rotated files could be taken for another's.
        path = str(folder / "logs" / ("app" + "x" * (i // 2) + (".log" if i % 2 == 0 else "")))
        made.append(Profile(name=name, path=path, own=str(folder / name), pattern=path + rng.choice(("", "", "*" if i % 2 == 0 else "")),
                            format=FORMATS[i % len(FORMATS)], joins=rng.random() < 0.5, scheme=rng.choice(("numbers", "dates")), old_folder=rng.choice(("", "", "old", ARCHIVE)),
                            compress=rng.choice(("no", "at_once", "delayed")), ways=ways, keep=rng.choice((2, 10, 60)),
                            part=part, most_ahead=max(150_000, 3 * part)))
    path = str(folder / "lossy" / "app.log")
    made.append(Profile(name="lossy", path=path, own=str(folder / "lossy"), pattern=path, format="auto", joins=False, scheme="numbers", old_folder="", compress="no",
                        ways=("logrotate_copytruncate_busy",), keep=10, part=part, most_ahead=50_000))
    return made


def source(profile, folder):
    """The entry of `sources`."""
    entry = {"file": profile.pattern, "name": profile.name, "format": profile.format}
    if profile.old_folder == ARCHIVE:
        entry["rotated"] = [str(folder / "archive" / "*" / "*")]
    if profile.joins:
        entry["join"] = {"max_wait_ms": 600_000}  # time does not decide what is one record
    return entry


@dataclasses.dataclass
class Life:
    interval_ms: int
    workers: int
    wait_until_ready: bool
    then_s: float
    freeze_s: float  # stopped for so long by SIGSTOP, 0: not at all
    signal: signal.Signals
    down_s: float


CALM = Life(interval_ms=200, workers=1, wait_until_ready=True, then_s=0, freeze_s=0, signal=signal.SIGTERM, down_s=0)


def lives(seed):
    """The daemon's lives, without end."""
    rng = random.Random(f"{seed}/lives")
    workers = rng.choice((1, 2))
    while True:
        if rng.random() < 0.1:
            workers = rng.choice((1, 2, 3))
        yield Life(interval_ms=rng.choice((10, 50, 200, 1000, 5000)), workers=workers, wait_until_ready=rng.random() < 0.5,
                   then_s=rng.choice((0.2, 1, 4)) * rng.random(), freeze_s=rng.choice((0, 0, 0, 2)) * rng.random(),
                   signal=rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)),
                   down_s=rng.choice((0, 0, 0.3, 3)) * rng.random())


# --- The daemon ---

class Daemon:
    def __init__(self, folder, sources):
        self.folder, self.sources = folder, sources
        self.api, self.microservices = free_port(), free_port()
        self.process = None

    def start(self, life):
        config = self.folder / "logmill.yaml"
        config.write_text(json.dumps({
            "telemetry": {"include": "all"}, "state": str(self.folder / "state"), "checkpoint_interval_ms": life.interval_ms,
            "listen": {"api": f"127.0.0.1:{self.api}", "microservices": f"127.0.0.1:{self.microservices}"}, "workers": life.workers,
            "rules": [str(self.folder / "rules.yaml")], "sources": self.sources}))
        with open(self.folder / "daemon.out", "ab") as out:
            out.write(f"--- {time.strftime('%H:%M:%S')} {life}\n".encode())
            out.flush()
            self.process = subprocess.Popen([LOGMILL, "run", "--config", config], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env=clean_environment(IMMICH_LOG_LEVEL="debug", IMMICH_LOG_FORMAT="json"), cwd=self.folder)

    def check_alive(self):
        if self.process.poll() is not None:
            raise TortureFailed(f"the daemon ended by itself with {self.process.returncode}")

    def end(self, how):
        self.check_alive()
        self.process.send_signal(how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            raise TortureFailed(f"the daemon did not end on {how.name}") from None
        if how == signal.SIGTERM and self.process.returncode != 0 and self.has_begun():
            raise TortureFailed(f"on SIGTERM the daemon ended with {self.process.returncode}")

    def has_begun(self):
        """Whether this life has said a word: before that, the system ends it at a signal."""
        return b'"message"' in (self.folder / "daemon.out").read_bytes().rpartition(b"--- ")[2]

    def put_away(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


# --- One run ---

class Torture:
    def __init__(self, seed, minutes, writers, folder):
        self.seed, self.minutes, self.folder = seed, minutes, folder
        (folder / "logs").mkdir()
        (folder / "lossy").mkdir()
        (folder / "rules.yaml").write_text(RULES)
        self.profiles = profiles(seed, folder, minutes, writers)
        self.written = {profile.name: RawValue(Written) for profile in self.profiles}
        lossy = {profile.name for profile in self.profiles if profile.lossy}
        self.daemon = Daemon(folder, [source(profile, folder) for profile in self.profiles])
        self.watch = Watch(self.daemon.api, self.profiles[0].part, lossy)
        self.processes = [multiprocessing.Process(target=run_writer, args=(p, seed, self.written[p.name]))
                          for p in self.profiles]
        self.ends = collections.Counter()
        self.wrong = set()  # names of writers of which not every line was counted once

    def run(self):
        """What was not exact, as a list of texts."""
        try:
            for process in self.processes:
                process.start()
            self.make_known()
            self.live_and_die()
            self.finish()
        except TortureFailed as failed:
            self.watch.fail(str(failed))
        finally:
            for written in self.written.values():
                written.stop = written.last_words = 1
            for process in self.processes:
                process.join()
            self.watch.stop()
            self.daemon.put_away()
        return self.watch.errors

    def make_known(self):
        """A checkpoint names every log before the first one is rotated: what was rotated before was never seen and does not count."""
        while not all(written.numbered for written in self.written.values()):
            self.pass_on(0.02)
        self.begin(CALM)
        self.wait_for_page()
        deadline, now = time.monotonic() + PATIENCE_S, time.time()
        while self.watch.page.get("logmill_checkpoint_timestamp_seconds", 0) < now:
            self.daemon.check_alive()
            if time.monotonic() > deadline:
                raise TortureFailed("no checkpoint is written")
            self.pass_on(0.02)
        self.daemon.end(signal.SIGTERM)
        for written in self.written.values():
            written.go = 1

    def live_and_die(self):
        deadline = time.monotonic() + self.minutes * 60
        for life in lives(self.seed):
            if time.monotonic() > deadline or self.watch.errors:
                return
            self.begin(life)
            if life.wait_until_ready:
                self.wait_for_page()
            self.pass_on(life.then_s)
            if life.freeze_s:
                self.freeze(life.freeze_s)
            self.daemon.end(life.signal)
            self.ends[life.signal.name] += 1
            self.pass_on(life.down_s)

    def begin(self, life):
        self.watch.new_life()
        self.daemon.start(life)

    def freeze(self, seconds):
        self.daemon.check_alive()
        self.daemon.process.send_signal(signal.SIGSTOP)
        self.pass_on(seconds)
        self.daemon.process.send_signal(signal.SIGCONT)
        self.pass_on(0.3)

    def pass_on(self, seconds):
        """Time passes; the writers learn what a checkpoint covers."""
        until = time.monotonic() + seconds
        while True:
            for name, durable in list(self.watch.durable.items()):
                self.written[name].durable = durable
            for process in self.processes:
                if process.exitcode:
                    raise TortureFailed(f"a writer ended with {process.exitcode}")
            if time.monotonic() >= until:
                return
            time.sleep(0.02)

    def wait_for_page(self):
        before, deadline = self.watch.pages, time.monotonic() + PATIENCE_S
        while self.watch.pages == before:
            self.daemon.check_alive()
            if time.monotonic() > deadline:
                raise TortureFailed(f"not ready after {PATIENCE_S} s")
            self.pass_on(0.02)

    def finish(self):
        """The writers stop; everything must be counted, and stay so over two more restarts."""
        for written in self.written.values():
            written.stop = 1
        self.begin(CALM)
        while not all(written.idle for written in self.written.values()):
            self.pass_on(0.02)
        self.wait_until_counted()
        for written in self.written.values():
            written.last_words = 1
        for process in self.processes:
            process.join()
        self.wait_until_counted()
        for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
            self.daemon.end(how)
            self.ends[how.name] += 1
            self.begin(CALM)
            self.wait_until_counted()
        self.wait_for_page()
        self.check_the_end()
        self.daemon.end(signal.SIGTERM)
        self.check_state_command()

    def wait_until_counted(self):
        """Until every exact writer's lines are counted, and a while longer."""
        deadline = time.monotonic() + PATIENCE_S
        while not all(self.is_counted(profile) for profile in self.profiles if not profile.lossy):
            self.daemon.check_alive()
            time.sleep(0.05)
            if time.monotonic() > deadline or any(self.total("torture_lines_total", p.name) > self.written[p.name].numbered
                                                  for p in self.profiles):
                break
        time.sleep(OVERCOUNT_S)
        self.wait_for_fresh_page()
        wrong = [text for profile in self.profiles for text in self.differences(profile)]
        self.wrong = {profile.name for profile in self.profiles if self.differences(profile)}
        if wrong:
            raise TortureFailed("\n  ".join(["not every line was counted once:", *wrong]))

    def wait_for_fresh_page(self):
        before, deadline = self.watch.pages, time.monotonic() + PATIENCE_S
        while self.watch.pages <= before + 1:
            self.daemon.check_alive()
            if time.monotonic() > deadline:
                raise TortureFailed(f"no page after {PATIENCE_S} s")
            time.sleep(0.02)

    def unheard(self):
        """Writers that paused for too long, since the machine had no time for them, if nothing but their lines is wrong."""
        paused = {name for name, written in self.written.items() if written.longest_pause_ms > LISTENED_MS}
        return self.wrong if len(self.watch.errors) == 1 and self.wrong <= paused else set()

    # --- What is compared ---

    def total(self, metric, writer, label_name="writer"):
        return sum(value for series, value in self.watch.page.items() if series.startswith(metric + "{") and label(series, label_name) == writer)

    def is_counted(self, profile):
        written = self.written[profile.name]
        return self.total("torture_lines_total", profile.name) == written.numbered

    def differences(self, profile):
        written, name = self.written[profile.name], profile.name
        counted = self.total("torture_lines_total", name)
        if profile.lossy:
            return [f"{name}: {counted:.0f} lines counted, {written.numbered} written"] if counted > written.numbered else []
        wrong = []
        for what, seen, wanted in (("numbered lines", counted, written.numbered),
                                   ("sum of numbers", self.total("torture_numbers_total", name), written.sum),
                                   ("text lines", self.total("logmill_records_total", name, "source") - counted, written.text),
                                   ("broken lines", self.total("logmill_records_rejected_total", name, "source"), written.broken),
                                   ("joined lines", self.total("logmill_lines_joined_total", name, "source"), written.joined),
                                   ("bytes", self.total("logmill_bytes_read_total", name, "source"), written.bytes),
                                   ("bytes lost", self.total("logmill_source_lost_bytes_total", name, "source"), 0),
                                   ("files lost", self.total("logmill_source_lost_files_total", name, "source"), 0)):
            if seen != wanted:
                wrong.append(f"{name}: {what}: {seen:.0f} counted, {wanted:.0f} written")
        return wrong + self.wrong_parts(profile) if wrong else []

    def wrong_parts(self, profile):
        """Where lines are missing or counted twice; with their sum, one run of lines is known exactly."""
        written, size = self.written[profile.name].numbered, profile.part
        sums = {label(series, "part"): value for series, value in self.watch.page.items()
                if series.startswith("torture_numbers_total{") and label(series, "writer") == profile.name}
        counts = self.watch.counted(profile.name)
        wrong = []
        for part in range(written // size + 1):
            first, last = max(1, part * size), min(written, part * size + size - 1)
            more = counts.get(f"p{part}", 0) - (last - first + 1)
            more_sum = sums.get(f"p{part}", 0) - (first + last) * (last - first + 1) / 2
            if more:
                begin = round(more_sum / more - abs(more) / 2 + 0.5)
                wrong.append(f"    lines {first} to {last}: {more:+.0f}; if they are one run: {begin} to {begin + abs(more) - 1:.0f}")
                wrong += [f"      rotated: {entry}" for entry in self.rotations(profile, begin, begin + abs(more) - 1)]
        return wrong[:20]

    def rotations(self, profile, first, last):
        """What the journal says of the files that these lines went to."""
        begin, found = 1, []
        for line in pathlib.Path(profile.own + ".journal").read_text().splitlines():
            entry = json.loads(line)
            if begin <= last and entry["after"] >= first:
                found.append(f"{time.strftime('%H:%M:%S', time.localtime(entry['at']))}, {line}")
            begin = entry["up_to"] + 1
        return found[:5]

    def check_the_end(self):
        for profile in self.profiles:
            last = self.total("torture_last", profile.name)
            if last != self.written[profile.name].numbered:
                self.watch.fail(f"{profile.name}: the gauge shows {last:.0f}, the last line was {self.written[profile.name].numbered}")
            if not profile.lossy and self.total("torture_size_count", profile.name) != self.written[profile.name].numbered:
                self.watch.fail(f"{profile.name}: the histogram counted {self.total('torture_size_count', profile.name):.0f}")

    def check_state_command(self):
        done = subprocess.run([LOGMILL, "state", self.folder / "state"], capture_output=True, text=True, timeout=60, env=clean_environment())
        if done.returncode != 0 or "w0" not in done.stdout:
            self.watch.fail(f"logmill state: {done.returncode}: {done.stdout[:300]}{done.stderr[:300]}")

    def summary(self):
        lines = sum(written.numbered + written.text + written.broken for written in self.written.values())
        size = sum(written.bytes for written in self.written.values())
        rotations = sum(written.rotations for written in self.written.values())
        ends = ", ".join(f"{count} {name}" for name, count in self.ends.items())
        return (f"{lines:,} lines ({size / 1e6:,.0f} MB) in {len(self.profiles)} logs, {rotations} rotations, {ends}; "
                f"{self.watch.pages} pages, {self.watch.not_ready} times not ready")


def torture(seed, minutes, writers, parent):
    """True when everything was exact. A run that the machine was too busy for is repeated."""
    for _ in range(TRIES):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"logmill-torture-{seed}-", dir=parent))
        print(f"seed {seed}, {minutes:g} minutes", flush=True)
        begun = time.monotonic()
        run = Torture(seed, minutes, writers, folder)
        errors = run.run()
        print(f"seed {seed}: {time.monotonic() - begun:.0f} s, {run.summary()}", flush=True)
        if not errors:
            shutil.rmtree(folder, ignore_errors=True)
            print("exact", flush=True)
            return True
        print("NOT EXACT", *errors, f"logs, journals and checkpoints are in {folder}", sep="\n  ", flush=True)
        if not (unheard := run.unheard()):
            break
        print(f"But {', '.join(sorted(unheard))} paused in a renamed file for longer than it is listened to: the machine is too busy. Once more:")
    print(f"again: {pathlib.Path(__file__).name} {minutes:g} --seed {seed}", flush=True)
    return False


def read_seeds(path):
    for line in pathlib.Path(path).read_text().splitlines():
        if words := line.partition("#")[0].split():
            yield words[0], float(words[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=float, default=1)
    parser.add_argument("--seed", help="of a run before")
    parser.add_argument("--seeds", metavar="FILE", help="runs every seed in it")
    parser.add_argument("--newest", type=int, metavar="N", help="of them only the last N")
    parser.add_argument("--writers", type=int, default=6, help="files, besides the one that loses lines by nature (6)")
    parser.add_argument("--folder", help="where logs and checkpoints go (the system's folder for temporary files)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # cleans up, as an interrupt does
    if not os.access(LOGMILL, os.X_OK):
        parser.error(f"{LOGMILL} is not there: ./dev torture builds it")
    if options.seeds:
        seeds = list(read_seeds(options.seeds))
        seeds = seeds[-options.newest:] if options.newest else seeds
    else:
        seeds = [(options.seed or str(random.SystemRandom().randrange(10**6)), options.minutes)]
    return 0 if all([torture(seed, minutes, options.writers, options.folder) for seed, minutes in seeds]) else 1


if __name__ == "__main__":
    sys.exit(main())
