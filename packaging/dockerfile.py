"""A Dockerfile, taken apart: stages and their instructions, in order. Knows the instructions that ours uses and refuses all others, so that
nothing is silently left out by whoever acts on it."""

import dataclasses
import json
import re
import shlex

KNOWN = {"FROM", "LABEL", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


@dataclasses.dataclass
class Instruction:
    name: str
    text: str  # what follows the name, continuation lines joined
    line: int

    def flags(self):
        """{"from": "build"} of `COPY --from=build ...`."""
        return dict(re.findall(r"(?:^|(?<= ))--([\w-]+)=(\S+)(?= )", self.text.split("CMD", 1)[0]))

    def words(self):
        """The words behind the flags; those of the JSON form as they are."""
        text = re.sub(r"^(?:--[\w-]+=\S+ +)*", "", self.text)
        return json.loads(text) if text.startswith("[") else shlex.split(text)


@dataclasses.dataclass
class Stage:
    name: str   # "build" of `AS build`; its number, as text, without one
    image: str  # "debian:12-slim"
    instructions: list

    def last(self, name):
        """The instruction of this name that holds; None without one."""
        return next((i for i in reversed(self.instructions) if i.name == name), None)


def _logical_lines(text):
    parts, start = [], 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        start = start if parts else number
        parts.append(line.strip().removesuffix("\\").strip())
        if not line.rstrip().endswith("\\"):
            yield start, " ".join(parts)
            parts = []


def stages(text):
    """The stages of a Dockerfile's text. ValueError, with the line, for what is not understood."""
    found = []
    for line, content in _logical_lines(text):
        name, _, rest = content.partition(" ")
        if name not in KNOWN:
            raise ValueError(f"line {line}: {name} is not an instruction that is understood here")
        if name == "FROM":
            words = rest.split()
            found.append(Stage(words[2] if len(words) == 3 else str(len(found)), words[0], []))
        elif not found:
            raise ValueError(f"line {line}: {name} before the first FROM")
        else:
            found[-1].instructions.append(Instruction(name, rest.strip(), line))
    return found
