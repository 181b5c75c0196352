#!/usr/bin/env python3
"""What docker-compose.yml, the Dockerfile and compose-init must say of each other, without Docker; `run` beside this runs them."""
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {"api-gateway", "event-bus", "image-service", "user-service", "auth-service", "notification-service"}


class Compose(unittest.TestCase):
    def test_every_secret_is_made_by_compose_init_and_used(self):
        with tempfile.TemporaryDirectory() as place:
            secrets = pathlib.Path(place) / "secrets"
            subprocess.run([ROOT / "darkroom", "compose-init", secrets], check=True, stdout=subprocess.DEVNULL)
            made = {path.name: path.read_bytes() for path in secrets.iterdir()}
            self.assertEqual(secrets.stat().st_mode & 0o777, 0o700)
            subprocess.run([ROOT / "darkroom", "compose-init", secrets], check=True, stdout=subprocess.DEVNULL)
            self.assertEqual(made, {path.name: path.read_bytes() for path in secrets.iterdir()})
        used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
        self.assertLessEqual(used, set(COMPOSE["secrets"]))
        self.assertEqual(set(COMPOSE["secrets"]), set(made))

    def test_each_service_mounts_the_files_that_its_variables_name(self):
        for name, service in SERVICES.items():
            mounted = set(service.get("secrets", []))
            named = {pathlib.PurePath(value).name for value in service.get("environment", {}).values()
                     if str(value).startswith("/run/secrets/")}
            self.assertLessEqual(named, mounted, name)
            if name in OURS:
                self.assertEqual({secret for secret in mounted if secret.startswith("client.")}, {f"client.{name}"})
                self.assertFalse(mounted & {"postgres", "database-url.administrator", "database.darkroom_owner"}, name)

    def test_containers_are_confined_and_bounded(self):
        for name, service in SERVICES.items():
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"], name)
            self.assertIn("mem_limit", service, name)
            self.assertEqual(service["read_only"], name not in ("redis-commander", "pgadmin"), name)

    def test_only_the_gateway_is_published_beyond_loopback(self):
        for name, service in SERVICES.items():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:") or name == "api-gateway", (name, port))
            if name in OURS | {"postgres", "redis"} and name != "api-gateway":
                self.assertNotIn("ports", service, name)
        self.assertTrue(COMPOSE["networks"]["inside"]["internal"])

    def test_images_are_targets_of_the_dockerfile_that_probe_themselves(self):
        dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
        stages = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM|\Z)", dockerfile, re.M | re.S))
        for name in OURS:
            target = SERVICES[name]["build"]["target"]
            self.assertIn(f"/{target}:", SERVICES[name]["image"])
            self.assertRegex(stages[target], r'HEALTHCHECK .*"health"\]')
        self.assertIn("USER 10001", stages["base"])

    def test_services_are_called_by_names_of_the_inner_network_alone(self):
        urls = {value for name, service in SERVICES.items() for variable, value in service.get("environment", {}).items()
                if variable.endswith("_URL") and str(value).startswith("http://") and "127.0.0.1" not in value}
        self.assertEqual(len(urls), len(OURS) - 1)
        for name in OURS - {"api-gateway"}:
            self.assertEqual(SERVICES[name]["networks"]["inside"]["aliases"], [f"{name}.inside"])
            self.assertIn(f"//{name}.inside:", " ".join(urls))

    def test_nothing_starts_before_the_migrations(self):
        for name in OURS - {"api-gateway"}:
            self.assertEqual(SERVICES[name]["depends_on"]["migrate"]["condition"], "service_completed_successfully", name)
        self.assertLessEqual(OURS - {"api-gateway"}, set(SERVICES["api-gateway"]["depends_on"]))


if __name__ == "__main__":
    unittest.main()
