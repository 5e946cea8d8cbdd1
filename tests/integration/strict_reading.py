"""JSON and protobuf, read without any lenience."""

import collections
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile
import threading

from support import need

_compiling = threading.Lock()


class Wrong(Exception):
    """A request breaks the protocol."""


def strict_json(text):
    """Any JSON value, without what readers disagree about: names that come twice, NaN, broken surrogates."""
    def no_repeats(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise Wrong(f"a name comes twice: {[name for name, times in collections.Counter(names).items() if times > 1]}")
        return dict(pairs)

    def no_constant(name):
        raise Wrong(f"{name} is no JSON")
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(text, object_pairs_hook=no_repeats, parse_constant=no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except (ValueError, RecursionError) as error:
        raise Wrong(f"no JSON: {error}: {text[:200]!r}") from None


def only(what, value, kinds, required=()):
    """`value` is an object with nothing but the members in `kinds` (name → type), of these types."""
    if not isinstance(value, dict):
        raise Wrong(f"{what} is no object: {value!r}")
    for name, member in value.items():
        if name not in kinds:
            raise Wrong(f"{what} has a member {name!r} that nobody knows")
        if not isinstance(member, kinds[name]) or (isinstance(member, bool) and kinds[name] is not bool and kinds[name] is not object):
            raise Wrong(f"{what}: {name} is {member!r}")
    for name in required:
        if name not in value:
            raise Wrong(f"{what} has no {name}")
    return value


def compiled(name):
    """The Python module of proto/NAME.proto, made by protoc in a temporary folder."""
    module = f"{name}_pb2"
    with _compiling:
        if module not in sys.modules:
            _compile(name, module)
        return sys.modules[module]


def _compile(name, module):
    with tempfile.TemporaryDirectory(prefix="logmill-proto-") as folder:
        source = pathlib.Path(__file__).resolve().parent / "proto"
        subprocess.run([need("protoc"), f"--proto_path={source}", f"--python_out={folder}", f"{name}.proto"], check=True, timeout=60)
        sys.path.insert(0, folder)
        try:
            importlib.import_module(module)
        finally:
            sys.path.remove(folder)


def parsed(message, body):
    """`message` with the content of `body`, in which there is nothing that its type does not know."""
    try:
        message.ParseFromString(body)
    except Exception as error:  # DecodeError of whichever implementation is installed
        raise Wrong(f"no {message.DESCRIPTOR.name}: {error}") from None
    size = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() != size:
        raise Wrong(f"{message.DESCRIPTOR.name} with fields that nobody knows")
    return message
