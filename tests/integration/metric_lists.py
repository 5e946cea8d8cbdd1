"""The metrics that the documentation lists, the one place where tests look names up."""

import dataclasses
import re

from support import ROOT

DOCS = ROOT / "docs"


@dataclasses.dataclass(frozen=True)
class Metric:
    name: str        # or a pattern: `immich_jobs_*_total`
    type: str
    labels: frozenset
    meaning: str
    group: str = ""  # "" where the list does not say, as with the next
    port: str = ""

    def is_pattern(self):
        return "*" in self.name

    def fits(self, name):
        return re.fullmatch(self.name.replace("*", r"\w+"), name) is not None


def tables(path, first="metric"):
    """Of a page, those whose first column is called so: each row as {column: text}."""
    columns = None
    for line in path.read_text().splitlines():
        # A bar inside of code is no border: config|get.
        cells = [cell.strip().replace("\0", "|") for cell in re.sub(r"(?<=\w)\|(?=\w)", "\0", line).strip("|").split("|")]
        if not line.startswith("|"):
            columns = None
        elif columns is None:
            columns = cells
        elif not set(line) <= set("|-: ") and columns[0] == first:
            yield dict(zip(columns, cells))


def listed(path):
    """{name: Metric} of a page's tables that have the columns; cells of prose give no labels and are left out of comparisons: None."""
    found = {}
    for row in tables(path):
        if "type" not in row:
            continue
        name, labels = row["metric"].strip("`"), row["labels"]
        known = frozenset(re.findall(r"`(\w+)`", labels)) if "`" in labels or labels in ("", "-") else None
        found[name] = Metric(name, row["type"], known, row["meaning"], row.get("group", ""), row.get("port", ""))
    return found


def known_metrics():
    """All that exist: those of metrics.md, patterns included, and Logmill's own."""
    return listed(DOCS / "metrics.md") | listed(DOCS / "self-metrics.md")


def sometimes_absent():
    """{name: when it is there} of metrics.md."""
    return {row["metric"].strip("`"): row["there"] for row in tables(DOCS / "metrics.md") if "there" in row}


def find(name, known):
    """The metric of a name as it stands in an expression, parts of histograms included; None if there is none.

    What other programs show of their own processes (`process_*`) makes no name right."""
    if name in known:
        return known[name]
    base = re.sub("_(bucket|sum|count)$", "", name)
    if base != name and base in known and known[base].type == "histogram":
        return known[base]
    patterns = [metric for metric in known.values() if metric.is_pattern() and metric.name.startswith("immich_")]
    return next((metric for metric in patterns if metric.fits(name) or metric.fits(base)), None)
