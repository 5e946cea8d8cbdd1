"""What the documentation shows works, and what exists is documented."""

import re
import unittest

import markdown
from support import ROOT, TestCase, run


def yaml_blocks(path):
    return re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


class DocumentationTest(TestCase):
    def test_the_rules_page_is_right(self):
        blocks = yaml_blocks(ROOT / "docs/rules.md")
        self.assertGreaterEqual(len(blocks), 2)
        for block in blocks:
            path = self.write("page.yaml", block)
            code, out, _ = run("check", path)
            self.assertEqual(code, 0, out)
            code, out, _ = run("test", path)
            self.assertEqual(code, 0, out)

    def test_the_configuration_page_is_right(self):
        blocks = yaml_blocks(ROOT / "docs/configuration.md") + yaml_blocks(ROOT / "docs/sources.md")
        self.assertGreaterEqual(len(blocks), 5)
        self.write("gallery.yaml", (ROOT / "rules/packs/gallery.yaml").read_text())
        for block in blocks:
            block = re.sub(r"rules: \[[^\]]*\]", "rules: [gallery.yaml]", block)
            block = block.replace("/run/secrets/logmill", str(self.write("token", "secret\n")))
            code, out, _ = run("check", self.write("page.yaml", block))
            self.assertEqual(code, 0, out)

    def test_every_metric_of_the_gallery_pack_is_documented(self):
        pack = (ROOT / "rules/packs/gallery.yaml").read_text()
        exists = set(re.findall(r"(?:counter|gauge|histogram): (\w+)", pack))
        page = (ROOT / "docs/gallery-pack.md").read_text()
        documented = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))
        self.assertGreater(len(exists), 25)
        self.assertEqual(exists, documented)

    def test_every_option_is_in_the_configuration_page(self):
        page = (ROOT / "docs/configuration.md").read_text() + (ROOT / "docs/sources.md").read_text()
        source = "".join((ROOT / f"daemon/{name}.cc").read_text() for name in ("config", "source_config", "collector_config", "scrape_config"))
        keys = set(re.findall(r'(?:Find|Require|Text|Texts|Int|Bool|List|Read\w+\(map,)\s*\(?"(\w+)"', source))
        self.assertGreater(len(keys), 50)
        for key in keys:
            self.assertIn(f"`{key}`", page)
        for variable in re.findall(r'"(IMMICH_\w+)"', source):
            self.assertIn(f"`{variable}`", page)

    def test_links_between_pages_lead_somewhere(self):
        folders = ["docs", "docker", "loki", "packaging", "examples", "bench"]
        pages = [*ROOT.glob("*.md"), *(page for folder in folders for page in sorted((ROOT / folder).rglob("*.md")))]
        self.assertGreater(len(pages), 25)
        self.assertEqual([broken for page in pages for broken in markdown.broken_links(page)], [])

    def test_a_link_that_leads_nowhere_is_noticed(self):
        page = ROOT / "docs/page.md"
        self.assertEqual(markdown.links("[a](b.md#c) `[d](e)` [f](https://example.org/#g) [h](#i)"), [("b.md", "c"), ("", "i")])
        self.assertEqual(markdown.anchors("# A `b` c\n## `when_full`: what?\n## A b c\n"), {"a-b-c", "when_full-what", "a-b-c-1"})
        self.assertFalse(page.exists())

    def test_every_page_is_in_the_list_of_pages(self):
        listed = {target for target, _ in markdown.links((ROOT / "docs/README.md").read_text())}
        self.assertEqual([page.name for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in listed | {"README.md"}], [])


if __name__ == "__main__":
    unittest.main()
