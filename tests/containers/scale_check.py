#!/usr/bin/env python3
"""All of several image services answer, and one that is killed is out before anybody notices much.

usage: scale_check.py <gateway url> <container id>...
"""
import subprocess
import sys
import threading
import time
import urllib.request

from client import Person, eventually

REQUESTS = 90
# Silence of a second and a half, a look each 0.2 s, and what a busy machine adds.
OUT_SECONDS = 2.5


def measured(url, metric, **labels):
    """The sum of that metric's values with those labels."""
    with urllib.request.urlopen(url + "/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    wanted = [f'{name}="{value}"' for name, value in labels.items()]
    found = [line for line in lines if line.startswith(metric + "{") and all(label in line for label in wanted)]
    return sum(int(line.rsplit(" ", 1)[1]) for line in found)


def docker(*arguments):
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()


class Instance:
    def __init__(self, container):
        self.container = container
        self.name = docker("inspect", "-f", "{{.Name}}", container).lstrip("/")

    def answered(self):
        """How many lists of pictures it has given; its port is another one after a restart."""
        address = docker("port", self.container, "8002/tcp").splitlines()[0]
        return measured(f"http://{address}", "darkroom_http_request_duration_seconds_count", method="GET", route="/images")


def known(gateway, **state):
    """Image services that the gateway knows, in any state or in that one."""
    return measured(gateway, "darkroom_gateway_instances", upstream="image-service", **state)


def every_instance_answers(person, instances):
    before = [instance.answered() for instance in instances]
    for _ in range(REQUESTS):
        person.expect(200, "/images")
    for instance, earlier in zip(instances, before, strict=True):
        share = instance.answered() - earlier
        print(f"{instance.name} answered {share} of {REQUESTS} requests")
        assert share >= REQUESTS / len(instances) / 2, "that is no share"


class Asking(threading.Thread):
    """Somebody who asks all the time, and notes the slowest answer."""

    def __init__(self, person):
        super().__init__()
        self.person, self.slowest, self.failure, self.stopped = person, 0.0, None, False

    def run(self):
        try:
            while not self.stopped:
                begun = time.monotonic()
                self.person.expect(200, "/images")
                self.slowest = max(self.slowest, time.monotonic() - begun)
        except (AssertionError, OSError) as failure:  # belongs to the thread that waits for this one
            self.failure = failure

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped = True
        self.join()
        if self.failure:
            raise self.failure


def a_killed_one_is_out(person, gateway, instances):
    victim = instances[-1]
    with Asking(person) as asking:
        begun = time.monotonic()
        docker("kill", "--signal", "KILL", victim.container)
        eventually(lambda: known(gateway) == len(instances) - 1, OUT_SECONDS)
        seconds = time.monotonic() - begun
    print(f"one of {len(instances)} image services killed: out after {seconds:.1f} s, the slowest request took {asking.slowest:.2f} s")
    assert known(gateway, state="up") == len(instances) - 1
    docker("start", victim.container)
    eventually(lambda: known(gateway, state="up") == len(instances), 20)


def main():
    gateway, *containers = sys.argv[1:]
    instances = [Instance(container) for container in containers]
    person = Person(gateway, "scale")
    eventually(lambda: known(gateway) == known(gateway, state="up") == len(instances), 10)
    every_instance_answers(person, instances)
    a_killed_one_is_out(person, gateway, instances)
    every_instance_answers(person, instances)


if __name__ == "__main__":
    main()
