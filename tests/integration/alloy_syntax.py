"""The syntax of Grafana Alloy's files (https://grafana.com/docs/alloy/latest/get-started/configuration-syntax/), the components that ours uses, and what its
stages do to a line.

    components = check(parse(text))            # raises AlloyError
    run_process(components["loki.process.gallery"], {"": line, "stream": "..."})
"""

import json
import re

TOKEN = re.compile(r"""
    (?P<space>[ \t\r]+|//[^\n]*) | (?P<newline>\n) | (?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`) | (?P<number>-?\d+(?:\.\d+)?) |
    (?P<name>[A-Za-z_][A-Za-z0-9_]*) | (?P<operator>[{}\[\](),=.])""", re.VERBOSE)

TEXT, TEXTS, MAP, RECEIVERS, TARGETS, RULES, NUMBER = "text", "texts", "map", "receivers", "targets", "rules", "number"
RULE = {"source_labels": TEXTS, "regex": TEXT, "target_label": TEXT, "replacement": TEXT, "action": TEXT, "separator": TEXT}
# Component or block → its attributes (those with "!" have to be there), its blocks, what it exports.
SCHEMAS = {
    "discovery.docker": ({"host!": TEXT, "refresh_interval": TEXT}, {"filter": {"name!": TEXT, "values!": TEXTS}}, {"targets": TARGETS}),
    "discovery.relabel": ({"targets!": TARGETS}, {"rule": RULE}, {"output": TARGETS, "rules": RULES}),
    "loki.source.docker": ({"host!": TEXT, "targets!": TARGETS, "forward_to!": RECEIVERS, "labels": MAP, "relabel_rules": RULES, "refresh_interval": TEXT}, {}, {}),
    "local.file_match": ({"path_targets!": TARGETS, "sync_period": TEXT}, {}, {"targets": TARGETS}),
    "loki.source.file": ({"targets!": TARGETS, "forward_to!": RECEIVERS, "tail_from_end": "flag", "encoding": TEXT}, {}, {}),
    "loki.process": ({"forward_to!": RECEIVERS}, {
        "stage.decolorize": {},
        "stage.json": {"expressions!": MAP, "drop_malformed": "flag", "source": TEXT},
        "stage.timestamp": {"source!": TEXT, "format!": TEXT, "action_on_failure": TEXT, "fallback_formats": TEXTS, "location": TEXT},
        "stage.template": {"source!": TEXT, "template!": TEXT},
        "stage.regex": {"expression!": TEXT, "source": TEXT},
        "stage.labels": {"values!": MAP},
        "stage.structured_metadata": {"values!": MAP},
        "stage.label_keep": {"values!": TEXTS},
    }, {"receiver": "receiver"}),
    "loki.write": ({"max_streams": NUMBER, "external_labels": MAP}, {"endpoint": {
        "url!": TEXT, "batch_size": TEXT, "batch_wait": TEXT, "min_backoff_period": TEXT, "max_backoff_period": TEXT, "max_backoff_retries": NUMBER,
        "tenant_id": TEXT, "remote_timeout": TEXT}}, {"receiver": "receiver"}),
}


class AlloyError(Exception):
    pass


class Reference(str):
    """loki.process.gallery.receiver"""


class Block:
    def __init__(self, name, label, line):
        self.name, self.label, self.line, self.attributes, self.blocks = name, label, line, {}, []


class Parser:
    def __init__(self, text):
        self.tokens, position, line = [], 0, 1
        while position < len(text):
            match = TOKEN.match(text, position)
            if not match:
                raise AlloyError(f"line {line}: nothing known begins at {text[position:position + 20]!r}")
            if match.lastgroup != "space":
                self.tokens.append((match.lastgroup, match.group(), line))
            line += match.group().count("\n")
            position = match.end()
        self.tokens.append(("end", "", line))
        self.at = 0

    def fail(self, wanted):
        kind, token, line = self.tokens[self.at]
        raise AlloyError(f"line {line}: {wanted} expected, not {token!r} ({kind})")

    def peek(self):
        return self.tokens[self.at]

    def take(self, *wanted):
        kind, token, _ = self.peek()
        if kind not in wanted and token not in wanted:
            self.fail(" or ".join(wanted))
        self.at += 1
        return token

    def skip_lines(self):
        while self.peek()[0] == "newline":
            self.at += 1

    def dotted(self):
        name = self.take("name")
        while self.peek()[1] == ".":
            self.at += 1
            name += "." + self.take("name")
        return name

    def body(self, block, end):
        self.skip_lines()
        while self.peek()[1] != end and self.peek()[0] != "end":
            line = self.peek()[2]
            name = self.dotted()
            if self.peek()[1] == "=":
                self.at += 1
                if "." in name or name in block.attributes:
                    raise AlloyError(f"line {line}: {name} is no name of an attribute, or stands there twice")
                block.attributes[name] = self.value()
            else:
                label = json.loads(self.take("string")) if self.peek()[0] == "string" else None
                inner = Block(name, label, line)
                self.take("{")
                self.body(inner, "}")
                self.take("}")
                block.blocks.append(inner)
            if self.peek()[1] != end:
                self.take("newline", "end")
            self.skip_lines()

    def value(self):
        kind, token, _ = self.peek()
        if kind == "string":
            self.at += 1
            return token[1:-1] if token[0] == "`" else json.loads(token)
        if kind == "number":
            self.at += 1
            return float(token)
        if token == "[":
            return self.sequence("[", "]", self.value)
        if token == "{":
            return dict(self.sequence("{", "}", self.pair))
        if token in ("true", "false"):
            self.at += 1
            return token == "true"
        if kind == "name":
            return Reference(self.dotted())
        return self.fail("a value")

    def pair(self):
        name = json.loads(self.take("string")) if self.peek()[0] == "string" else self.take("name")
        self.take("=")
        return name, self.value()

    def sequence(self, begin, end, item):
        """Items with commas between them, and behind the last one if the end is on another line."""
        items = []
        self.take(begin)
        self.skip_lines()
        while self.peek()[1] != end:
            items.append(item())
            if self.peek()[1] != ",":
                break  # a newline before the end needs a comma, as in Go
            self.at += 1
            self.skip_lines()
        self.take(end)
        return items


def parse(text):
    parser, file = Parser(text), Block("", None, 0)
    parser.body(file, "")
    return file


def fits(value, kind, exports):
    if isinstance(value, Reference):
        return exports.get(value) == kind
    if kind in (TEXT, NUMBER, "flag"):
        return isinstance(value, {TEXT: str, NUMBER: float, "flag": bool}[kind])
    if kind == MAP:
        return isinstance(value, dict) and all(type(text) is str for text in value.values())
    if kind == RECEIVERS:
        return isinstance(value, list) and value and all(isinstance(item, Reference) and exports.get(item) == "receiver" for item in value)
    if kind == TEXTS:
        return isinstance(value, list) and all(type(item) is str for item in value)
    if kind == TARGETS:
        return isinstance(value, list) and all(fits(item, MAP, exports) for item in value)
    return False


def check_attributes(block, schema, exports):
    known = {name.rstrip("!"): kind for name, kind in schema.items()}
    for name, value in block.attributes.items():
        if name not in known:
            raise AlloyError(f"line {block.line}: {block.name} has no attribute {name}")
        if not fits(value, known[name], exports):
            raise AlloyError(f"line {block.line}: {name} of {block.name} has to be {known[name]}, not {value!r}")
    for name in schema:
        if name.endswith("!") and name[:-1] not in block.attributes:
            raise AlloyError(f"line {block.line}: {block.name} needs {name[:-1]}")


def check(file):
    """The components by name and label. Everything has to be known, and every reference has to lead to something of the right kind."""
    if file.attributes:
        raise AlloyError("attributes outside of blocks")
    exports, components = {}, {}
    for block in file.blocks:
        if block.name not in SCHEMAS or not block.label:
            raise AlloyError(f"line {block.line}: {block.name} {block.label!r} is no component that is known")
        path = f"{block.name}.{block.label}"
        if path in components:
            raise AlloyError(f"line {block.line}: {path} is there twice")
        components[path] = block
        exports |= {f"{path}.{name}": kind for name, kind in SCHEMAS[block.name][2].items()}
    for block in file.blocks:
        attributes, blocks, _ = SCHEMAS[block.name]
        check_attributes(block, attributes, exports)
        for inner in block.blocks:
            if inner.name not in blocks or inner.label or inner.blocks:
                raise AlloyError(f"line {inner.line}: {block.name} has no such block: {inner.name}")
            check_attributes(inner, blocks[inner.name], exports)
    return components


def template(text, extracted):
    """{{ if .name }}a{{ else }}b{{ end }}, the one form that ours has."""
    match = re.fullmatch(r"{{ if \.(\w+) }}(.*){{ else }}(.*){{ end }}", text)
    if not match:
        raise AlloyError(f"template {text!r} is not known")
    return match[2] if extracted.get(match[1]) else match[3]


def run_process(component, entry):
    """What a loki.process makes of an entry: {"": line, label: value...} → (labels, structured metadata, line, time in ms or None)."""
    line, time, metadata = entry[""], None, {}
    labels = {name: value for name, value in entry.items() if name}
    extracted = dict(labels)
    for stage in component.blocks:
        values = stage.attributes
        if stage.name == "stage.decolorize":
            line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        elif stage.name == "stage.json":
            try:
                whole = json.loads(line)
            except ValueError:
                continue
            for name, path in values["expressions"].items():
                if isinstance(whole, dict) and whole.get(path or name) is not None:
                    extracted[name] = whole[path or name]
        elif stage.name == "stage.timestamp":
            time = extracted.get(values["source"], time)
        elif stage.name == "stage.template":
            extracted[values["source"]] = template(values["template"], extracted)
        elif stage.name == "stage.regex":
            match = re.search(values["expression"], str(extracted.get(values["source"], "")))
            extracted |= match.groupdict() if match else {}
        elif stage.name == "stage.labels":
            labels |= {name: str(extracted[source or name]) for name, source in values["values"].items() if (source or name) in extracted}
        elif stage.name == "stage.structured_metadata":
            for name, source in values["values"].items():
                if (source or name) in extracted:
                    metadata[name] = str(extracted[source or name])
                    labels.pop(source or name, None)
        elif stage.name == "stage.label_keep":
            labels = {name: value for name, value in labels.items() if name in values["values"]}
        else:
            raise AlloyError(f"{stage.name} is not known")
    return labels, metadata, line, time
