"""As much of Kustomize as deploy/kubernetes uses: resources, namespace, images and strategic merge patches of maps."""
import pathlib

import yaml

KNOWN = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}
CLUSTER_WIDE = {"Namespace"}


def documents(path):
    return [document for document in yaml.safe_load_all(pathlib.Path(path).read_text()) if document is not None]


def identity(document):
    return document["kind"], document["metadata"]["name"]


def merge(target, patch):
    """Maps are merged, null removes, anything else (lists too) replaces."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        else:
            target[key] = value


def pod_of(document):
    return document["spec"]["template"]["spec"] if document["kind"] in ("Deployment", "Job") else None


def render(directory):
    """What `kubectl kustomize` prints of this directory, as documents."""
    directory = pathlib.Path(directory)
    (kustomization,) = documents(directory / "kustomization.yaml")
    unknown = set(kustomization) - KNOWN
    if unknown:
        raise ValueError(f"{directory}: this resolver does not know {sorted(unknown)}")
    found = []
    for resource in kustomization["resources"]:
        place = directory / resource
        found += render(place) if place.is_dir() else documents(place)
    by_identity = {identity(document): document for document in found}
    if len(by_identity) != len(found):
        raise ValueError(f"{directory}: a resource is there twice")
    for patch in kustomization.get("patches", []):
        for document in documents(directory / patch["path"]):
            merge(by_identity[identity(document)], document)
    images = {image["name"]: image for image in kustomization.get("images", [])}
    for document in found:
        if document["kind"] not in CLUSTER_WIDE and "namespace" in kustomization:
            document["metadata"]["namespace"] = kustomization["namespace"]
        for container in (pod_of(document) or {}).get("containers", []):
            name, _, tag = container["image"].rpartition(":")
            if name in images:
                container["image"] = f"{images[name].get('newName', name)}:{images[name].get('newTag', tag)}"
    return found
