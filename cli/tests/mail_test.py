#!/usr/bin/env python3
"""`darkroom mail` on a local mailbox.

usage: mail_test.py <directory of darkroom-cli and darkroom-supervisor>
"""
import email.message
import email.policy
import json
import pathlib
import sys
import unittest

import cli_test
from cli_test import System


def put(system, name, subject, text):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "Darkroom <darkroom@localhost>", "ada@example.com", subject
    message["Date"] = "Sun, 22 Nov 2026 08:00:00 +0000"
    message.set_content(text)
    directory = system.home / "mail"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(message.as_bytes())


class Mail(unittest.TestCase):
    def test_lists_the_newest_first_and_shows_one(self):
        with System() as system:
            empty = system.run("mail")
            put(system, "20261122T080000000Z-a.eml", "Welcome", "Hello Ada")
            put(system, "20261122T090000000Z-b.eml", "Reset your password", "http://127.0.0.1:8000/auth/password/reset?token=x")

            listed, shown, as_json = system.run("mail"), system.run("mail", "show", "1"), system.run("mail", "--json")
            missing = system.run("mail", "show", "3")

            self.assertIn("empty", empty.stdout)
            self.assertRegex(listed.stdout.splitlines()[0], r"^ +1 .*ada@example.com.*Reset your password")
            self.assertEqual(len(listed.stdout.splitlines()), 2)
            self.assertIn("reset?token=x", shown.stdout)
            self.assertEqual([mail["subject"] for mail in json.loads(as_json.stdout)], ["Reset your password", "Welcome"])
            self.assertEqual(missing.returncode, 1)
            self.assertIn("there is no mail 3", missing.stderr)


if __name__ == "__main__":
    cli_test.BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
