#!/usr/bin/env python3
"""Somebody else's OpenID Connect client (openid-client from npm) against the whole system, also after the keys were rotated.

usage: openid_test.py <directory of the programs> <directory of tools/fetch-openid-client>
Exits 77 where openid-client could not be installed.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "operations"))
import operations_test  # noqa: E402  (puts cli/tests on the path)
import cli_test  # noqa: E402
from cli_test import eventually  # noqa: E402

CLIENT = None


class OpenidClient(unittest.TestCase):
    def setUp(self):
        self.system = operations_test.System()
        self.addCleanup(self.system.__exit__)
        self.system.up()
        self.assertEqual(self.system.run("seed", "--photos", "0").returncode, 0)
        self.issuer = f"http://127.0.0.1:{8000 + self.system.offset}"

    def register(self, admin):
        application = {"name": "Relying Party", "redirect_uris": ["http://127.0.0.1/callback"],
                       "scopes": ["openid", "profile", "email", "images:read"],
                       "grant_types": ["authorization_code", "refresh_token", "client_credentials"]}
        return self.system.call("/oauth/clients", admin, application)

    def play(self, client):
        discovery = json.loads(self.system.call("/.well-known/openid-configuration", raw=True))
        settings = {"issuer": self.issuer, "client_id": client["client_id"], "client_secret": client["client_secret"],
                    "algorithm": discovery["id_token_signing_alg_values_supported"][0], "email": "user@darkroom.example",
                    "password": (self.system.home / "secrets" / "demo.user-001").read_text().strip(), "user_id": "user-001"}
        done = subprocess.run(["node", HERE / "relying_party.js", CLIENT, json.dumps(settings)], text=True, timeout=90,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return discovery["id_token_signing_alg_values_supported"]

    def test_signs_in_renews_and_revokes_also_with_new_keys(self):
        admin = self.system.sign_in("admin")
        client = self.register(admin)

        self.assertEqual(self.play(client), ["RS256"])

        pid = self.system.status()["auth-service"]["pid"]
        self.assertEqual(self.system.run("keys", "rotate").returncode, 0)
        eventually(lambda: self.system.status()["auth-service"]["pid"] not in (0, pid)
                   and self.system.status()["auth-service"]["status"] == "healthy", "auth-service is back")
        keys = json.loads(self.system.call("/.well-known/jwks.json", raw=True))["keys"]
        self.assertEqual([key["alg"] for key in keys], ["EdDSA", "RS256", "EdDSA", "RS256"])
        self.assertEqual(self.system.call("/auth/me", admin)["id"], "admin-001", "tokens of the old key are good")
        self.play(client)


if __name__ == "__main__":
    cli_test.BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    CLIENT = pathlib.Path(sys.argv.pop(1)).resolve()
    if not (CLIENT / "installed.json").exists() or shutil.which("node") is None:
        print("left out: openid-client is not installed (tools/fetch-openid-client)")
        sys.exit(77)
    unittest.main()
