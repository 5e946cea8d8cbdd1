"""LogQL of panels: that of rules, and what makes lines readable: templates that choose, and labels that are dropped."""

import re

from logql import LogqlError, Parser

CHOICE = re.compile(r"{{ if \.(\w+) }}(.*?)(?:{{ else }}(.*?))?{{ end }}", re.DOTALL)


def fill(template, record):
    """`{{ if .a }}...{{ else }}...{{ end }}`, not nested; `{{ .a }}`; `{{ __line__ }}`."""
    chosen = CHOICE.sub(lambda choice: (choice[2] if record.get(choice[1]) else choice[3]) or "", template)
    return re.sub(r"{{ (?:\.(\w+)|__line__) }}", lambda name: record.get(name[1] or "", ""), chosen)


class PanelParser(Parser):
    def stage(self, pipeline):
        if self.peek()[1] != "drop":
            super().stage(pipeline)
            return
        self.take("drop")
        dropped = [self.take("name")]
        while self.accept(","):
            dropped.append(self.take("name"))
        pipeline.names -= set(dropped)
        pipeline.stages.append(lambda record: {name: value for name, value in record.items() if name not in dropped})

    def line_format(self, pipeline, template):
        plain = CHOICE.sub(lambda choice: f"{{{{ .{choice[1]} }}}}{choice[2]}{choice[3] or ''}", template)
        for name in re.findall(r"{{(.*?)}}", plain):
            if not re.fullmatch(r" (\.\w+|__line__) ", name):
                raise LogqlError(f"{self.text!r}: no template that is known here: {name!r}")
            if name != " __line__ ":
                self.known(pipeline, name.strip()[1:])
        pipeline.stages.append(lambda record: {**record, "": fill(template, record)})


def parse_panel(text):
    parser = PanelParser(text)
    parser.expression()
    if parser.peek()[0] != "end":
        parser.fail("the end")
    return parser.query
