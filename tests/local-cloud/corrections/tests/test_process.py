"""The process: where it listens and when it ends."""

import subprocess
import sys
import unittest

from corrections.tests.cloud import PACKAGE_PARENT, WAIT_SECONDS


class Process(unittest.TestCase):
    def test_it_says_where_it_listens_and_ends_when_stdin_closes(self):
        process = subprocess.Popen(
            [sys.executable, "-m", "corrections", "--port", "0"],
            cwd=PACKAGE_PARENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            self.assertRegex(
                process.stdout.readline(), r"^listening on http://127\.0\.0\.1:\d+\n$"
            )
            process.stdin.close()
            self.assertEqual(process.wait(WAIT_SECONDS), 0)
