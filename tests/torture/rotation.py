"""The ways of rotating a log file. The writer does it itself, or has it done by the real logrotate."""

import os
import pathlib
import re
import shutil
import subprocess
import time


class Rotated:
    """The rotated files of one log, by their names: `x.log.1` is the newest of numbers, the highest the newest of dates."""

    def __init__(self, path, scheme, old_folder):
        self.path, self.scheme = pathlib.Path(path), scheme
        self.folder = self.path.parent / old_folder
        self.folder.mkdir(parents=True, exist_ok=True)
        name = re.escape(self.path.name)
        self.name = re.compile(name + (r"\.(\d+)(\.gz)?$" if scheme == "numbers" else r"-\d{8}-(\d+)(\.gz)?$"))
        self.made = 0

    def paths(self):
        """Oldest first."""
        found = []
        for name in os.listdir(self.folder):
            if match := self.name.match(name):
                found.append((int(match[1]), self.folder / name))
        by_path = {re.sub(r"\.gz$", "", str(path)): (number, path) for number, path in found}  # x.1 and x.1.gz are one
        return [path for _, path in sorted(by_path.values(), reverse=self.scheme == "numbers")]

    def make_place(self):
        """Where the newest goes; numbers move up."""
        if self.scheme == "dates":
            self.made += 1
            return self.folder / f"{self.path.name}-{time.strftime('%Y%m%d')}-{self.made:06}"
        for path in self.paths():
            number = int(self.name.match(path.name)[1])
            os.rename(path, self.folder / path.name.replace(f"{self.path.name}.{number}", f"{self.path.name}.{number + 1}", 1))
        return self.folder / f"{self.path.name}.1"


def compress(path):
    subprocess.run(["gzip", "-1", path], check=True)


def compress_as_wanted(writer, newest):
    if writer.profile.compress == "at_once":
        compress(newest)
    if writer.profile.compress == "delayed":
        plain = [path for path in writer.rotated.paths() if path.suffix != ".gz"]
        for path in plain[:-1]:
            compress(path)


def rename(writer):
    """A new file at once."""
    if writer.rng.random() < 0.2:
        writer.write_without_newline()
    place = writer.rotated.make_place()
    os.rename(writer.profile.path, place)
    writer.close()
    writer.open()
    compress_as_wanted(writer, place)


def rename_and_go_on(writer):
    """The writer notices late: it goes on in the old file, while the new one is empty, has lines of another process, or is not there."""
    place = writer.rotated.make_place()
    os.rename(writer.profile.path, place)
    kind = writer.rng.choice(("create", "nocreate", "lines"))
    old = writer.log
    if kind != "nocreate":
        writer.open()
    new = writer.log
    if kind == "lines":
        writer.write(writer.rng.randint(1, 50))
    writer.log = old
    for _ in range(writer.rng.randint(1, 20)):
        if not writer.still_heard():
            break
        writer.write(writer.rng.randint(1, 500))
        time.sleep(writer.rng.random() ** 4 * 0.3)
    os.close(old)
    writer.log = new
    if kind == "nocreate":
        writer.open()
    compress_as_wanted(writer, place)


def rename_and_rest(writer):
    """No new file for a while."""
    place = writer.rotated.make_place()
    os.rename(writer.profile.path, place)
    writer.close()
    time.sleep(writer.rng.random() * 0.4)
    compress_as_wanted(writer, place)
    writer.open()


def copy_and_truncate(writer):
    """Nobody writes between the copy and the truncation, so nothing is lost."""
    place = writer.rotated.make_place()
    shutil.copyfile(writer.profile.path, place)
    if writer.rng.random() < 0.3:
        time.sleep(writer.rng.random() * 0.3)
    os.ftruncate(writer.log, 0)
    if writer.rng.random() < 0.5:
        writer.write(int(2 ** writer.rng.uniform(0, 13)))  # it may well be longer than before when somebody looks
    compress_as_wanted(writer, place)


LOGROTATE = """\
{path} {{
  rotate 5000
  {lines}
}}
"""


def logrotate(writer, *directives, meanwhile=lambda: False):
    profile = writer.profile
    lines = [*directives, "missingok"]
    lines += ["dateext", "dateformat -%Y%m%d-%s"] if profile.scheme == "dates" else ["nodateext", "start 1"]
    lines += [f"olddir {writer.rotated.folder}"] if profile.old_folder else []
    lines += {"no": ["nocompress"], "at_once": ["compress"], "delayed": ["compress", "delaycompress"]}[profile.compress]
    config, state = profile.own + ".logrotate.conf", profile.own + ".logrotate.state"
    pathlib.Path(config).write_text(LOGROTATE.format(path=profile.path, lines="\n  ".join(lines)))
    os.chmod(config, 0o644)
    process = subprocess.Popen(["logrotate", "-f", "-s", state, config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None and meanwhile():
        pass
    said = process.communicate()[1]
    if process.returncode != 0 and b"already exists" not in said:
        raise RuntimeError(f"logrotate: {said.decode()}")


def reopen_unless_same(writer):
    """As after the signal of a postrotate script."""
    writer.close()
    writer.open()


def go_on(writer):
    """Writes while logrotate runs, as long as the old file is listened to."""
    if not writer.still_heard():
        return False
    writer.write(writer.rng.randint(1, 300))
    return True


def logrotate_create(writer):
    busy = writer.profile.compress != "at_once" and writer.rng.random() < 0.5
    logrotate(writer, "create 0644", meanwhile=lambda: busy and go_on(writer))
    reopen_unless_same(writer)


def logrotate_nocreate(writer):
    logrotate(writer, "nocreate")
    time.sleep(writer.rng.random() * 0.2)
    reopen_unless_same(writer)


def logrotate_copytruncate(writer):
    logrotate(writer, "copytruncate")


def logrotate_copytruncate_busy(writer):
    """What is written between the copy and the truncation is lost, by nature."""
    def write():
        writer.write(writer.rng.randint(1, 300))
        return True
    logrotate(writer, "copytruncate", meanwhile=write)


WAYS = {way.__name__: way for way in (rename, rename_and_go_on, rename_and_rest, copy_and_truncate, logrotate_create, logrotate_nocreate,
                                      logrotate_copytruncate, logrotate_copytruncate_busy)}


GO_ON_WAYS = ("rename_and_go_on", "logrotate_create")  # that write to a file that was renamed


def rotate(way, writer):
    WAYS[way](writer)
