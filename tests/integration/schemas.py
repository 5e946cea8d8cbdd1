"""JSON schemas in tests/data/schemas, of our own making: as much of others' formats as our files use."""

import jsonschema
import yaml

from support import ROOT


def schema(name, **replaced):
    """A validator; `replaced` are members of the schema that are others."""
    return jsonschema.Draft202012Validator({**yaml.safe_load((ROOT / f"tests/data/schemas/{name}.yaml").read_text()), **replaced})


def mistakes(validator, document):
    """The deepest reason of each mistake, with its place."""
    found = []
    for error in validator.iter_errors(document):
        error = jsonschema.exceptions.best_match([error])
        found.append(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    return found
