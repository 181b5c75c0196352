#!/usr/bin/env python3
"""deploy/kubernetes without a cluster: by Kubernetes' schemas, and by what the manifests must say of each other."""
import pathlib
import re
import subprocess
import tempfile
import unittest

import kubernetes_validate

from kustomize import documents, identity, pod_of, render

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "deploy" / "kubernetes"
BASE = HERE / "base"
OVERLAYS = sorted(path for path in (HERE / "overlays").iterdir() if path.is_dir())
# The oldest that is still maintained somewhere, and the newest that the package knows.
VERSIONS = ("1.31", kubernetes_validate.latest_version())
PORTS = {"api-gateway": 8000, "event-bus": 8001, "image-service": 8002, "user-service": 8003, "auth-service": 8004,
         "notification-service": 8005}


def by_kind(kind):
    return {document["metadata"]["name"]: document for document in render(BASE) if document["kind"] == kind}


def labels_of(workload):
    return workload["spec"]["template"]["metadata"]["labels"]


def selects(selector, labels):
    return selector and all(labels.get(name) == value for name, value in selector.items())


def containers():
    for document in render(BASE):
        for container in (pod_of(document) or {}).get("containers", []):
            yield document, container


class Manifests(unittest.TestCase):
    def test_every_document_is_valid(self):
        for place in (BASE, *OVERLAYS):
            for document in render(place):
                for version in VERSIONS:
                    with self.subTest(place=place.name, document=identity(document), version=version):
                        kubernetes_validate.validate(document, version, strict=True)

    def test_a_misspelt_field_is_found(self):
        deployment = by_kind("Deployment")["event-bus"]
        deployment["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}

        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)

    def test_each_kustomization_names_exactly_the_files_beside_it(self):
        for place in (BASE, *OVERLAYS):
            (kustomization,) = documents(place / "kustomization.yaml")
            named = [name for name in kustomization["resources"] if name.endswith(".yaml")]
            named += [patch["path"] for patch in kustomization.get("patches", [])]
            there = {path.name for path in place.glob("*.yaml")} - {"kustomization.yaml"}
            self.assertEqual(sorted(named), sorted(there), place)

    def test_every_service_has_deployment_service_budget_and_autoscaler(self):
        for kind in ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
            self.assertEqual(set(by_kind(kind)), set(PORTS), kind)
        for name, deployment in by_kind("Deployment").items():
            labels = labels_of(deployment)
            service = by_kind("Service")[name]["spec"]
            self.assertTrue(selects(deployment["spec"]["selector"]["matchLabels"], labels), name)
            self.assertTrue(selects(service["selector"], labels), name)
            self.assertTrue(selects(by_kind("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"], labels), name)
            self.assertEqual(by_kind("HorizontalPodAutoscaler")[name]["spec"]["scaleTargetRef"]["name"], name)
            self.assertNotIn("replicas", deployment["spec"], "the autoscaler and this would fight")
            (container,) = pod_of(deployment)["containers"]
            self.assertEqual(container["ports"][0]["containerPort"], PORTS[name])
            self.assertEqual(service["ports"][0]["port"], PORTS[name])

    def test_containers_are_confined_bounded_and_probed(self):
        for document, container in containers():
            with self.subTest(document=identity(document)):
                pod = pod_of(document)
                self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                self.assertEqual(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
                self.assertFalse(pod["automountServiceAccountToken"])
                self.assertFalse(container["securityContext"]["allowPrivilegeEscalation"])
                self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})
                self.assertIn("memory", container["resources"]["limits"])
                # What the autoscaler's percentage is of.
                self.assertIn("cpu", container["resources"]["requests"])
                if document["kind"] == "Deployment":
                    for probe, path in (("startupProbe", "live"), ("livenessProbe", "live"), ("readinessProbe", "ready")):
                        self.assertEqual(container[probe]["httpGet"]["path"], f"/health/{path}")

    def test_images_are_targets_of_the_dockerfile(self):
        targets = set(re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "deploy" / "Dockerfile").read_text(), re.M))
        for _, container in containers():
            self.assertIn(re.fullmatch(r"darkroom/([a-z-]+):latest", container["image"]).group(1), targets)
        for overlay in OVERLAYS:
            for document in render(overlay):
                for container in (pod_of(document) or {}).get("containers", []):
                    self.assertNotIn(":latest", container["image"], overlay)

    def test_secrets_are_those_that_compose_init_makes_and_each_gets_its_own(self):
        with tempfile.TemporaryDirectory() as place:
            subprocess.run([ROOT / "deploy" / "compose-init", place], check=True, stdout=subprocess.DEVNULL)
            made = {path.name for path in pathlib.Path(place).iterdir()}
        for document, container in containers():
            name = document["metadata"]["name"]
            pod = pod_of(document)
            items = [item["key"] for volume in pod["volumes"] for item in volume.get("secret", {}).get("items", [])]
            self.assertTrue(items and set(items) <= made, (name, set(items) - made))
            self.assertEqual("database-url.administrator" in items, name == "darkroom-migrate", name)
            self.assertTrue(all(key.startswith("database") or key == f"client.{name}" or "client." not in key for key in items), name)
            files = [variable["value"] for variable in container["env"] if variable["name"].endswith("_FILE")]
            self.assertLessEqual({pathlib.PurePath(file).name for file in files}, set(items), name)

    def test_volumes_and_settings_that_are_used_exist(self):
        for document, container in containers():
            volumes = {volume["name"]: volume for volume in pod_of(document)["volumes"]}
            self.assertEqual({mount["name"] for mount in container["volumeMounts"]}, set(volumes), identity(document))
            for volume in volumes.values():
                if "persistentVolumeClaim" in volume:
                    self.assertIn(volume["persistentVolumeClaim"]["claimName"], by_kind("PersistentVolumeClaim"))
            for source in container.get("envFrom", []):
                self.assertIn(source["configMapRef"]["name"], by_kind("ConfigMap"))

    def test_settings_name_known_variables_and_services(self):
        known = (ROOT / "docs" / "configuration.md").read_text()
        settings = by_kind("ConfigMap")["darkroom-settings"]["data"]
        for name, value in settings.items():
            self.assertIn(f"`{name}`", known)
            if name.endswith("_URL") and name != "PUBLIC_URL":
                host, port = re.fullmatch(r"http://([a-z-]+):(\d+)", value).groups()
                self.assertEqual(PORTS[host], int(port))

    def test_the_gateway_finds_every_instance(self):
        settings = by_kind("ConfigMap")["darkroom-settings"]["data"]
        self.assertNotIn("INSTANCE_URL", settings, "then INSTANCE_NETWORKS must name the network of the pods")
        for name, service in by_kind("Service").items():
            # A name with one virtual address would hide the instances behind it.
            self.assertEqual(service["spec"].get("clusterIP"), None if name == "api-gateway" else "None", name)

    def test_tls_ends_at_the_ingress(self):
        for document, container in containers():
            # With a certificate the gateway would lead the probes of the kubelet, which are not of its pod, to https.
            self.assertFalse([variable for variable in container["env"] if variable["name"].startswith("TLS_")], identity(document))
        for overlay in OVERLAYS:
            rendered = {identity(document): document for document in render(overlay)}
            settings = rendered["ConfigMap", "darkroom-settings"]["data"]
            ingress = rendered["Ingress", "darkroom"]["spec"]
            (tls,) = ingress["tls"]
            self.assertEqual(tls["hosts"], [rule["host"] for rule in ingress["rules"]])
            self.assertEqual(settings["PUBLIC_URL"], "https://" + tls["hosts"][0])
            self.assertIn("TRUSTED_PROXIES", settings, "else every client has the controller's address")

    def test_nothing_may_talk_but_what_is_named(self):
        policies = by_kind("NetworkPolicy")
        nothing = policies["darkroom-nothing"]["spec"]
        self.assertEqual(sorted(nothing["policyTypes"]), ["Egress", "Ingress"])
        self.assertNotIn("ingress", nothing)
        self.assertNotIn("egress", nothing)
        workloads = {**by_kind("Deployment"), **by_kind("Job")}
        for name, workload in workloads.items():
            self.assertTrue(selects(nothing["podSelector"]["matchLabels"], labels_of(workload)), name)
        outgoing = policies["darkroom-outgoing"]["spec"]["podSelector"]["matchLabels"]
        self.assertEqual({name for name, workload in workloads.items() if selects(outgoing, labels_of(workload))},
                         {"event-bus", "notification-service"})


if __name__ == "__main__":
    unittest.main()
