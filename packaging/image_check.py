#!/usr/bin/env python3
"""Proves docker/Dockerfile where there is no Docker engine: takes its steps in Debian 12 trees that debootstrap makes, then runs what came
out of them as the image's user on a read-only root. Called by `./dev image-check [--folder FOLDER] [--context FOLDER]`; needs root,
debootstrap and a Debian mirror.

The trees stay in the folder (build/image-check); the one that debootstrap made is used again by the next run."""

import argparse
import fcntl
import functools
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import dockerfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BASE_IMAGES = {"debian:12-slim": "bookworm"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE_S = 60


def say(text):
    print(f"image-check: {text}", flush=True)


@functools.cache
def mirror():
    """Where this machine's own packages come from."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True).stdout.split()
    return next((uri.rstrip("/") for uri in listed if uri.rstrip("/").endswith("/debian")), "http://deb.debian.org/debian")


def make_base(folder, suite):
    """A tree such as the image that a stage begins from; made once."""
    base, done = folder / suite, folder / f"{suite}.done"
    if not done.exists():
        shutil.rmtree(base, ignore_errors=True)
        say(f"debootstrap {suite} from {mirror()}")
        subprocess.run(["debootstrap", "--variant=minbase", suite, base, mirror()], check=True, stdout=subprocess.DEVNULL)
        for leftover in (base / "var/cache/apt/archives", base / "var/lib/apt/lists"):  # the image has none of it
            shutil.rmtree(leftover)
        (base / "etc/apt/sources.list").write_text("".join(f"deb {uri} {name} main\n" for uri, name in (
            (mirror(), suite), (mirror(), f"{suite}-updates"), (mirror() + "-security", f"{suite}-security"))))
        done.touch()
    return base


class Tree:
    """A stage under way: its root, and what its instructions have set."""

    def __init__(self, root, base):
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", base, root], check=True)
        self.root, self.workdir, self.environment = root, "/", {"PATH": PATH}

    def inside(self, path):
        return self.root / os.path.join(self.workdir, path).lstrip("/")

    def copy(self, instruction, source_root):
        *sources, target = instruction.words()
        for source in sources:
            path, into = source_root / source.lstrip("/"), self.inside(target)
            (into if path.is_dir() or target.endswith("/") else into.parent).mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-R", "--preserve=mode,timestamps", f"{path}/." if path.is_dir() else path, into], check=True)

    def run(self, command, log):
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        kept = {name: value for name, value in os.environ.items() if name.lower() in ("http_proxy", "https_proxy", "no_proxy")}
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc"]
        done = subprocess.run([*alone, "chroot", self.root, "/bin/sh", "-c", f"cd {self.workdir} && {command}"], env=self.environment | kept,
                              stdout=log, stderr=log)
        (self.root / "etc/resolv.conf").unlink(missing_ok=True)
        if done.returncode != 0:
            raise SystemExit(f"image-check: exit code {done.returncode}; the end of {log.name}:\n" +
                             "".join(pathlib.Path(log.name).read_text(errors="replace").splitlines(keepends=True)[-40:]))


def build(stage, folder, context, trees):
    suite = BASE_IMAGES.get(stage.image)
    if suite is None:
        raise SystemExit(f"image-check: stage {stage.name} begins from {stage.image}; known are: {', '.join(BASE_IMAGES)}")
    tree = trees[stage.name] = Tree(folder / f"stage-{stage.name}", make_base(folder, suite))
    with open(folder / f"stage-{stage.name}.log", "w") as log:
        for step in stage.instructions:
            began = time.monotonic()
            if step.name == "WORKDIR":
                tree.workdir = os.path.join(tree.workdir, step.text)
                tree.inside(".").mkdir(parents=True, exist_ok=True)
            elif step.name == "ENV":
                tree.environment |= dict(word.split("=", 1) for word in step.words())
            elif step.name == "COPY":
                tree.copy(step, trees[step.flags()["from"]].root if "from" in step.flags() else context)
            elif step.name == "RUN":
                tree.run(step.text, log)
                say(f"stage {stage.name}, line {step.line}: RUN took {time.monotonic() - began:.0f} s")
    return tree


def size_mib(path):
    return int(subprocess.run(["du", "-sxm", path], check=True, capture_output=True, text=True).stdout.split()[0])


def enter_sandbox(root, user, group, volumes):
    """In namespaces of our own: loopback up, the root read-only, volumes in memory that belong to the user."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up_and_running, set_flags = 0x41, 0x8914
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sH14x", b"lo", up_and_running))
    for command in (["mount", "--make-rprivate", "/"], ["mount", "--bind", root, root], ["mount", "-o", "remount,bind,ro", root],
                    ["mount", "-t", "proc", "proc", f"{root}/proc"]):
        subprocess.run(command, check=True)
    for volume in volumes:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"uid={user},gid={group},mode=0750", "tmpfs", root + volume], check=True)


def try_image(root, stage):
    """Runs what the image would run. Called in namespaces of its own."""
    user, _, group = stage.last("USER").text.partition(":")
    if int(user) == 0 or int(group) == 0:
        raise SystemExit("image-check: the image's user is root")
    enter_sandbox(root, user, group, stage.last("VOLUME").words())
    start = ["chroot", f"--userspec={user}:{group}", root, "/usr/bin/env", "-C", stage.last("WORKDIR").text, "-i", f"PATH={PATH}"]
    entry, health = stage.last("ENTRYPOINT").words(), stage.last("HEALTHCHECK").text.partition("CMD ")[2]
    for arguments in (["version"], ["check", "/etc/logmill/logmill.yaml"], ["test", "rules/packs/gallery.yaml"]):
        subprocess.run([*start, *entry, *arguments], check=True)
    if subprocess.run([*start, "/bin/sh", "-c", "touch /etc/x /usr/x /x 2>/dev/null"]).returncode == 0:
        raise SystemExit("image-check: the root file system can be written to")
    check = [*start, *dockerfile.Instruction("CMD", health, 0).words()]
    if subprocess.run(check, stderr=subprocess.DEVNULL).returncode == 0:
        raise SystemExit("image-check: the health check is content with a daemon that does not run")
    daemon = subprocess.Popen([*start, *entry, *stage.last("CMD").words()])
    wait_until_healthy(daemon, check)
    daemon.send_signal(getattr(signal, stage.last("STOPSIGNAL").text))
    if daemon.wait(PATIENCE_S) != 0:
        raise SystemExit(f"image-check: the daemon ended with {daemon.returncode} on {stage.last('STOPSIGNAL').text}")
    say("version, check, rule tests, run on a read-only root, health check and stop: all well")


def wait_until_healthy(daemon, check):
    deadline = time.monotonic() + PATIENCE_S
    while subprocess.run(check, stderr=subprocess.DEVNULL).returncode != 0:
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"image-check: the daemon did not become healthy (exit code {daemon.poll()})")
        time.sleep(0.2)


def arguments():
    parser = argparse.ArgumentParser(prog="./dev image-check",
                                     description="Takes the steps of docker/Dockerfile in a chroot and runs the result.")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/image-check", help="where the trees are made")
    parser.add_argument("--context", type=pathlib.Path, default=ROOT, help="the project's folder, for another checkout than this")
    parser.add_argument("--try-root", help=argparse.SUPPRESS)  # how it calls itself in namespaces
    return parser.parse_args()


def main():
    options = arguments()
    context = options.context.resolve()
    stages = dockerfile.stages((context / "docker/Dockerfile").read_text())
    if options.try_root:
        try_image(options.try_root, stages[-1])
        return
    if os.geteuid() != 0:
        raise SystemExit("image-check: has to run as root, for chroot and namespaces")
    for program in ("debootstrap", "chroot", "unshare"):
        if shutil.which(program) is None:
            raise SystemExit(f"image-check: {program} is missing: apt-get install debootstrap coreutils util-linux")
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    trees = {}
    for stage in stages:
        build(stage, folder, context, trees)
    root = trees[stages[-1].name].root
    added = size_mib(root) - size_mib(folder / BASE_IMAGES[stages[-1].image])
    say(f"Logmill and its libraries add {added} MiB to {stages[-1].image}; the program has {size_mib(root / 'usr/bin/logmill')} MiB")
    alone = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
    tried = subprocess.run([*alone, sys.executable, "-B", __file__, "--context", context, "--try-root", root])
    sys.exit(tried.returncode)


if __name__ == "__main__":
    main()
