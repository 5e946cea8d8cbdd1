"""The benchmarks' own check: both programs count the generated logs right. No speed is judged."""

import subprocess
import sys
import unittest

from support import LOGMILL, ROOT, TestCase


class BenchTest(TestCase):
    def test_counts_are_right(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "bench/run.py", "--check", "--logmill", LOGMILL], capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout.decode() + done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
