#!/usr/bin/env python3
"""What `darkroom keys` does to the files and to auth-service.

usage: keys_test.py <directory of darkroom-cli and darkroom-supervisor>
"""
import pathlib
import stat
import sys
import unittest

import cli_test
from cli_test import System, eventually


class Keys(unittest.TestCase):
    def test_rotates_the_signing_keys_and_keeps_the_last_ones(self):
        with System() as system:
            system.up()
            file = system.home / "secrets" / "signing-key.pem"
            first = file.read_text()
            pid = system.status()["auth-service"]["pid"]

            done = system.run("keys", "rotate")

            self.assertEqual(done.returncode, 0, done.stderr)
            second = file.read_text()
            self.assertTrue(second.endswith(first) and second != first)
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
            eventually(lambda: system.status()["auth-service"]["pid"] not in (0, pid)
                       and system.status()["auth-service"]["status"] == "healthy", "auth-service is back")
            self.assertEqual(system.run("keys", "rotate").returncode, 0)
            third = file.read_text()
            self.assertTrue(third.endswith(second[:len(second) - len(first)]), "the first pair is gone")
            self.assertEqual(third.count("BEGIN PRIVATE KEY"), 4)


if __name__ == "__main__":
    cli_test.BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
