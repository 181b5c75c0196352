#!/usr/bin/env python3
"""Stands in for a service in the tests of the command line: it is ready at once and answers what auth-service is asked.

Installed under each service's name; PORT, BIND and the rest come from the supervisor, as for the real ones.
"""
import http.server
import json
import os
import signal
import sys
import threading

ANSWERS = {
    "/auth/login": {"data": {"access_token": "token"}},
    "/oauth/token": {"access_token": "token", "token_type": "bearer"},
    "/internal/admin-links": {"data": {"url": "http://127.0.0.1/setup?token=once", "expires_at": "2026-01-01T00:00:00.000Z"}},
}


def log(message, **fields):
    line = {"time": "2026-03-01T10:00:00.000Z", "level": "info", "service": os.path.basename(sys.argv[0]), "message": message}
    print(json.dumps({**line, **fields}), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/environment":
            return self.answer(dict(os.environ))
        return self.answer({"status": "healthy", "data": {"pagination": {"total": 0}}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        log("asked", path=self.path, correlation_id="trace-1", size=len(body))
        self.answer(ANSWERS.get(self.path, {"data": {}}))

    def log_message(self, *args):
        pass


def main():
    if sys.argv[1:] == ["migrate"]:
        return 0
    if os.path.exists(sys.argv[0] + ".broken"):
        print("cannot go on: broken for a test", file=sys.stderr)
        return 1
    server = http.server.ThreadingHTTPServer((os.environ["BIND"], int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    log("listening", pid=os.getpid())
    server.serve_forever(poll_interval=0.02)
    return 0


sys.exit(main())
