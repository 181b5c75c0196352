#!/usr/bin/env python3
"""`darkroom cert` and the system that it gives a certificate to.

usage: tls_test.py <directory of the programs>
"""
import contextlib
import http.client
import json
import pathlib
import ssl
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cli" / "tests"))
import cli_test  # noqa: E402
import operations_test  # noqa: E402
from cli_test import PORTS  # noqa: E402


def certificate_of(system):
    return system.home / "secrets" / "tls-certificate.pem"


class Cert(unittest.TestCase):
    def test_makes_one_for_the_names_asked_for_and_this_machines(self):
        with cli_test.System() as system:
            made = system.run("cert", "--host", "pictures.example", "--host", "192.0.2.7", "--days", "30")

            self.assertEqual(made.returncode, 0, made.stderr)
            for name in ("tls-certificate.pem", "tls-key.pem"):
                self.assertEqual(stat.S_IMODE((system.home / "secrets" / name).stat().st_mode), 0o600)
            text = subprocess.run(["openssl", "x509", "-in", certificate_of(system), "-noout", "-text", "-fingerprint", "-sha256"],
                                  check=True, capture_output=True, text=True).stdout
            for name in ("DNS:pictures.example", "IP Address:192.0.2.7", "DNS:localhost", "IP Address:127.0.0.1", "CA:FALSE",
                         "TLS Web Server Authentication"):
                self.assertIn(name, text)
            fingerprint = text.strip().splitlines()[-1].split("=")[1]
            self.assertIn(fingerprint, made.stdout)

    def test_replaces_one_only_by_force(self):
        with cli_test.System() as system:
            system.run("cert")
            first = certificate_of(system).read_text()

            again = system.run("cert")
            kept = certificate_of(system).read_text()
            forced = system.run("cert", "--force")

            self.assertEqual(again.returncode, 1)
            self.assertIn("--force", again.stderr)
            self.assertEqual(kept, first)
            self.assertEqual(forced.returncode, 0, forced.stderr)
            self.assertNotEqual(certificate_of(system).read_text(), first)

    def test_refuses_what_is_no_host(self):
        with cli_test.System() as system:
            for name in ("not a host", "a..b", "-x,DNS:evil.example", "https://a.example"):
                refused = system.run("cert", f"--host={name}")
                self.assertEqual(refused.returncode, 2, name)
            self.assertFalse(certificate_of(system).exists())


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = operations_test.System()
        made = cls.system.run("cert")
        assert made.returncode == 0, made.stderr
        cls.screen = cls.system.up()
        cls.port = PORTS["api-gateway"] + cls.system.offset

    @classmethod
    def tearDownClass(cls):
        cls.system.__exit__()

    def https(self, method, path, body=None, headers=None, trust=True):
        context = ssl.create_default_context(cafile=certificate_of(self.system) if trust else None)
        connection = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def plain(self, path):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def test_clients_that_trust_it_sign_in_over_https(self):
        person = {"email": "tls@darkroom.example", "username": "tls", "password": "behind-a-closed-door"}

        registered, _ = self.https("POST", "/auth/register", person)
        signed_in, answer = self.https("POST", "/auth/login", {k: person[k] for k in ("email", "password")})
        token = answer["data"]["access_token"]
        own, profile = self.https("GET", "/users/me", headers={"Authorization": "Bearer " + token})

        self.assertEqual((registered, signed_in, own), (200, 200, 200))
        self.assertEqual(profile["data"]["username"], "tls")

    def test_clients_that_do_not_trust_it_refuse(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.https("GET", "/health", trust=False)

    def test_everything_says_https(self):
        self.assertIn(f"https://127.0.0.1:{self.port}", self.screen)
        self.assertTrue(json.loads(self.system.run("status", "--json").stdout)["gateway"].startswith("https://"))
        _, discovery = self.https("GET", "/.well-known/openid-configuration")
        self.assertTrue(discovery["issuer"].startswith("https://"), discovery["issuer"])

    def test_this_machine_may_go_without(self):
        self.assertEqual(self.system.status()["api-gateway"]["status"], "healthy")
        self.assertEqual(self.plain("/health")[0], 200)

    def test_the_metrics_say_when_it_ends(self):
        lines = self.plain("/metrics")[1].splitlines()
        ends = [line for line in lines if line.startswith("darkroom_gateway_certificate_expiry_timestamp_seconds ")]
        self.assertEqual(len(ends), 1)
        self.assertGreater(float(ends[0].split()[1]), 1_700_000_000)


if __name__ == "__main__":
    cli_test.BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
