"""A person at the gateway of the running project, for the checks of `run` that the stories of tests/system do not make."""
import json
import os
import time
import urllib.error
import urllib.request


class Person:
    """Registers, signs in, and asks."""

    def __init__(self, gateway, name):
        self.gateway = gateway
        name = f"{name}{os.getpid()}"
        self.email = f"{name}@example.com"
        self.token = None
        self.expect(200, "/auth/register", {"email": self.email, "username": name, "password": "a long enough one"})
        login = self.expect(200, "/auth/login", {"email": self.email, "password": "a long enough one"})
        self.token = json.loads(login)["data"]["access_token"]

    def ask(self, path, body=None):
        """(status, text); a body makes it a POST."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.gateway + path, headers=headers, data=json.dumps(body).encode() if body else None)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def expect(self, status, path, body=None):
        answer, text = self.ask(path, body)
        assert answer == status, (path, answer, text)
        return text


def eventually(condition, seconds):
    """Its first true value, and after how many seconds."""
    begun = time.monotonic()
    while True:
        value = condition()
        taken = time.monotonic() - begun
        if value:
            return value, taken
        assert taken < seconds, f"not within {seconds} s"
        time.sleep(0.02)
