"""What can happen to a log file under a daemon, and between two lives of it: every line that is still on the disk counts once."""

import gzip
import itertools
import os
import random
import shutil
import time
import unittest

from numbered_log import RULES, NumberedLog, expect_exact, numbered
from support import TestCase, sample, wait_for

CONFIG = """
telemetry: {include: all}
state: state
checkpoint_interval_ms: 50
rules: [rules.yaml]
sources: [%s]
"""


class RotationTest(TestCase):
    def setUp(self):
        super().setUp()
        self.write("rules.yaml", RULES)
        (self.folder / "logs").mkdir()
        self.path = self.folder / "logs/app.log"
        self.log = NumberedLog(self.path)
        self.addCleanup(lambda: self.log.close())
        self.log.write(100)
        self.source = "{file: logs/app.log, name: logs}"

    def run_daemon(self):
        return self.start(CONFIG % self.source).ready()

    def metric(self, daemon, name):
        return sample(daemon.metrics(), name, source="logs")

    def rename(self, name="app.log.1"):
        """The log moves away, those before it too, and its writer begins a new one."""
        for number in range(9, 0, -1):
            old = self.folder / f"logs/app.log.{number}"
            if name == "app.log.1" and old.exists():
                os.rename(old, old.with_name(f"app.log.{number + 1}"))
        os.rename(self.path, self.folder / "logs" / name)
        self.log.reopen()

    def copy_and_truncate(self, name="app.log.1"):
        shutil.copyfile(self.path, self.folder / "logs" / name)
        self.log.truncate()

    def compress(self, name):
        path = self.folder / "logs" / name
        with gzip.open(f"{path}.gz", "wb") as out:
            out.write(path.read_bytes())
        path.unlink()

    # --- Between two lives ---

    def test_nothing_happened(self):
        for end in ("stop", "kill", "stop"):
            getattr(self.run_daemon(), end)()
            self.log.write(10)
        expect_exact(self, self.run_daemon(), self.log)

    def test_renamed(self):
        self.run_daemon().stop()
        self.log.write(50)
        self.rename()
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_renamed_and_the_new_file_does_not_exist_yet(self):
        self.run_daemon().stop()
        self.log.write(50)
        os.rename(self.path, self.folder / "logs/app.log.1")
        daemon = self.run_daemon()
        self.log.reopen()
        self.log.write(30)
        expect_exact(self, daemon, self.log)

    def test_renamed_and_still_written_to(self):
        self.run_daemon().stop()
        self.log.write(50)
        os.rename(self.path, self.folder / "logs/app.log.1")
        (self.folder / "logs/app.log").write_text("")
        daemon = self.run_daemon()
        self.log.write(20)
        self.log.reopen()
        self.log.write(30)
        expect_exact(self, daemon, self.log)

    def test_renamed_many_times(self):
        self.run_daemon().stop()
        for count in (50, 1, 300, 7, 20):
            self.log.write(count)
            self.rename()
        self.log.write(30)
        daemon = self.run_daemon()
        expect_exact(self, daemon, self.log)
        self.assertEqual(self.metric(daemon, "logmill_source_lost_files_total"), 0)

    def test_renamed_many_times_and_compressed(self):
        self.run_daemon().stop()
        for count in (50, 1, 300, 7):
            self.log.write(count)
            self.rename()
        for name in ("app.log.4", "app.log.3", "app.log.2"):
            self.compress(name)
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_the_rest_is_in_the_compressed_file(self):
        self.run_daemon().stop()
        self.log.write(5000)
        self.rename()
        self.compress("app.log.1")
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_compressed_with_nothing_left_to_read(self):
        self.run_daemon().stop()
        self.rename()
        self.compress("app.log.1")
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_half_of_the_compressed_file_is_there(self):
        self.run_daemon().stop()
        self.log.write(5000)
        self.rename()
        path = self.folder / "logs/app.log.1"
        whole = gzip.compress(path.read_bytes())
        (self.folder / "logs/app.log.1.gz").write_bytes(whole[:len(whole) // 2])
        expect_exact(self, self.run_daemon(), self.log)

    def test_moved_to_a_subfolder(self):
        (self.folder / "logs/old").mkdir()
        self.run_daemon().stop()
        self.log.write(50)
        self.rename("old/app.log-20261122")
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_moved_where_the_configuration_says(self):
        (self.folder / "archive/deep").mkdir(parents=True)
        self.source = "{file: logs/app.log, name: logs, rotated: ['archive/*/*']}"
        self.run_daemon().stop()
        self.log.write(50)
        self.rename("../archive/deep/2026-11-22")
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_copied_and_truncated(self):
        self.run_daemon().stop()
        self.log.write(50)
        self.copy_and_truncate()
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_copied_and_truncated_and_empty(self):
        self.run_daemon().stop()
        self.log.write(50)
        self.copy_and_truncate()
        expect_exact(self, self.run_daemon(), self.log)

    def test_copied_and_truncated_and_grown_beyond_its_old_size(self):
        self.run_daemon().stop()
        self.log.write(50)
        self.copy_and_truncate()
        self.log.write(1000)
        expect_exact(self, self.run_daemon(), self.log)

    def test_copied_and_truncated_twice(self):
        self.run_daemon().stop()
        self.log.write(50)
        self.copy_and_truncate("app.log.2")
        self.log.write(400)
        self.copy_and_truncate("app.log.1")
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_copied_truncated_and_compressed(self):
        self.run_daemon().stop()
        self.log.write(50)
        self.copy_and_truncate()
        self.compress("app.log.1")
        self.log.write(200)
        expect_exact(self, self.run_daemon(), self.log)

    def test_truncated_without_a_copy(self):
        self.run_daemon().stop()
        self.log.truncate()
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)

    def test_the_inode_was_given_to_another_file(self):
        self.run_daemon().stop()
        self.log.close()
        for _ in range(20):
            before = os.stat(self.path).st_ino
            os.remove(self.path)
            self.log.reopen()
            if os.stat(self.path).st_ino == before:
                break
        self.log.write(300)
        daemon = self.run_daemon()
        expect_exact(self, daemon, self.log)
        self.assertEqual(self.metric(daemon, "logmill_source_lost_bytes_total"), 0, "all of it had been read")

    def test_deleted_before_it_was_read_is_counted_as_lost(self):
        self.log.write(200_000)
        daemon = self.start(CONFIG.replace("50", "10") % self.source)
        wait_for("there is a checkpoint", lambda: (self.folder / "state/checkpoint").exists())
        daemon.kill()
        size = os.path.getsize(self.path)
        self.log.close()
        os.remove(self.path)
        daemon = self.run_daemon()
        read = self.metric(daemon, "logmill_bytes_read_total")
        daemon.wait_for_sample(size - read, "logmill_source_lost_bytes_total", source="logs")
        self.assertEqual(self.metric(daemon, "logmill_source_lost_files_total"), 1 if read < size else 0)
        self.log.reopen()

    def test_away_for_one_life(self):
        elsewhere = self.folder / "elsewhere"
        self.run_daemon().stop()
        os.rename(self.path, elsewhere)
        self.run_daemon().stop()
        os.rename(elsewhere, self.path)
        self.log.write(10)
        expect_exact(self, self.run_daemon(), self.log)

    def test_the_line_is_written_in_two_lives(self):
        for end in ("stop", "kill"):
            line = numbered(self.log.written + 1, self.log.written + 1)
            self.log.write_raw(line[:30])
            getattr(self.run_daemon(), end)()
            self.log.write_raw(line[30:])
            self.log.take(self.log.written + 1, 1)
            daemon = self.run_daemon()
            expect_exact(self, daemon, self.log)
            self.assertEqual(self.metric(daemon, "logmill_bytes_read_total"), self.log.bytes)
            daemon.stop()

    def test_the_last_line_of_a_rotated_file_has_no_newline(self):
        self.log.write_raw(numbered(101, 101)[:-1])
        self.log.take(101, 1)
        self.run_daemon().stop()
        self.rename()
        self.log.write(30)
        daemon = self.run_daemon()
        expect_exact(self, daemon, self.log)
        daemon.stop()
        expect_exact(self, self.run_daemon(), self.log)

    def test_more_workers_than_before(self):
        logs = [NumberedLog(self.folder / f"logs/{i}.log", f"log{i}") for i in range(12)]
        self.source = "{file: 'logs/*.log', name: logs}"
        for turn in range(6):
            for log in logs:
                log.write(10)
            daemon = self.start(CONFIG.replace("\nrules", f"\nworkers: {(1, 3, 2, 8, 1, 1)[turn]}\nrules") % self.source).ready()
            for log in logs:
                expect_exact(self, daemon, log)
            daemon.kill() if turn % 2 else daemon.stop()
            for i in range(12):
                os.rename(self.folder / f"logs/{i}.log", self.folder / f"logs/{i}.log.{turn}")
                logs[i].write(5)
                logs[i].reopen()
        for log in logs:
            log.close()

    def test_from_end_holds_for_what_was_never_seen(self):
        self.source = "{file: 'logs/*.log', name: logs, from: end}"
        self.run_daemon().stop()
        before, numbers = self.log.written, self.log.numbers
        self.log.write(10)
        expect_exact(self, self.run_daemon(), self.log, lost_lines=before, lost_numbers=numbers)

    # --- Every small combination ---

    def each_combination(self, story):
        """Lines that were read, lines that came then, lines after the rotation; how it is rotated, what the pattern finds, and whether the
        rotated file is compressed."""
        for read, unread, after in itertools.product((0, 2, 100), (0, 2, 200), (0, 2, 300)):
            for rotate, pattern, gzipped in itertools.product((self.rename, self.copy_and_truncate), ("app.log", "app.log*"), (False, True)):
                with self.subTest(read=read, unread=unread, after=after, rotate=rotate.__name__, pattern=pattern, gzipped=gzipped):
                    self.begin_anew(read, pattern)

                    def rotated():
                        self.log.write(unread)
                        rotate()
                        if gzipped:
                            self.compress("app.log.1")
                        self.log.write(after)
                    story(rotated)

    def begin_anew(self, lines, pattern):
        self.log.close()
        for folder in ("logs", "state"):
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        (self.folder / "logs").mkdir()
        self.log = NumberedLog(self.path)
        self.log.write(lines)
        self.source = "{file: 'logs/%s', name: logs}" % pattern

    def test_all_of_it_while_it_is_down(self):
        def story(rotated):
            self.run_daemon().stop()
            rotated()
            daemon = self.run_daemon()
            try:
                expect_exact(self, daemon, self.log)
            finally:
                daemon.stop()

        self.each_combination(story)

    def test_all_of_it_between_two_looks(self):
        def story(rotated):
            daemon = self.run_daemon()
            daemon.freeze()
            rotated()
            daemon.thaw()
            try:
                expect_exact(self, daemon, self.log)
            finally:
                daemon.stop()

        self.each_combination(story)

    def each_pair_of_rotations(self, frozen):
        rng = random.Random(5)  # which pattern, and which of the two rotated files are compressed
        for read, first, second, after in itertools.product((0, 2, 100), (0, 200), (0, 4, 300), (0, 250)):
            for how in itertools.product((self.rename, self.copy_and_truncate), repeat=2):
                pattern, gzipped = rng.choice(("app.log", "app.log*")), rng.choice(((), (0,), (1,), (0, 1)))
                with self.subTest(read=read, first=first, second=second, after=after, how=[rotate.__name__ for rotate in how],
                                  pattern=pattern, gzipped=gzipped):
                    self.begin_anew(read, pattern)
                    daemon = self.run_daemon()
                    daemon.freeze() if frozen else daemon.stop()
                    for i, (lines, rotate) in enumerate(zip((first, second), how)):
                        self.log.write(lines)
                        self.move_up()
                        rotate()
                        if i in gzipped:
                            self.compress("app.log.1")
                    self.log.write(after)
                    if frozen:
                        daemon.thaw()
                    else:
                        daemon = self.run_daemon()
                    try:
                        expect_exact(self, daemon, self.log)
                    finally:
                        daemon.stop()

    def move_up(self):
        for name in (".1", ".1.gz"):
            path = self.folder / f"logs/app.log{name}"
            if path.exists():
                os.rename(path, str(path).replace(".log.1", ".log.2"))

    def test_two_rotations_while_it_is_down(self):
        self.each_pair_of_rotations(frozen=False)

    def test_two_rotations_between_two_looks(self):
        self.each_pair_of_rotations(frozen=True)

    # --- While it runs ---

    def test_rotations_between_two_looks(self):
        daemon = self.run_daemon()
        daemon.freeze()
        for count in (50, 300, 7):
            self.log.write(count)
            self.rename()
        self.log.write(30)
        daemon.thaw()
        expect_exact(self, daemon, self.log)

    def test_compressed_rotations_between_two_looks(self):
        daemon = self.run_daemon()
        daemon.freeze()
        for count in (50, 300, 7):
            self.log.write(count)
            self.rename()
        for number in (1, 2, 3):
            self.compress(f"app.log.{number}")
        self.log.write(30)
        daemon.thaw()
        expect_exact(self, daemon, self.log)

    def test_truncated_and_grown_between_two_looks(self):
        daemon = self.run_daemon()
        daemon.freeze()
        self.log.write(50)
        self.copy_and_truncate()
        self.log.write(1000)
        daemon.thaw()
        expect_exact(self, daemon, self.log)

    def test_truncated_twice_between_two_looks(self):
        daemon = self.run_daemon()
        daemon.freeze()
        self.log.write(50)
        self.copy_and_truncate("app.log.2")
        self.log.write(400)
        self.copy_and_truncate("app.log.1")
        self.log.write(20)
        daemon.thaw()
        expect_exact(self, daemon, self.log)

    def test_the_copy_matches_the_pattern_too(self):
        self.source = "{file: 'logs/app.log*', name: logs}"
        daemon = self.run_daemon()
        for number in (1, 2, 3):
            self.log.write(50)
            self.copy_and_truncate(f"app.log.{number}")
            self.log.write(20)
            expect_exact(self, daemon, self.log)
        daemon.kill()
        self.log.write(50)
        self.copy_and_truncate("app.log.4")
        self.log.write(20)
        expect_exact(self, self.run_daemon(), self.log)

    def test_many_logs_of_one_name_and_their_rotated_files(self):
        """More of them than generations of one log are remembered."""
        services, generations = 200, 6
        self.source = "{file: 'logs/*/app.log*', name: logs}"
        folders = [self.folder / f"logs/{number}" for number in range(services)]
        for folder in folders:
            folder.mkdir()
            for generation in range(generations):
                log = NumberedLog(folder / f"app.log.{generation}")
                log.write(1 + generation)
                log.close()
            os.rename(folder / "app.log.0", folder / "app.log")
        lines = services * sum(range(1, generations + 1))
        for life in range(2):
            daemon = self.run_daemon()
            daemon.wait_for_sample(lines, "lines_total", log="app")
            for folder in folders:
                for generation in range(generations - 1 + life, 0, -1):
                    os.rename(folder / f"app.log.{generation}", folder / f"app.log.{generation + 1}")
                os.rename(folder / "app.log", folder / "app.log.1")
                (folder / "app.log").write_text(numbered(1, 3))
            lines += 3 * services
            daemon.wait_for_sample(lines, "lines_total", log="app")
            now = time.time()
            wait_for("they are remembered", lambda daemon=daemon, now=now: sample(daemon.metrics(), "logmill_checkpoint_timestamp_seconds") > now + 1.5)
            daemon.kill()
        daemon = self.run_daemon()
        self.assertEqual(sample(daemon.metrics(), "lines_total", log="app"), lines)
        daemon.stop()

    def test_the_last_line_has_no_newline_when_the_file_is_copied_and_truncated(self):
        self.log.write_raw(numbered(101, 101)[:-1])
        self.log.take(101, 1)
        daemon = self.run_daemon()
        self.copy_and_truncate()
        self.log.write(30)
        expect_exact(self, daemon, self.log)

    def test_deleted_while_open(self):
        daemon = self.run_daemon()
        daemon.freeze()
        self.log.write(5000)
        os.remove(self.path)
        daemon.thaw()
        self.log.write(10)
        self.log.reopen()
        self.log.write(30)
        expect_exact(self, daemon, self.log)

    def test_a_folder_takes_the_path_and_gives_it_back(self):
        daemon = self.run_daemon()
        os.rename(self.path, self.folder / "logs/app.log.1")
        self.path.mkdir()
        self.log.write(20)
        daemon.wait_for_sample(120, "lines_total", log="app")
        daemon.kill()
        daemon = self.run_daemon()
        self.path.rmdir()
        self.log.reopen()
        self.log.write(30)
        expect_exact(self, daemon, self.log)

    def test_permission_lost_and_regained(self):
        for path in (self.folder, self.path, self.folder / "logs"):
            os.chmod(path, 0o755 if path.is_dir() else 0o644)
            if os.getuid() == 0:
                os.chown(path, 65534, 65534)
        start = lambda: self.start(CONFIG % self.source, ordinary=True).ready()  # noqa: E731
        start().stop()
        os.chmod(self.path, 0)
        daemon = start()
        daemon.wait_for_sample(100, "lines_total", log="app")
        self.log.write(50)
        daemon.stop()
        daemon = start()
        wait_for("it says that it cannot read", lambda: "ermission" in daemon.output())
        os.chmod(self.path, 0o644)
        expect_exact(self, daemon, self.log)
        os.rename(self.path, self.folder / "logs/app.log.1")
        descriptor = os.open(self.path, os.O_CREAT | os.O_WRONLY, 0)
        os.close(descriptor)
        os.chown(self.path, *((65534, 65534) if os.getuid() == 0 else (-1, -1)))
        self.log.write(10)
        daemon.wait_for_sample(self.log.written, "lines_total", log="app")
        os.chmod(self.path, 0o600)
        self.log.reopen()
        self.log.write(30)
        expect_exact(self, daemon, self.log)

    def test_a_link_that_leads_elsewhere_now(self):
        link = self.folder / "logs/current"
        link.symlink_to("app.log")
        self.source = "{file: logs/current, name: logs}"
        self.run_daemon().stop()
        self.log.write(50)
        self.log.close()
        self.log.path = self.folder / "logs/app-2.log"
        self.log.reopen()
        link.unlink()
        link.symlink_to("app-2.log")
        self.log.write(30)
        expect_exact(self, self.run_daemon(), self.log)


if __name__ == "__main__":
    unittest.main()
