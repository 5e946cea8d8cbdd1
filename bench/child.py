"""Runs a program once and says what it cost."""
import dataclasses
import os
import subprocess
import threading
import time

HIGH_WATER_INTERVAL_S = 0.003


@dataclasses.dataclass
class Cost:
    wall_s: float
    cpu_s: float  # user and system time of the process
    peak_mib: float


def run(command, stdout_path):
    """Cost of the command; its stdout goes to a file. RuntimeError, with the end of its stderr, when it fails."""
    stderr_path = str(stdout_path) + ".err"
    with open(stdout_path, "wb") as out, open(stderr_path, "wb") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        peak = HighWater(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        with open(stderr_path, errors="replace") as err:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit status {process.returncode}\n{err.read()[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak.stop() or usage.ru_maxrss / 1024)


class HighWater:
    """Follows a process's peak resident size. (`ru_maxrss` will not do: it includes this interpreter's size at the fork.)"""

    def __init__(self, pid):
        self._path = f"/proc/{pid}/status"
        self._name = os.readlink("/proc/self/exe")
        self._exe = f"/proc/{pid}/exe"
        self._mib = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        while not self._ended.is_set():
            try:
                if os.readlink(self._exe) != self._name:
                    self._mib = peak_mib(self._path) or self._mib
            except OSError:
                pass
            self._ended.wait(HIGH_WATER_INTERVAL_S)

    def stop(self):
        self._ended.set()
        self._thread.join()
        return self._mib


def peak_mib(status_path):
    with open(status_path) as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return None
