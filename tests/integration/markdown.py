"""What tests want to know of a page of Markdown: its headings as anchors, its links, its fenced blocks, and the commands that it wants to be run.

A block that begins with ```sh run is run, with all others of its page, in their order and in one shell, in a folder with the project's files in it. A ```text block right
behind it holds lines that it prints."""

import os
import re
import signal
import subprocess

from support import LOGMILL, PATIENCE_S, ROOT, clean_environment, free_port

FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def without_code(text):
    """The page without what is code: it may hold anything that looks like a link or a heading."""
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def blocks(text, language):
    """The fenced blocks of a language, without words after its name."""
    return [match[3] for match in FENCE.finditer(text) if match[1] == language and not match[2].strip()]


def anchors(text):
    """What can stand behind # in a link to the page, as GitHub makes it of headings."""
    seen, found = {}, set()
    for heading in re.findall(r"^#{1,6} +(.*?) *#*$", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.replace("`", "")).strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = seen[anchor] = seen.get(anchor, -1) + 1
        found.add(f"{anchor}-{count}" if count else anchor)
    return found


def links(text):
    """(target, anchor) of each link to a file or a heading."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_code(text))
    return [tuple((target + "#").split("#")[:2]) for target in targets if not re.match(r"\w+:", target)]


def broken_links(page):
    """The links of a page that lead nowhere, in words."""
    broken = []
    for target, anchor in links(page.read_text()):
        path = (page.parent / target) if target else page
        if not path.exists():
            broken.append(f"{page.relative_to(ROOT)}: there is no {target}")
        elif anchor and (path.suffix != ".md" or anchor not in anchors(path.read_text())):
            broken.append(f"{page.relative_to(ROOT)}: {target}#{anchor} is no heading")
    return broken


def commands(text):
    """[(command block, lines that it prints)] of the blocks that are to be run."""
    found, fences = [], list(FENCE.finditer(text))
    for match, after in zip(fences, [*fences[1:], None]):
        if (match[1], match[2].strip()) == ("sh", "run"):
            follows = after is not None and after[1] == "text" and not text[match.end():after.start()].strip()
            found.append((match[3], after[3].splitlines() if follows else []))
    return found


def run_commands(page, folder, ports=(8081, 8082, 9090)):
    """Runs a page's commands in `folder`, with free ports in place of those of the page. Raises AssertionError with what was printed if one fails or
    does not print what the page says."""
    for name in ("rules", "tests", "examples"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "build/release").mkdir(parents=True)
    (folder / "build/release/logmill").symlink_to(LOGMILL)
    steps = commands(page.read_text())
    script = "set -eu -o pipefail\n" + "".join(f"{{\n{step}}} >'{folder}/out.{i}' 2>&1\n" for i, (step, _) in enumerate(steps))
    numbers = {str(port): str(free_port()) for port in ports}
    script = re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda match: numbers[match[0]], script)
    script = script.replace("telemetry: {include: all}", f"telemetry: {{include: all}}\nlisten: {{api: '127.0.0.1:{numbers['8081']}', microservices: '127.0.0.1:{numbers['8082']}'}}")
    shell = subprocess.Popen(["bash", "-c", script], cwd=folder, env=clean_environment(NO_COLOR="1"), start_new_session=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        code = shell.wait(PATIENCE_S * 2)
    except subprocess.TimeoutExpired:
        code = "no end"
    finally:
        try:
            os.killpg(shell.pid, signal.SIGTERM)  # what it left in the background, and itself: its own session
        except ProcessLookupError:
            pass
        shell.wait()
    printed = [(folder / f"out.{i}").read_text(errors="replace") if (folder / f"out.{i}").exists() else "" for i in range(len(steps))]
    if code != 0:
        raise AssertionError(f"{page.name}: its commands ended with {code}:\n" + "\n".join(printed))
    for (step, lines), out in zip(steps, printed):
        missing = [line for line in lines if line not in out]
        if missing:
            raise AssertionError(f"{page.name}: this did not print {missing}:\n{step}\nbut:\n{out}")
    return len(steps)
