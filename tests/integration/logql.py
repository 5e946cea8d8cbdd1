"""LogQL, as much of it as our own queries need: a strict parser that knows functions and stages by name, and log pipelines that can be run on records.

What is not known here is a mistake, not ignored: a query that uses more of the language makes its test fail until this file knows it.

    parse('sum by (job) (count_over_time({level="error"} |= `x` [5m]))').pipelines[0].run(records)
"""

import json
import re

SHIPPED_LABELS = {"service_name", "source", "level"}
SHIPPED_METADATA = {"context", "pid", "stream", "format", "cut"}

LOG_FUNCTIONS = {"count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"}
UNWRAPPED_FUNCTIONS = {"sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "quantile_over_time"}
AGGREGATIONS = {"sum", "min", "max", "avg", "count", "topk", "bottomk", "sort", "sort_desc"}
WITH_NUMBER = {"topk", "bottomk", "quantile_over_time"}

TOKEN = re.compile(r"""
    (?P<space>\s+) | (?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`) | (?P<duration>(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+\b) | (?P<number>\d+(?:\.\d+)?) |
    (?P<name>[A-Za-z_][A-Za-z0-9_]*) | (?P<operator>\|=|\|~|!=|!~|=~|==|>=|<=|[|{}()\[\],=<>+*/%-])""", re.VERBOSE)


class LogqlError(Exception):
    pass


def tokens(text):
    position, found = 0, []
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            raise LogqlError(f"{text!r}: nothing known begins at {text[position:position + 20]!r}")
        if match.lastgroup != "space":
            found.append((match.lastgroup, match.group()))
        position = match.end()
    return found


def unquote(text):
    return text[1:-1] if text[0] == "`" else json.loads(text)


def compares(operator, value):
    """A matcher of labels: regexes have to match all of the value."""
    if operator in ("=~", "!~"):
        pattern = re.compile(value)
        return lambda got: bool(pattern.fullmatch(got)) == (operator == "=~")
    return lambda got: (got == value) == (operator == "=")


class Pipeline:
    """One `{selector} stages`: `run` keeps what passes, as dicts of labels with the line under ''."""

    def __init__(self):
        self.matchers = []   # (name, function)
        self.stages = []     # functions record → record or None
        self.stage_kinds = []
        self.names = set(SHIPPED_LABELS | SHIPPED_METADATA | {"__error__"})  # known at this place of the pipeline
        self.unwraps = False

    def run(self, records):
        kept = []
        for record in records:
            if all(fits(record.get(name, "")) for name, fits in self.matchers):
                record = dict(record)
                for stage in self.stages:
                    record = stage(record)
                    if record is None:
                        break
                if record is not None:
                    kept.append(record)
        return kept


class Query:
    def __init__(self):
        self.pipelines = []
        self.is_metric = False


class Parser:
    def __init__(self, text):
        self.text, self.tokens, self.at, self.query = text, tokens(text), 0, Query()

    def fail(self, wanted):
        near = " ".join(token for _, token in self.tokens[max(self.at - 3, 0):self.at + 3])
        raise LogqlError(f"{self.text!r}: {wanted} expected near {near!r}")

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, *wanted):
        kind, token = self.peek()
        if kind not in wanted and token not in wanted:
            self.fail(" or ".join(wanted))
        self.at += 1
        return token

    def accept(self, *wanted):
        kind, token = self.peek()
        if kind == "string" or (kind not in wanted and token not in wanted):
            return None
        self.at += 1
        return token

    # expression := operand (operator operand)*
    def expression(self):
        self.operand()
        while self.accept("+", "-", "*", "/", "%", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless"):
            self.accept("bool")
            self.operand()

    def operand(self):
        kind, token = self.peek()
        if kind == "number":
            self.at += 1
        elif token == "{":
            self.query.pipelines.append(self.pipeline())
        elif self.accept("("):
            self.expression()
            self.take(")")
        elif token in AGGREGATIONS | LOG_FUNCTIONS | UNWRAPPED_FUNCTIONS:
            self.function()
        else:
            self.fail("a known function, a selector or a number")

    def function(self):
        self.query.is_metric = True
        name = self.take("name")
        grouping = self.grouping()
        self.take("(")
        if name in WITH_NUMBER:
            self.take("number")
            self.take(",")
        if name in AGGREGATIONS:
            first = len(self.query.pipelines)
            self.expression()
        else:
            first = len(self.query.pipelines)
            self.query.pipelines.append(self.pipeline())
            self.take("[")
            self.take("duration")
            self.take("]")
            if self.query.pipelines[-1].unwraps != (name in UNWRAPPED_FUNCTIONS):
                self.fail(f"{name} with{'' if name in UNWRAPPED_FUNCTIONS else 'out'} unwrap")
        self.take(")")
        grouping = grouping or self.grouping()
        for label in grouping or []:
            for pipeline in self.query.pipelines[first:]:
                if label not in pipeline.names:
                    raise LogqlError(f"{self.text!r}: groups by {label!r}, which is neither shipped nor taken from the line")

    def grouping(self):
        if not self.accept("by", "without"):
            return None
        self.take("(")
        labels = [self.take("name")]
        while self.accept(","):
            labels.append(self.take("name"))
        self.take(")")
        return labels

    def pipeline(self):
        pipeline = Pipeline()
        self.selector(pipeline)
        while True:
            operator = self.accept("|=", "!=", "|~", "!~")
            if operator:
                self.line_filter(pipeline, operator, unquote(self.take("string")))
            elif self.accept("|"):
                self.stage(pipeline)
            else:
                return pipeline

    def selector(self, pipeline):
        self.take("{")
        selects = False
        while True:
            name = self.take("name")
            if name not in SHIPPED_LABELS:
                raise LogqlError(f"{self.text!r}: {name!r} is no label that is shipped")
            operator = self.take("=", "!=", "=~", "!~")
            fits = compares(operator, unquote(self.take("string")))
            selects = selects or not fits("")
            pipeline.matchers.append((name, fits))
            if not self.accept(","):
                break
        self.take("}")
        if not selects:
            raise LogqlError(f"{self.text!r}: Loki wants one matcher that does not match the empty text")

    def line_filter(self, pipeline, operator, value):
        pipeline.stage_kinds.append(operator)
        if operator in ("|=", "!="):
            pipeline.stages.append(lambda record: record if (value in record[""]) == (operator == "|=") else None)
        else:
            pattern = re.compile(value)
            pipeline.stages.append(lambda record: record if bool(pattern.search(record[""])) == (operator == "|~") else None)

    def stage(self, pipeline):
        name = self.take("name")
        kind = self.peek()[1]
        pipeline.stage_kinds.append(name)
        if kind in ("=", "!=", "=~", "!~", ">", "<", ">=", "<=", "=="):
            self.label_filter(pipeline, name)
        elif name == "json":
            self.json_stage(pipeline)
        elif name == "regexp":
            self.regexp_stage(pipeline, re.compile(unquote(self.take("string"))))
        elif name == "line_format":
            self.line_format(pipeline, unquote(self.take("string")))
        elif name == "unwrap":
            self.unwrap(pipeline, self.take("name"))
        else:
            self.fail("a known stage")

    def known(self, pipeline, name):
        if name not in pipeline.names:
            raise LogqlError(f"{self.text!r}: {name!r} is neither shipped nor taken from the line")

    def label_filter(self, pipeline, name):
        self.known(pipeline, name)
        operator = self.take("operator")
        if self.peek()[0] == "number":
            limit = float(self.take("number"))
            compare = {">": float.__gt__, "<": float.__lt__, ">=": float.__ge__, "<=": float.__le__, "==": float.__eq__, "=": float.__eq__,
                       "!=": float.__ne__}[operator]
            pipeline.stages.append(lambda record: record if record.get(name) and compare(float(record[name]), limit) else None)
            return
        fits = compares(operator, unquote(self.take("string")))
        pipeline.stages.append(lambda record: record if fits(record.get(name, "")) else None)

    def json_stage(self, pipeline):
        wanted = {}
        while self.peek()[0] == "name":
            name = self.take("name")
            self.take("=")
            wanted[name] = unquote(self.take("string"))
            if not self.accept(","):
                break
        if not wanted:
            raise LogqlError(f"{self.text!r}: json without arguments makes a label of everything; say which")
        pipeline.names |= set(wanted)

        def extract(record):
            try:
                whole = json.loads(record[""])
            except ValueError:
                return {**record, "__error__": "JSONParserErr"}
            whole = whole if isinstance(whole, dict) else {}
            texts = {name: whole.get(key, "") for name, key in wanted.items()}
            return {**record, **{name: text if isinstance(text, str) else json.dumps(text) for name, text in texts.items()}}
        pipeline.stages.append(extract)

    def regexp_stage(self, pipeline, pattern):
        if not pattern.groupindex:
            raise LogqlError(f"{self.text!r}: regexp without a named group")
        pipeline.names |= set(pattern.groupindex)

        def extract(record):
            match = pattern.search(record[""])
            return {**record, **{name: text for name, text in match.groupdict().items() if text}} if match else record
        pipeline.stages.append(extract)

    def line_format(self, pipeline, template):
        for name in re.findall(r"{{\s*(.*?)\s*}}", template):
            if not re.fullmatch(r"\.\w+", name):
                self.fail("a template of plain names")
            self.known(pipeline, name[1:])
        pipeline.stages.append(lambda record: {**record, "": re.sub(r"{{\s*\.(\w+)\s*}}", lambda name: record.get(name[1], ""), template)})

    def unwrap(self, pipeline, name):
        self.known(pipeline, name)
        pipeline.unwraps = True

        def number(record):
            try:
                float(record.get(name, ""))
            except ValueError:
                return {**record, "__error__": "SampleExtractionErr"}
            return record
        pipeline.stages.append(number)


def parse(text):
    parser = Parser(text)
    parser.expression()
    if parser.peek()[0] != "end":
        parser.fail("the end")
    return parser.query


def shipped_records(lines, service="gallery"):
    """Lines of a log as they lie in Loki."""
    records = []
    for line in lines:
        record = {"": line, "service_name": service, "source": service, "stream": "/var/log/gallery/gallery.log", "format": "text"}
        if line.startswith("{"):
            fields = json.loads(line)
            record |= {"format": "json"} | {key: str(fields[key]) for key in ("level", "pid", "context") if fields.get(key) not in (None, "")}
        records.append(record)
    return records
