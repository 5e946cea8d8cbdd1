"""Grafana dashboards as files: panels, expressions, variables, and what the expressions name."""

import json
import re

# What stands for Grafana's own variables here. Rates need two scrapes; tests scrape every second, and what is scraped changes every five.
STEADY = {"__rate_interval": "20s", "__interval": "5s", "__range": "1m"}
PROMQL_WORDS = {"and", "bool", "by", "group_left", "group_right", "ignoring", "offset", "on", "or", "unless", "without", "inf", "nan"}


class Dashboard:
    def __init__(self, path):
        self.text = path.read_text()
        self.model = json.loads(self.text)

    def rows(self):
        """Of panels that are shown together: those of the dashboard, and those of each row that is folded."""
        yield self.model["panels"]
        for panel in self.model["panels"]:
            if panel.get("collapsed"):
                yield panel["panels"]

    def all_panels(self):
        """Rows included."""
        return [panel for row in self.rows() for panel in row]

    def panels(self):
        return [panel for panel in self.all_panels() if panel["type"] != "row"]

    def variables(self, kind=None):
        return [variable for variable in self.model["templating"]["list"] if kind in (None, variable["type"])]

    def filled(self, expression, **values):
        """With `values` for the variables, "All" for those that are not given, and steady times for Grafana's own."""
        everything = {variable["name"]: variable.get("allValue", "") for variable in self.variables() if variable["type"] != "datasource"}
        known = {**everything, **STEADY, **values}
        return re.sub(r"\$(?:(\w+)|\{(\w+)\})", lambda match: known.get(match[1] or match[2], match[0]), expression)

    def expressions(self):
        """(title, expression as it stands there, legend) of each panel and annotation."""
        for panel in self.panels():
            for target in panel["targets"]:
                yield panel["title"], target["expr"], target.get("legendFormat", "")
        for annotation in self.model["annotations"]["list"]:
            if "expr" in annotation:
                yield annotation["name"], annotation["expr"], annotation.get("textFormat", "")

    def links(self):
        """URLs, of the dashboard and of panels, data links of columns included."""
        return [link["url"] for link in _all_values(self.model, "links") for link in link]


def _all_values(node, key):
    """Of a key, wherever it stands; for overrides, the values of properties with that id."""
    if isinstance(node, dict):
        if node.get("id") == key:
            yield node["value"]
        for name, value in node.items():
            if name == key:
                yield value
            yield from _all_values(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from _all_values(value, key)


def promql_names(expression):
    """(names of metrics, patterns of names) in an expression."""
    patterns = set(re.findall(r'__name__=~"([^"]*)"', expression))
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    words = re.findall(r"(?<![\w.])[A-Za-z_:][\w:]*(?!\s*\(|[\w:])", bare)
    return {word for word in words if word.lower() not in PROMQL_WORDS}, patterns


def legend_labels(legend):
    return re.findall(r"\{\{\s*(\w+)\s*\}\}", legend)
