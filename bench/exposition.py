"""Reads the Prometheus text format, as far as the benchmarks need it."""
import re

SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def parse(text):
    """{(name, ((label, value), ...)): float}, labels in alphabetical order.

    Empty labels are left out, as they mean the same as absent ones, and `le` is a number, so that "1" and "1.0" are one bucket.
    """
    samples = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        if not match:
            raise ValueError(f"no sample: {line[:200]!r}")
        samples[key(match[1], match[2] or "")] = float(match[3])
    return samples


def key(name, labels):
    pairs = ((label, str(float(value)) if label == "le" else value) for label, value in LABEL.findall(labels))
    return name, tuple(sorted((label, value) for label, value in pairs if value))


def show(sample):
    name, labels = sample
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in labels) + "}"
