"""A real SMTP server for the tests: writes its port to the first argument, and what it accepts to the second, a JSON object a line.

Mail to refused.example is refused permanently (550), mail to later.example temporarily (451). "ann" may sign in with "secret", and must
where the third argument is "auth".
"""
import asyncio
import json
import os
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.endswith("@refused.example"):
            return "550 no such mailbox"
        if address.endswith("@later.example"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with open(sys.argv[2], "a") as log:
            mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "content": envelope.content.decode(),
                    "user": (getattr(session, "auth_data", None) or b"").decode()}
            log.write(json.dumps(mail) + "\n")
        return "250 accepted"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"ann" and data.password == b"secret"
    # Unhandled: the server answers 535 itself.
    return AuthResult(success=good, handled=good, auth_data=data.login)


async def serve():
    must_sign_in = len(sys.argv) > 3 and sys.argv[3] == "auth"

    def connection():
        return SMTP(Handler(), hostname="localhost", authenticator=authenticate, auth_required=must_sign_in, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    with open(sys.argv[1] + ".new", "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    await server.serve_forever()


asyncio.run(serve())
