"""Scrapes the daemon without a pause and holds every page to what must always be true."""

import collections
import functools
import http.client
import itertools
import re
import threading
import time

PAUSE_S = 0.05
RECORDS = ("logmill_records_total", "logmill_records_rejected_total", "logmill_lines_joined_total", "logmill_lines_skipped_total")
CHECKPOINT_TAKES_S = 1.5  # at most, from looking at the counts until its timestamp


def parse(page):
    """{series as text: value}, alike for both formats."""
    found = {}
    for line in page.splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            if series.endswith('.0"}'):  # OpenMetrics writes le="10.0"
                series = series[:-4] + '"}'
            found[series] = float(value)
    return found


@functools.cache
def label(series, name):
    match = re.search(rf'[{{,]{name}="([^"]*)"', series)
    return match[1] if match else None


@functools.cache
def is_counter(series):
    """Whether it must never fall, not even across restarts: the log-derived ones and those of a source."""
    name = series.partition("{")[0]
    if name in ("logmill_source_lag_seconds_bucket", "logmill_source_lag_seconds_sum"):
        return False  # a line that is read again after a kill comes later than it did
    if name in ("logmill_source_rotations_total", "logmill_source_truncations_total", "logmill_source_errors_total"):
        return False  # what happened in this life
    if not name.endswith(("_total", "_bucket", "_count", "_sum")) or name.startswith("process_"):
        return False
    return not name.startswith("logmill_") or 'source="' in series


class Watch:
    def __init__(self, port, part, lossy):
        self.port = port
        self.part = part    # lines that are counted in one series
        self.lossy = lossy  # names of writers and sources of which lines may vanish from the disk
        self.errors = []
        self.highest = {}    # series → (value, when)
        self.created = {}    # series → (value, when, the checkpoint's time then)
        self.page = {}       # the last one
        self.pages = self.refused = self.not_ready = 0
        self.durable = {}    # writer → numbered lines that a checkpoint covers
        self._counted = collections.deque()  # (when, counts) that no checkpoint covers yet
        self._counted_in = 0  # life
        self._life = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def new_life(self):
        self._life += 1

    def stop(self):
        self._stop.set()
        self._thread.join()

    def counted(self, writer, page=None):
        """{part: lines} of a writer."""
        page = self.page if page is None else page
        return {label(series, "part"): value for series, value in page.items()
                if series.startswith("torture_lines_total{") and label(series, "writer") == writer}

    def _run(self):
        while not self._stop.wait(PAUSE_S):
            try:
                self.scrape()
            except (OSError, http.client.HTTPException):
                self.refused += 1
            except Exception as error:  # a page that cannot be read is a failure of the daemon
                self.fail(f"a page is not as expected: {error!r}")

    def scrape(self):
        life = self._life
        openmetrics = self.pages % 7 == 3
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text"} if openmetrics else {})
            answer = connection.getresponse()
            body = answer.read().decode()
        finally:
            connection.close()
        if answer.status == 503:
            self.not_ready += 1
            if not body.strip():
                self.fail("503 without a reason")
            return
        if answer.status != 200:
            self.fail(f"/metrics answers {answer.status}")
            return
        self.pages += 1
        self.check(parse(body), life)
        self.note_durable(life)

    def fail(self, what):
        if len(self.errors) < 50:
            self.errors.append(f"{time.strftime('%H:%M:%S')} life {self._life}: {what}")

    def check(self, page, life):
        self.check_nothing_falls(page, life)
        self.check_ledger(page)
        self.check_histograms(page)
        self.page = page

    def check_nothing_falls(self, page, life):
        fallen = []
        for series, value in page.items():
            if series.partition("{")[0].endswith("_created") and not series.startswith("logmill_"):
                self.check_created(series, value, life, page.get("logmill_checkpoint_timestamp_seconds", 0))
            if is_counter(series):
                seen, seen_in = self.highest.get(series, (0, life))
                if value < seen and not (seen_in != life and self.may_lose(series)):
                    fallen.append(f"{series} fell from {seen:.0f} (life {seen_in}) to {value:.0f}")
                self.highest[series] = (value, life)
        for series, (seen, seen_in) in self.highest.items():
            if series not in page and seen > 0 and not (seen_in != life and self.may_lose(series)):
                fallen.append(f"{series} was {seen:.0f} (life {seen_in}) and is gone")
                self.highest[series] = (0, life)
        if fallen:
            self.fail("\n    ".join([*fallen[:6], *([f"and {len(fallen) - 6} more"] if len(fallen) > 6 else [])]))

    def check_created(self, series, value, life, checkpoint):
        """Of a series that was in no checkpoint yet, another life cannot know it."""
        seen, seen_in, known = self.created.get(series, (value, life, 0))
        if value != seen and (seen_in == life or seen < known - CHECKPOINT_TAKES_S) and not self.may_lose(series):
            self.fail(f"{series} was {seen} (life {seen_in}) and is {value}")
        self.created[series] = (value, life, checkpoint)

    def may_lose(self, series):
        return (label(series, "writer") or label(series, "source")) in self.lossy

    def check_ledger(self, page):
        lines, accounted = collections.Counter(), collections.Counter()
        for series, value in page.items():
            name = series.partition("{")[0]
            if name == "logmill_lines_total":
                lines[label(series, "source")] += value
            elif name in RECORDS:
                accounted[label(series, "source")] += value
        for source, value in lines.items():
            if value != accounted[source]:
                self.fail(f"the ledger of {source} does not balance: {value:.0f} lines, {accounted[source]:.0f} accounted for")

    def check_histograms(self, page):
        before = {}
        for series, value in page.items():
            name, _, labels = series.partition("{")
            if not name.startswith("torture_size") or not name.endswith("_bucket"):
                continue
            key = re.sub(r',?le="[^"]*"', "", labels)
            if value < before.get(key, 0):
                self.fail(f"{series} is less than the bucket before")
            before[key] = value
            if 'le="+Inf"' in labels and page.get("torture_size_count{" + key) != value:
                self.fail(f"{series} is {value:.0f} and its count {page.get('torture_size_count{' + key)}")

    def note_durable(self, life):
        """A checkpoint holds what a page of the same life showed before: another life may not have read as far yet when it writes one."""
        if life != self._counted_in:
            self._counted.clear()
            self._counted_in = life
        self._counted.append((time.time(), self.counted_up_to()))
        checkpoint = self.page.get("logmill_checkpoint_timestamp_seconds", 0)
        while self._counted and self._counted[0][0] < checkpoint - CHECKPOINT_TAKES_S:
            self.durable.update(self._counted.popleft()[1])

    def counted_up_to(self):
        """{writer: number up to which every line is counted}, rounded down to whole parts."""
        full, up_to = collections.defaultdict(set), {}
        for series, value in self.page.items():
            writer = label(series, "writer")
            if series.startswith("torture_lines_total{"):
                part = int(label(series, "part")[1:])
                if value >= self.part - (part == 0):
                    full[writer].add(part)
            elif series.startswith("torture_last{") and writer in self.lossy:
                up_to[writer] = int(value)
        for writer, parts in full.items():
            first_missing = next(part for part in itertools.count() if part not in parts)
            up_to.setdefault(writer, first_missing * self.part - 1 if first_missing else 0)
        return up_to
