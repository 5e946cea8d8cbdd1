"""A log of numbered lines whose count can be held against what a daemon says."""

import operator
import os
import time

from support import samples, wait_for

RULES = """
rules:
  - name: numbered
    when: {format: json, message: {is: line}}
    metrics:
      - {counter: lines_total, help: Lines., labels: {log: $context}}
      - {counter: numbers_total, help: Their numbers added up., labels: {log: $context}, value: '$.n'}
      - {gauge: last_number, help: The number of the line that came last., labels: {log: $context}, value: '$.n'}
      - {histogram: number_sizes, help: Numbers., labels: {log: $context}, value: '$.n', buckets: [10, 100]}
"""


def numbered(first, last, name="app"):
    """Lines `first` to `last`, all of one length: only their numbers tell one from another."""
    head = f'{{"level":"log","pid":1,"timestamp":{time.time_ns() // 1_000_000},"message":"line","context":"{name}","n":'
    return "".join(f'{head}{n},"pad":"{"x" * (8 - len(str(n)))}"}}\n' for n in range(first, last + 1))


class NumberedLog:
    """Writes to `path` as a program does that keeps its log open."""

    def __init__(self, path, name="app"):
        self.path, self.name = path, name
        self.written = 0       # lines
        self.numbers = 0       # added up
        self.bytes = 0
        self._file = None
        self.reopen()

    def reopen(self):
        if self._file:
            self._file.close()
        self._file = open(self.path, "ab", buffering=0)

    def close(self):
        self._file.close()

    def write(self, count):
        first = self.written + 1
        self.write_raw(numbered(first, self.written + count, self.name))
        self.take(first, count)

    def write_raw(self, text):
        self._file.write(text.encode())
        self.bytes += len(text)

    def take(self, first, count):
        """Lines `first`... were written in another way."""
        self.written += count
        self.numbers += sum(range(first, first + count))

    def truncate(self):
        os.ftruncate(self._file.fileno(), 0)


def counts(daemon, name="app"):
    """(lines, their numbers added up) as the daemon shows them; (0, 0) while it shows nothing."""
    found = samples(daemon.metrics())
    label = frozenset({("log", name)})
    return found.get(("lines_total", label), 0), found.get(("numbers_total", label), 0)


def unbalanced(page):
    """Sources whose lines are not all accounted for."""
    lines, accounted = {}, {}
    for (name, labels), value in samples(page).items():
        source = dict(labels).get("source")
        if name == "logmill_lines_total":
            lines[source] = value
        elif name in ("logmill_records_total", "logmill_records_rejected_total", "logmill_lines_joined_total", "logmill_lines_skipped_total"):
            accounted[source] = accounted.get(source, 0) + value
    return {source: (value, accounted.get(source, 0)) for source, value in lines.items() if value != accounted.get(source, 0)}


def expect_exact(test, daemon, log, lost_lines=0, lost_numbers=0):
    """Every line of the log is counted, none twice, also when one more has come; and the ledger balances."""
    for more in (0, 1):
        log.write(more)
        wanted = (log.written - lost_lines, log.numbers - lost_numbers)
        try:
            wait_for("all lines are counted", lambda: all(map(operator.ge, counts(daemon, log.name), wanted)))
        except AssertionError as error:
            test.fail(f"{error}: (lines, numbers) are {counts(daemon, log.name)}, not {wanted}\n{daemon.output()}")
        test.assertEqual(counts(daemon, log.name), wanted, daemon.output())
        test.assertEqual(unbalanced(daemon.metrics()), {})
