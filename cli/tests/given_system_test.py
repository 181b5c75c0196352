#!/usr/bin/env python3
"""Commands at a system that `up` did not start, as in containers.

usage: given_system_test.py <directory of darkroom-cli and darkroom-supervisor>
"""
import pathlib
import shutil
import sys
import unittest

import cli_test
from cli_test import PORTS, System


class GivenSystem(unittest.TestCase):
    def test_migrates_a_given_server_and_starts_nothing(self):
        with System() as provider, System() as system:
            provider.up()
            provider.sql("create database elsewhere")
            sockets = (provider.home / "run" / "sockets").resolve()
            given = f"postgresql://postgres@/elsewhere?host={sockets}/pg&port={5432 + provider.offset}"
            self.assertEqual(system.run("migrate").returncode, 1)
            (system.home / "secrets").mkdir(parents=True)

            first, again = system.run("migrate", DATABASE_URL=given), system.run("migrate", DATABASE_URL=given)

            self.assertEqual((first.returncode, again.returncode), (0, 0), first.stderr + again.stderr)
            password = (system.home / "secrets" / "database.darkroom_users").read_text().strip()
            self.assertGreater(len(password), 20)
            self.assertEqual(system.run("status").returncode, 1)

    def test_asks_for_the_admin_link_where_auth_url_says(self):
        with System() as provider, System() as system:
            provider.up()
            shutil.copytree(provider.home / "secrets", system.home / "secrets")

            there = system.run("admin", "link", AUTH_URL=f"http://localhost:{PORTS['auth-service'] + provider.offset}")
            nowhere = system.run("admin", "link", AUTH_URL="auth-service")

            self.assertEqual(there.returncode, 0, there.stderr)
            self.assertIn("AUTH_URL must be like", nowhere.stderr)


if __name__ == "__main__":
    cli_test.BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
