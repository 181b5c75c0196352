#!/usr/bin/env python3
"""What the containers send outside: a webhook over TLS, and mail by SMTP over TLS. Both receivers are here, for one certificate.

usage: outgoing_check.py <gateway url> <directory with certificate.pem and key.pem> <port for https> <port for smtps>
The containers know this machine as receiver.test and trust that certificate (compose.yml).
"""
import http.server
import json
import pathlib
import socketserver
import ssl
import sys
import threading

from client import Person, eventually

SECONDS = 30
hooks, mails = [], []


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        hooks.append((self.headers, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(204)
        self.end_headers()


class Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one client needs that says what is expected."""

    def handle(self):
        self.say("220 receiver.test")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                self.say("354 go on")
                mails.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
            self.say({"QUIT": "221 bye"}.get(verb, "250 receiver.test"))
            if verb == "QUIT":
                return

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port, handler, place):
        super().__init__(("0.0.0.0", port), handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(place / "certificate.pem", place / "key.pem")
        # The handshake belongs into the thread of the connection.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def main():
    gateway, place = sys.argv[1], pathlib.Path(sys.argv[2])
    https, smtps = (int(port) for port in sys.argv[3:5])
    Server(https, Hook, place)
    Server(smtps, Smtp, place)
    person = Person(gateway, "outgoing")

    person.expect(200, "/events/subscriptions", {"url": f"https://receiver.test:{https}/hook", "event_types": ["user.*"]})
    person.expect(200, "/auth/login", {"email": person.email, "password": "a long enough one"})
    _, seconds = eventually(lambda: hooks, SECONDS)
    headers, event = hooks[0]
    assert headers["webhook-signature"] and event["type"].startswith("user."), (headers, event)
    print(f"a webhook over TLS came after {seconds:.1f} s")

    person.expect(200, "/auth/password/forgot", {"email": person.email})
    _, seconds = eventually(lambda: [mail for mail in mails if f"To: {person.email}" in mail and "Reset your password" in mail], SECONDS)
    print(f"mail by SMTP over TLS came after {seconds:.1f} s")


if __name__ == "__main__":
    main()
