#!/usr/bin/env python3
"""deploy/'s rules, scrape configurations and dashboards against each other and against the code; needs promtool.

usage: observability_test.py
"""
import json
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PORTS = {"api-gateway": 8000, "event-bus": 8001, "image-service": 8002, "user-service": 8003, "auth-service": 8004,
         "notification-service": 8005}
METRIC = re.compile(r"\b(?:darkroom|process)_[a-z_]+\b")
SERIES_ENDINGS = ("_bucket", "_count", "_sum")


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, cwd=DEPLOY)


def metrics_of_the_code():
    names = set()
    for folder in ("platform", "services"):
        for source in (ROOT / folder).rglob("*.cpp"):
            if not source.name.endswith("_test.cpp"):
                names.update(re.findall(r'"((?:darkroom|process)_[a-z_]+)"', source.read_text()))
    return names


def family(name):
    for ending in SERIES_ENDINGS:
        if name.endswith(ending) and name.removesuffix(ending).endswith("_seconds"):
            return name.removesuffix(ending)
    return name


class Rules(unittest.TestCase):
    def test_rules_and_configurations_are_well_formed(self):
        for arguments in (["check", "rules", "alerts.yml"], ["check", "config", "prometheus.yml"],
                          ["check", "config", "prometheus-native.yml"]):
            done = promtool(*arguments)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_alerts_fire_when_they_should_and_not_before(self):
        done = promtool("test", "rules", "alerts_test.yml")

        self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_service_is_scraped_at_its_port(self):
        for file in ("prometheus.yml", "prometheus-native.yml"):
            text = (DEPLOY / file).read_text()
            for service, port in PORTS.items():
                self.assertRegex(text, rf"job_name: {service}\n.*{port}")


class Names(unittest.TestCase):
    def test_alerts_and_dashboards_ask_for_metrics_that_exist(self):
        known = metrics_of_the_code()
        self.assertIn("darkroom_http_request_duration_seconds", known)
        files = [DEPLOY / "alerts.yml", *sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))]
        self.assertGreater(len(files), 1)
        for file in files:
            asked = {family(name) for name in METRIC.findall(file.read_text())} - {"process_start"}
            self.assertEqual(asked - known, set(), file.name)

    def test_dashboards_have_panels_with_titles_and_queries(self):
        for file in (DEPLOY / "grafana" / "dashboards").glob("*.json"):
            board = json.loads(file.read_text())
            self.assertEqual(board["uid"], file.stem)
            for panel in board["panels"]:
                self.assertTrue(panel["title"] and panel["targets"][0]["expr"], file.name)


if __name__ == "__main__":
    unittest.main()
