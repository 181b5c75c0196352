#!/usr/bin/env python3
"""The command line from outside, on real PostgreSQL and Redis; only the six services are fakes (fake_service.py).

usage: cli_test.py <directory of darkroom-cli and darkroom-supervisor>
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

BUILT = None
HERE = pathlib.Path(__file__).resolve().parent
BINARIES = ["darkroom-gateway", "darkroom-events", "darkroom-images", "darkroom-users", "darkroom-auth", "darkroom-notifications"]
SERVICES = ["api-gateway", "event-bus", "image-service", "user-service", "auth-service", "notification-service"]
PORTS = {"api-gateway": 8000, "event-bus": 8001, "image-service": 8002, "user-service": 8003, "auth-service": 8004,
         "notification-service": 8005, "postgres": 5432, "redis": 6379}


# Tests that ctest starts together have neighbouring process ids: eight ports apart, their six services do not overlap.
# All below the ports that the kernel gives to clients (32768 and up): one of those can be taken at any moment.
OFFSETS = iter(range(2000 + os.getpid() % 75 * 8, 24000, 600))


def free_offset():
    """An offset at which all of our ports are free now; never the same twice."""
    return next(offset for offset in OFFSETS if all(is_free(port + offset) for port in PORTS.values()))


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def eventually(holds, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)  # between two looks at a condition, bounded by the deadline


class System:
    """One installation with its own home and ports; stopped by the `with` statement's end."""

    def __init__(self, home_below=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="darkroom-cli-", dir=home_below))
        # PostgreSQL's user must be able to pass.
        self.directory.chmod(0o755)
        self.home = self.directory / "home"
        self.binaries = self.directory / "bin"
        self.binaries.mkdir()
        for name in BINARIES:
            shutil.copy(HERE / "fake_service.py", self.binaries / name)
        for name in ("darkroom-supervisor", "darkroom-sample-photo"):
            (self.binaries / name).symlink_to(BUILT / name)
        self.offset = free_offset()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run("down")
        for link in ("postgres", "run/sockets"):
            if (self.home / link).is_symlink():
                shutil.rmtree(os.readlink(self.home / link), ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def environment(self, **extra):
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**inherited, "DARKROOM_HOME": str(self.home), "DARKROOM_BIN": str(self.binaries),
                "DARKROOM_PORT_OFFSET": str(self.offset), **extra}

    def run(self, *arguments, **extra):
        return subprocess.run([BUILT / "darkroom-cli", *arguments], env=self.environment(**extra), text=True, timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def up(self, *arguments, **extra):
        done = self.run("up", *arguments, **extra)
        if done.returncode != 0:
            raise AssertionError(f"up failed with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def status(self):
        return {row["name"]: row for row in json.loads(self.run("status", "--json").stdout)["services"]}

    def get(self, service, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{PORTS[service] + self.offset}{path}", timeout=5) as answer:
            return json.load(answer)

    def sql(self, statement):
        sockets = self.home / "run" / "sockets" / "pg"
        command = ["psql", "-X", "-q", "-At", "-h", str(sockets.resolve()), "-p", str(5432 + self.offset), "-U", "postgres", "darkroom"]
        return subprocess.run([*command, "-c", statement], check=True, text=True, stdout=subprocess.PIPE, timeout=30).stdout.strip()


class Up(unittest.TestCase):
    def test_starts_everything_and_again_changes_nothing(self):
        with System() as system:
            screen = system.up()

            self.assertIn(f"http://127.0.0.1:{8000 + system.offset}", screen)
            self.assertIn("setup?token=once", screen)
            before = system.status()
            self.assertEqual(set(before), {*SERVICES, "postgres", "redis", "supervisor"})
            self.assertTrue(all(row["status"] == "healthy" and row["pid"] > 0 for row in before.values()), before)
            system.up()
            pids = {name: row["pid"] for name, row in system.status().items()}
            self.assertEqual(pids, {name: row["pid"] for name, row in before.items()})

    def test_again_without_the_variables_keeps_what_runs(self):
        with System() as system:
            system.up()

            again = system.up(DARKROOM_PORT_OFFSET="")

            self.assertIn(f"http://127.0.0.1:{8000 + system.offset}", again)

    def test_keeps_data_and_secrets_over_down_and_up(self):
        with System() as system:
            system.up()
            system.sql("create table kept (x int); insert into kept values (42)")
            key = (system.home / "secrets" / "signing-key.pem").read_text()
            self.assertEqual(system.run("down").returncode, 0)

            system.up()

            self.assertEqual(system.sql("select x from kept"), "42")
            self.assertEqual((system.home / "secrets" / "signing-key.pem").read_text(), key)

    def test_shows_secrets_to_nobody_else(self):
        with System() as system:
            system.up()

            for path in (system.home / "secrets").iterdir():
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)
            secrets = [path.read_text().strip() for path in (system.home / "secrets").glob("*.*") if path.suffix != ".pem"]
            for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    arguments = process.read_text()
                except OSError:
                    continue
                self.assertFalse(any(secret in arguments for secret in secrets), arguments)

    def test_gives_each_service_its_own_role_only(self):
        with System() as system:
            system.up(LOG_LEVEL="debug", DARKROOM_RATE_LIMITS="off")

            users = system.get("user-service", "/environment")
            gateway = system.get("api-gateway", "/environment")
            self.assertIn("darkroom_users:", users["DATABASE_URL"])
            self.assertEqual(users["LOG_LEVEL"], "debug")
            self.assertNotIn("DATABASE_URL", gateway)
            self.assertEqual(gateway["DARKROOM_RATE_LIMITS"], "off")
            self.assertEqual(gateway["AUTH_URL"], f"http://127.0.0.1:{8004 + system.offset}")
            refused = subprocess.run(["psql", "-X", users["DATABASE_URL"], "-c", "create table auth.x (y int)"], text=True,
                                     stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, timeout=30)
            self.assertIn("permission denied", refused.stderr)

    def test_names_the_port_that_is_taken_and_by_whom(self):
        with System() as system, socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", 8002 + system.offset))
            other.listen()

            done = system.run("up")

            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"port {8002 + system.offset} of image-service is taken by .*\(pid {os.getpid()}\)")
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_lists_every_problem_of_the_environment(self):
        with System() as system:
            done = system.run("up", GATEWAY_PORT="x", DARKROOM_ADMIN_EMAIL="a@b.example")

            self.assertEqual(done.returncode, 2)
            self.assertIn("GATEWAY_PORT", done.stderr)
            self.assertIn("DARKROOM_ADMIN_PASSWORD_FILE", done.stderr)

    def test_says_why_a_service_does_not_stay_up(self):
        with System() as system:
            (system.binaries / "darkroom-images.broken").touch()

            done = system.run("up")

            self.assertEqual(done.returncode, 1)
            self.assertIn("image-service does not stay up: cannot go on: broken for a test", done.stderr)
            (system.binaries / "darkroom-images.broken").unlink()
            system.up()

    def test_refuses_demo_accounts_beyond_loopback(self):
        with System() as system:
            done = system.run("up", "--demo", DARKROOM_BIND="0.0.0.0")

            self.assertEqual(done.returncode, 1)
            self.assertIn("--demo", done.stderr)

    def test_prints_the_same_demo_passwords_again(self):
        with System() as system:
            first = system.up("--demo")
            second = system.up("--demo")

            self.assertIn("premium-001", first)
            self.assertEqual(first.split("demo accounts")[1], second.split("demo accounts")[1])

    def test_refuses_other_settings_while_it_runs(self):
        with System() as system:
            system.up()

            done = system.run("up", DARKROOM_RATE_LIMITS="off")

            self.assertEqual(done.returncode, 1)
            self.assertIn("DARKROOM_RATE_LIMITS", done.stderr)

    def test_works_below_a_long_path(self):
        with System() as system:
            system.home = system.directory / ("long" * 25) / "home"

            system.up()

            self.assertEqual(system.status()["redis"]["status"], "healthy")

    def test_uses_the_servers_that_are_given(self):
        with System() as provider, System() as system:
            provider.up()
            provider.sql("create database elsewhere")
            sockets = (provider.home / "run" / "sockets").resolve()
            given = {"DATABASE_URL": f"postgresql://postgres@/elsewhere?host={sockets}/pg&port={5432 + provider.offset}",
                     "REDIS_URL": f"unix://:{(provider.home / 'secrets' / 'redis').read_text().strip()}@{sockets}/redis.sock"}

            system.up(**given)

            status = system.status()
            self.assertEqual((status["postgres"]["status"], status["redis"]["status"]), ("external", "external"))
            users = system.get("user-service", "/environment")
            self.assertIn("dbname=elsewhere", users["DATABASE_URL"])
            self.assertEqual(users["REDIS_URL"], given["REDIS_URL"])

    def test_says_what_a_given_database_role_lacks(self):
        with System() as provider, System() as system:
            provider.up()
            provider.sql("create role poor login password 'p'; grant connect on database darkroom to poor")
            sockets = (provider.home / "run" / "sockets").resolve()

            done = system.run("up", DATABASE_URL=f"postgresql://poor:p@/darkroom?host={sockets}/pg&port={5432 + provider.offset}")

            self.assertEqual(done.returncode, 1)
            self.assertIn("must be allowed to create roles", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "as an ordinary user PostgreSQL runs as that user and can enter its home")
    def test_places_the_database_elsewhere_when_its_user_cannot_enter_home(self):
        with System() as system:
            system.directory.chmod(0o700)

            system.up()

            self.assertTrue(os.readlink(system.home / "postgres").startswith("/var/lib/darkroom/"))
            system.run("down")
            system.up()


class Killed(unittest.TestCase):
    """kill -9 of anything."""

    def test_services_and_servers_are_started_again(self):
        with System() as system:
            system.up()
            before = system.status()

            for name in [*SERVICES, "redis", "postgres"]:
                os.kill(before[name]["pid"], signal.SIGKILL)

            eventually(lambda: all(row["status"] == "healthy" and (name == "supervisor" or row["restarts"] >= 1)
                                   for name, row in system.status().items()), "everything healthy again")
            self.assertEqual(system.sql("select 1"), "1")

    def test_supervisor_takes_all_along_and_up_recovers(self):
        with System() as system:
            system.up()
            system.sql("create table kept (x int); insert into kept values (42)")
            before = system.status()

            os.kill(before["supervisor"]["pid"], signal.SIGKILL)
            system.up()

            after = system.status()
            self.assertTrue(all(row["status"] == "healthy" for row in after.values()), after)
            self.assertTrue(all(after[name]["pid"] != before[name]["pid"] for name in before))
            self.assertEqual(system.sql("select x from kept"), "42")

    def test_everything_at_once_and_up_recovers(self):
        with System() as system:
            system.up()

            for row in system.status().values():
                os.kill(row["pid"], signal.SIGKILL)
            system.up()

            self.assertTrue(all(row["status"] == "healthy" for row in system.status().values()))

    def test_an_interrupted_first_up_is_simply_run_again(self):
        for delay in (0.05, 0.15, 0.3, 0.8):
            with self.subTest(delay=delay), System() as system:
                first = subprocess.Popen([BUILT / "darkroom-cli", "up"], env=system.environment(), stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    first.wait(timeout=delay)
                except subprocess.TimeoutExpired:
                    first.kill()
                    first.wait()

                system.up()

                self.assertTrue(all(row["status"] == "healthy" for row in system.status().values()))


class Commands(unittest.TestCase):
    def test_logs_merges_filters_and_follows_nothing_unknown(self):
        with System() as system:
            system.up()

            everything = system.run("logs", "--json", "-n", "0").stdout.splitlines()
            times = [json.loads(line)["time"] for line in everything]
            self.assertEqual(times, sorted(times))
            self.assertIn("postgres", {json.loads(line)["service"] for line in everything})
            traced = system.run("logs", "--json", "--trace", "trace-1").stdout.splitlines()
            self.assertGreater(len(traced), 0)
            self.assertTrue(all(json.loads(line)["correlation_id"] == "trace-1" for line in traced))
            self.assertEqual(system.run("logs", "nobody").returncode, 2)

    def test_doctor_finds_the_taken_port_and_names_the_cure(self):
        with System() as system, socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", 8000 + system.offset))
            other.listen()

            done = system.run("doctor", "--json")

            self.assertEqual(done.returncode, 1)
            found = {check["check"]: check for check in json.loads(done.stdout)["checks"]}[f"port {8000 + system.offset}"]
            self.assertFalse(found["ok"])
            self.assertIn("GATEWAY_PORT", found["fix"])

    def test_exit_codes_tell_failure_from_wrong_usage(self):
        with System() as system:
            self.assertEqual(system.run("nonsense").returncode, 2)
            self.assertEqual(system.run("up", "--nonsense").returncode, 2)
            self.assertEqual(system.run("--help").returncode, 0)
            self.assertEqual(system.run("logs", "--help").returncode, 0)
            self.assertEqual(system.run("status").returncode, 1)
            self.assertEqual(system.run("down").returncode, 0)

    def test_sample_draws_a_photo(self):
        with System() as system:
            file = system.directory / "photo.jpg"

            done = system.run("sample", str(file))

            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(file.read_bytes()[:3], bytes([0xFF, 0xD8, 0xFF]))

    def test_foreground_stops_everything_on_sigterm(self):
        with System() as system:
            attached = subprocess.Popen([BUILT / "darkroom-cli", "up", "--foreground"], env=system.environment(),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            eventually(lambda: system.run("status").returncode == 0 and all(
                row["status"] == "healthy" for row in system.status().values()), "ready")

            attached.terminate()

            self.assertEqual(attached.wait(timeout=30), 0)
            self.assertEqual(system.run("status").returncode, 1)

    def test_idle_supervisor_is_small(self):
        with System() as system:
            system.up()

            self.assertLess(system.status()["supervisor"]["rss_bytes"], 6_000_000)


if __name__ == "__main__":
    BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
