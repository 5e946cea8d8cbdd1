"""Holds the table of docs/architecture.md true: who may include whom, and which foreign library lives where."""

import re
import unittest

from support import ROOT

# Our folders, and for each those that it may include besides itself.
FOLDERS = {
    "base": set(),
    "logging": set(),
    "net": {"base"},
    "sources": {"base", "net", "logging/schema.h"},
    "ingest": {"base", "logging/schema.h", "sources/envelope.h"},
    "metrics": {"base", "net"},
    "rules": {"base", "ingest/record.h", "metrics"},
    "collectors": {"base", "net", "metrics"},
    "shipping": {"base", "net", "logging/schema.h", "ingest/record.h", "ingest/json_text.h"},
    "checkpoint": {"base", "sources/position.h", "metrics/store_state.h"},
    "daemon": {"base", "logging", "net", "sources", "ingest", "metrics", "rules", "collectors", "shipping", "checkpoint"},
    "examples": {"logging"},
}

# Foreign libraries by what stands in the brackets, and the one folder that includes them (the standard and system headers are everybody's).
FOREIGN = {
    # Log lines; answers of the Docker engine and what clients send; the JSON in REDIS_URL=ioredis://...
    r"simdjson": {"ingest", "sources", "collectors", "shipping"},
    r"re2/": {"rules"},
    r"yaml-cpp/": {"rules"},
    r"prometheus/": {"metrics", "collectors", "daemon"},  # the daemon makes families of our own metrics
    r"boost/": {"net"},
    r"zlib": {"sources", "metrics", "net", "shipping"},  # gunzip of files, gzip of pages, gunzip of answers
    r"curl/": {"sources", "net"},  # the Docker engine's many streams; the HTTP client of all others
    r"pqxx/|libpq": {"collectors"},
    r"hiredis/": {"collectors"},
    r"systemd/": {"sources"},
    r"xxhash|snappy|protozero/": {"shipping"},
    r"CLI/": {"daemon", "examples"},
    r"spdlog/": {"logging", "daemon", "examples"},  # through logging/, which is spdlog's own shape
    r"fmt/": {"logging", "daemon"},
}


def includes(path):
    return re.findall(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', path.read_text(), re.MULTILINE)


def sources(folder):
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in (".h", ".cc"))


class ArchitectureTest(unittest.TestCase):
    def test_every_folder_has_sources(self):
        for folder in FOLDERS:
            self.assertTrue(sources(folder), folder)

    def test_arrows_never_point_back_along_the_data(self):
        for folder, allowed in FOLDERS.items():
            for path in sources(folder):
                for bracket, name in includes(path):
                    owner = name.split("/")[0]
                    if bracket != '"' or owner == folder:
                        continue
                    self.assertTrue(owner in allowed or name in allowed, f"{path.relative_to(ROOT)} includes {name}: {folder}/ may not")

    def test_a_foreign_library_is_included_in_one_folder(self):
        for folder in FOLDERS:
            for path in sources(folder):
                for bracket, name in includes(path):
                    for library, homes in FOREIGN.items():
                        if bracket == "<" and re.match(library, name):
                            self.assertIn(folder, homes, f"{path.relative_to(ROOT)} includes <{name}>")

    def test_the_page_names_every_folder(self):
        page = (ROOT / "docs/architecture.md").read_text()
        for folder in FOLDERS:
            self.assertIn(f"`{folder}/`", page)


if __name__ == "__main__":
    unittest.main()
