"""A process that writes numbered lines to one log file as fast as it can, and rotates it in every way that logs are rotated.

What it does follows from its profile and its random numbers alone; only the moments differ from run to run. What it wrote stands in
memory that it shares with the tool, and in a journal, one line a generation, for a look when something went wrong.
"""

import ctypes
import dataclasses
import json
import os
import random
import time

from lines import Lines
from rotation import GO_ON_WAYS, Rotated, rotate

MAX_LISTENING_PAUSE_S = 0.3  # in a file that was renamed: the daemon listens for a second


@dataclasses.dataclass(frozen=True)
class Profile:
    name: str        # also the value of the label `writer`
    path: str        # of the log file
    own: str         # where its journal and other files of the tool are: a path without suffix
    pattern: str     # how the daemon finds it
    format: str      # auto, docker or cri
    joins: bool      # whether the daemon joins the lines of a stack trace
    scheme: str      # numbers or dates: how rotated files are called
    old_folder: str  # where they go, from the log's own folder
    compress: str    # no, at_once or delayed
    ways: tuple      # of rotating: names in rotation.py
    keep: int        # generations that stay even when they could go
    part: int        # lines that are counted in one series
    most_ahead: int  # lines that the daemon may be behind

    @property
    def lossy(self):
        return "logrotate_copytruncate_busy" in self.ways


class Written(ctypes.Structure):
    """What one writer wrote, in shared memory; `durable` is the tool's answer: so many numbered lines are in a checkpoint."""
    _fields_ = [(name, ctypes.c_int64) for name in
                ("numbered", "text", "broken", "joined", "bytes", "sum", "rotations", "durable", "go", "stop", "idle", "last_words",
                 "longest_pause_ms")]  # between two writes to a file that was being renamed


class Writer:
    def __init__(self, profile, seed, written):
        self.profile, self.written = profile, written
        self.rng = random.Random(f"{seed}/{profile.name}")
        self.lines = Lines(profile, self.rng)
        self.rotated = Rotated(profile.path, profile.scheme, profile.old_folder)
        self.ends = []  # the last number in each rotated file that still exists, oldest first
        self.journal = open(profile.own + ".journal", "a")
        self.log = None
        self.wrote_at = time.monotonic()
        self.wrote_to = {}  # descriptor → when, during a rotation
        self.rotating = False
        self.open()

    def work(self):
        self.write(1)
        while not (self.written.go or self.written.stop):
            time.sleep(0.01)
        while not self.written.stop:
            for _ in range(int(2 ** self.rng.uniform(0, 8))):
                self.wait_for_room()
                self.write(int(2 ** self.rng.uniform(0, 11)))
                if self.written.stop:
                    break
            if self.rng.random() < 0.2:
                time.sleep(self.rng.random() * 0.5)
            self.rotate()
        self.written.idle = 1
        while self.written.last_words == 0:
            time.sleep(0.01)
        self.put(self.lines.block(1, plain=True))
        self.publish()

    def wait_for_room(self):
        while self.lines.numbered - self.written.durable > self.profile.most_ahead and not self.written.stop:
            time.sleep(0.01)

    def open(self):
        self.log = os.open(self.profile.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self.wrote_to[self.log] = time.monotonic()

    def close(self):
        os.close(self.log)

    def write(self, count):
        """`count` numbered lines, now and then in two halves."""
        block = self.lines.block(count, with_banner=os.fstat(self.log).st_size == 0 and self.rng.random() < 0.3)
        if self.rng.random() < 0.1:
            cut = self.rng.randint(1, len(block))
            self.put(block[:cut])
            if self.rng.random() < 0.2:
                time.sleep(self.rng.random() * 0.05)
            block = block[cut:]
        self.put(block)
        self.publish()

    def write_without_newline(self):
        """One line whose newline never comes."""
        self.put(self.lines.block(1)[:-1])
        self.publish()

    def put(self, data):
        while data:
            done = os.write(self.log, data)
            self.written.bytes += done
            data = data[done:]
        self.wrote_at = time.monotonic()
        if self.rotating:
            pause_ms = round((self.wrote_at - self.wrote_to[self.log]) * 1000)
            self.written.longest_pause_ms = max(self.written.longest_pause_ms, pause_ms)
        self.wrote_to[self.log] = self.wrote_at

    def publish(self):
        lines, written = self.lines, self.written
        written.numbered, written.text, written.broken, written.joined = lines.numbered, lines.text, lines.broken, lines.joined
        written.sum = lines.numbered * (lines.numbered + 1) // 2

    def still_heard(self):
        """Whether what is written to a renamed file is still listened to."""
        return time.monotonic() - self.wrote_at < MAX_LISTENING_PAUSE_S * 2

    def rotate(self):
        way = self.rng.choice(self.profile.ways)
        before, last, began = len(self.rotated.paths()), self.lines.numbered, time.time()
        self.wrote_at = self.wrote_to[self.log] = time.monotonic()
        self.rotating = way in GO_ON_WAYS
        rotate(way, self)
        self.rotating = False
        after = self.rotated.paths()
        if len(after) > before:
            self.ends.append(max(last, self.lines.numbered))
            self.written.rotations += 1
        self.journal.write(json.dumps({"at": round(began, 3), "took": round(time.time() - began, 3), "way": way, "up_to": last,
                                       "after": self.lines.numbered, "files": len(after)}) + "\n")
        self.journal.flush()
        self.delete_old(after)

    def delete_old(self, paths):
        """Only what a checkpoint covers may go: anything else would be lost by nature."""
        spare = self.rng.randint(0, 3) == 0
        while spare and len(self.ends) > self.profile.keep and self.ends[0] <= self.written.durable:
            os.remove(paths.pop(0))
            self.ends.pop(0)


def run_writer(profile, seed, written):
    """Body of the process."""
    try:
        Writer(profile, seed, written).work()
    except (KeyboardInterrupt, SystemExit):
        pass
