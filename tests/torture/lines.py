"""The lines that a writer writes: numbered ones as JSON, and between them text, stack traces, broken JSON and lines beyond the limit; plain, or
as Docker and Kubernetes keep them in their files."""

import time

MAX_LINE_BYTES = 1 << 20  # the daemon's default
PART_BYTES = 16 << 10     # Docker and Kubernetes cut longer lines into parts
BANNER = tuple(b"Initializing service, step %d of 20\n" % step for step in range(1, 21))  # every file begins alike
TRACE = (b"    at load (/srv/app/dist/main.js:71:17)\n", b"    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)\n")


class Lines:
    """Counts what it makes: the records that have to come of it."""

    def __init__(self, profile, rng):
        self.name, self.part, self.rng, self.joins = profile.name.encode(), profile.part, rng, profile.joins
        self.frame = {"auto": None, "docker": docker, "cri": cri}[profile.format]
        self.numbered = self.text = self.broken = self.joined = 0
        self.pads = [b',"pad":"' + bytes(rng.choices(b"abcdefgh 0123456789", k=size)) + b'"}\n' for size in (0, 20, 60, 150, 900)]

    def block(self, count, with_banner=False, plain=False):
        """At least `count` numbered lines; the last line is one of them, and the one with the highest number when they are `plain`."""
        lines = self.banner() if with_banner else []
        if not plain and self.rng.random() < 0.3:
            lines += self.odd_lines()
        lines += self.numbered_lines(count)
        return b"".join(lines if self.frame is None else self.framed(lines))

    def head(self):
        return b'{"level":"log","pid":7,"timestamp":%d,"message":"line","context":"%s","n":' % (time.time_ns() // 1_000_000, self.name)

    def numbered_lines(self, count):
        head, pads, part, first = self.head(), self.pads, self.part, self.numbered + 1
        self.numbered += count
        return [head + b'%d,"part":"p%d"' % (n, n // part) + pads[n % 5] for n in range(first, first + count)]

    def odd_lines(self):
        kind = self.rng.choices(("text", "trace", "broken", "long", "too_long"), (30, 30, 30, 5, 1))[0]
        if kind == "text":
            self.text += 1
            return [b"text %s number %d\n" % (self.name, self.text)]
        if kind == "trace":
            self.text += 1 if self.joins else 1 + len(TRACE)
            self.joined += len(TRACE) if self.joins else 0
            return [b"text %s Error: no memory\n" % self.name, *TRACE]
        if kind == "long":
            self.numbered += 1
            return [self.head() + b'%d,"part":"p%d","pad":"%s"}\n' % (self.numbered, self.numbered // self.part,
                                                                   b"x" * self.rng.randint(20_000, 900_000))]
        self.broken += 1
        return [self.head() + (b"0,\n" if kind == "broken" else b'0,"pad":"%s"}\n' % (b"y" * (MAX_LINE_BYTES + 100)))]

    def banner(self):
        self.text += len(BANNER)
        return list(BANNER)

    def framed(self, lines):
        for line in lines:
            if len(line) <= PART_BYTES:
                yield self.frame(line, b"stdout", True)
                continue
            parts = [line[at:at + PART_BYTES] for at in range(0, len(line), PART_BYTES)]
            self.joined += len(parts) - 1
            yield self.frame(parts[0], b"stderr", False)
            yield from (self.frame(other, b"stdout", True) for other in self.numbered_lines(1))  # a line of the other stream in between
            yield from (self.frame(part, b"stderr", False) for part in parts[1:-1])
            yield self.frame(parts[-1], b"stderr", True)


def docker(line, stream, _):
    """A part has no newline inside."""
    text = line.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'{"log":"%s","stream":"%s","time":"%s"}\n' % (text, stream, now())


def cri(line, stream, whole):
    return b"%s %s %s %s\n" % (now(), stream, b"F" if whole else b"P", line.removesuffix(b"\n"))


def now():
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)).encode() + b".%09dZ" % nanoseconds
