#!/usr/bin/env python3
"""./darkroom and darkroom-cli know the same commands.

usage: script_test.py <directory of darkroom-cli and darkroom-supervisor>
"""
import pathlib
import subprocess
import sys
import unittest

import cli_test
from cli_test import System

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "darkroom"


def run(*arguments):
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False)


class Script(unittest.TestCase):
    def test_knows_and_lists_every_command(self):
        listed = {line.split()[0] for line in run("--help").stdout.splitlines() if line[:3].strip() and line.startswith("  ")}
        with System() as system:
            commands = system.run("--help").stdout.split("Subcommands:")[1].split("\n\n")[0].splitlines()
        built = {line.split()[0] for line in commands if line.strip()} - {"migrate"}

        self.assertIn("cert", built)
        self.assertLessEqual(built, listed)
        for command in sorted(built):
            known = run(command, "--help")
            self.assertEqual(known.returncode, 0, f"{command}: {known.stderr}")

    def test_refuses_what_nobody_knows(self):
        for command in ("frobnicate", "st.*", "usage:"):
            refused = run(command)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("unknown command", refused.stderr)


if __name__ == "__main__":
    cli_test.BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
