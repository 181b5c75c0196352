#!/usr/bin/env python3
"""The operator's commands on the whole system: real services, a private PostgreSQL and Redis, ports of its own.

usage: operations_test.py <directory of the programs>
"""
import json
import pathlib
import shutil
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cli" / "tests"))
import cli_test  # noqa: E402
from cli_test import PORTS, eventually  # noqa: E402


class System(cli_test.System):
    """The real services in place of the fakes."""

    def __init__(self):
        super().__init__()
        shutil.rmtree(self.binaries)
        self.binaries.symlink_to(cli_test.BUILT)

    def call(self, path, token=None, body=None, headers=None, raw=False):
        request = urllib.request.Request(f"http://127.0.0.1:{PORTS['api-gateway'] + self.offset}{path}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if token:
            request.add_header("Authorization", "Bearer " + token)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read() if raw else json.load(answer)["data"]

    def sign_in(self, name, headers=None):
        password = (self.home / "secrets" / f"demo.{name}-001").read_text().strip()
        return self.call("/auth/login", body={"email": f"{name}@darkroom.example", "password": password},
                         headers=headers)["access_token"]

    def all_done(self, token):
        stats = self.call("/images/stats", token)
        jobs = json.dumps(stats)
        return '"queued": 0' in jobs and '"processing": 0' in jobs


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = System()
        cls.system.up()
        seeded = cls.system.run("seed", "--photos", "2")
        assert seeded.returncode == 0, seeded.stderr

    @classmethod
    def tearDownClass(cls):
        cls.system.__exit__()

    def test_seed_gives_each_account_photos_and_results_once(self):
        again = self.system.run("seed", "--photos", "2")

        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("premium-001", again.stdout)
        token = self.system.sign_in("user")
        uploads = self.system.call("/images", token)
        self.assertEqual(uploads["pagination"]["total"], 2)
        eventually(lambda: self.system.all_done(token), "every sample job is done")
        first = uploads["uploads"][0]["id"]
        self.assertEqual(self.system.call(f"/images/{first}/download/postcard", token, raw=True)[:2], b"\xff\xd8")

    def test_a_backup_restores_into_an_empty_system_in_one_step(self):
        file = self.system.directory / "backup.tar"
        token = self.system.sign_in("user")
        upload = self.system.call("/images", token)["uploads"][0]
        original = self.system.call(f"/images/{upload['id']}/download", token, raw=True)

        created = self.system.run("backup", "create", str(file))
        self.assertEqual(created.returncode, 0, created.stderr)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.system.run("backup", "verify", str(file)).returncode, 0)
        taken = self.system.run("backup", "create", str(file))
        self.assertEqual(taken.returncode, 1)
        self.assertIn("is there already", taken.stderr)

        with System() as other:
            restored = other.run("backup", "restore", str(file))
            self.assertEqual(restored.returncode, 0, restored.stderr)
            # The same secrets, so the same password, and the same keys: a token of the old system is good in the new one.
            self.assertEqual(other.call("/auth/me", token)["id"], "user-001")
            token = other.sign_in("user")
            self.assertEqual(other.call(f"/images/{upload['id']}/download", token, raw=True), original)
            self.assertFalse((other.home / "restore").exists())
            again = other.run("backup", "restore", str(file))
            self.assertEqual(again.returncode, 1)
            self.assertIn("another DARKROOM_HOME", again.stderr)

    def test_a_damaged_backup_is_found_out_and_leaves_nothing(self):
        file = self.system.directory / "whole.tar"
        self.assertEqual(self.system.run("backup", "create", str(file)).returncode, 0)
        whole = file.read_bytes()
        flipped = bytearray(whole)
        flipped[len(flipped) // 2] ^= 1
        for name, content, problem in (("flipped", flipped, "changed or damaged"), ("short", whole[:len(whole) * 2 // 3], "tar"),
                                       ("empty", b"", "format"), ("other", b"x" * 4096, "")):
            with self.subTest(name):
                damaged = self.system.directory / f"{name}.tar"
                damaged.write_bytes(content)

                verified = self.system.run("backup", "verify", str(damaged))

                self.assertEqual(verified.returncode, 1)
                self.assertIn(problem, verified.stderr)
                self.assertEqual(verified.stderr.count("\n"), 1)
        with System() as other:
            self.assertEqual(other.run("backup", "restore", str(self.system.directory / "flipped.tar")).returncode, 1)
            self.assertFalse((other.home / "images" / "objects").exists())
            self.assertFalse((other.home / "restore").exists())

    def test_upgrade_backs_up_before_it_migrates(self):
        with System() as other:
            other.binaries.unlink()
            shutil.copytree(cli_test.BUILT, other.binaries)
            (other.directory / "lib").symlink_to(cli_test.BUILT.parent / "lib")
            other.up()
            unchanged = other.run("upgrade")
            self.assertEqual(unchanged.returncode, 0, unchanged.stderr)
            self.assertEqual(list((other.home / "backups").glob("*.tar")), [])
            # As a build of another version would.
            (other.binaries / "darkroom-users").touch()

            upgraded = other.run("upgrade")

            self.assertEqual(upgraded.returncode, 0, upgraded.stderr)
            files = list((other.home / "backups").glob("*.tar"))
            self.assertEqual(len(files), 1)
            self.assertIn(str(files[0]), upgraded.stdout)
            self.assertEqual(other.run("backup", "verify", str(files[0])).returncode, 0)

    def test_trace_tells_one_request_through_logs_and_events(self):
        token = self.system.sign_in("premium")
        upload = self.system.call("/images", token)["uploads"][0]["id"]
        order = {"transformation_type": "invert"}
        self.system.call(f"/images/{upload}/process", token, order, {"X-Correlation-ID": "trace-me.1"})

        def told():
            done = self.system.run("trace", "trace-me.1")
            return all(part in done.stdout for part in ("api-gateway", "image-service", "image.processing.completed",
                                                        "notification.sent", "steps in"))
        eventually(told, "the trace is whole")
        self.assertEqual(self.system.run("trace", "nobody-asked").returncode, 1)
        self.assertIn("an id has", self.system.run("trace", "a b").stderr)

    def test_events_tail_prints_the_newest_and_goes_on(self):
        past = self.system.run("events", "tail", "--no-follow", "--json", "-n", "3", "--type", "image.*")
        self.assertEqual(past.returncode, 0, past.stderr)
        events = [json.loads(line) for line in past.stdout.splitlines()]
        self.assertEqual(len(events), 3)
        self.assertEqual(sorted(event["position"] for event in events), [event["position"] for event in events])
        self.assertTrue(all(event["type"].startswith("image.") for event in events))

        live = subprocess.Popen([self.system.binaries / "darkroom-cli", "events", "tail", "-n", "1", "--json", "--type", "user.login"],
                                env=self.system.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            # The last of the past: from now on it listens.
            past = json.loads(live.stdout.readline())
            self.system.sign_in("admin")
            event = json.loads(live.stdout.readline())
            self.assertGreater(event["position"], past["position"])
            self.assertEqual(event["type"], "user.login")
        finally:
            live.terminate()
            live.wait(timeout=10)
            live.stdout.close()

    def test_every_port_tells_its_metrics_with_help(self):
        for service in cli_test.SERVICES:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORTS[service] + self.system.offset}/metrics", timeout=10) as answer:
                text = answer.read().decode()
            families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
            helped = {line.split()[2] for line in text.splitlines() if line.startswith("# HELP") and len(line.split()) > 4}
            self.assertIn("darkroom_http_request_duration_seconds", families, service)
            self.assertEqual(families - helped, set(), service)
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, timeout=60)
            # 3: only advice about names (a gauge that ends in _seconds and counts up).
            self.assertIn(checked.returncode, (0, 3), checked.stdout)

    def test_admin_uis_that_are_not_installed_stop_nothing(self):
        with System() as other:
            elsewhere = other.directory / "checkout"
            elsewhere.mkdir()

            screen = other.up("--admin-uis", DARKROOM_ROOT=str(elsewhere))

            self.assertIn("Redis Commander is missing", screen)
            self.assertIn("pgAdmin is missing", screen)
            self.assertEqual(other.status()["api-gateway"]["status"], "healthy")

    def test_commands_say_what_they_need(self):
        with System() as other:
            for command in (["backup", "create"], ["seed"], ["events", "tail"]):
                done = other.run(*command)
                self.assertEqual(done.returncode, 1)
                self.assertIn("./darkroom up", done.stderr)
            self.assertEqual(other.run("backup").returncode, 2)


if __name__ == "__main__":
    cli_test.BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
