"""A Compose file as Compose reads it: YAML, then variables in its texts, then the schema of what ours may use."""

import re

import jsonschema
import yaml

from support import ROOT

SCHEMA = yaml.safe_load((ROOT / "tests/data/schemas/compose.yaml").read_text())
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is there twice, of which YAML libraries silently take the last."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"twice: {', '.join(twice)}", node.start_mark)
        return super().construct_mapping(node, deep)


def load(text):
    return yaml.load(text, StrictLoader)


def problems(content):
    """What the schema does not allow, in words; empty when all is well."""
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(content)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def variables(text):
    """Names of the variables that stand in values; comments do not count."""
    return {name for line in text.splitlines() if not line.lstrip().startswith("#") for name, _ in VARIABLE.findall(line)}


def fill_in(content, **values):
    """Variables in all texts replaced by `values`, or by their defaults."""
    if isinstance(content, dict):
        return {key: fill_in(value, **values) for key, value in content.items()}
    if isinstance(content, list):
        return [fill_in(value, **values) for value in content]
    return VARIABLE.sub(lambda match: values.get(match[1], match[2] or ""), content) if isinstance(content, str) else content
