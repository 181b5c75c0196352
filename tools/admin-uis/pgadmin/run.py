"""Sets pgAdmin up once, registers our server, and becomes pgAdmin. Run by the supervisor with the virtual environment's python.

PGADMIN_HOME holds config_local.py, servers.json and `password`, all written by `darkroom up`; its data goes below it, too.
"""
import importlib.util
import os
import pathlib
import subprocess
import sys

home = pathlib.Path(os.environ["PGADMIN_HOME"])
email = os.environ["PGADMIN_SETUP_EMAIL"]
package = pathlib.Path(importlib.util.find_spec("pgadmin4").submodule_search_locations[0])
environment = {**os.environ, "PYTHONPATH": str(home), "PGADMIN_SETUP_PASSWORD": (home / "password").read_text().strip(),
               "PYTHONDONTWRITEBYTECODE": "1"}


def setup(*arguments):
    done = subprocess.run([sys.executable, package / "setup.py", *arguments], env=environment, cwd=home, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"pgAdmin's setup failed: {done.stdout[-500:]}")


if not (home / "ready").exists():
    (home / "data" / "pgadmin4.db").unlink(missing_ok=True)
    setup("setup-db")
    (home / "ready").touch()
# pgAdmin's own name for this user's files.
storage = home / "data" / "storage" / email.replace("@", "_")
storage.mkdir(parents=True, exist_ok=True)
(storage / "pgpass").touch(mode=0o600)
# Again at each start: the server's socket may have moved.
setup("load-servers", "servers.json", "--user", email, "--replace")
os.chdir(home)
os.execve(sys.executable, [sys.executable, str(package / "pgAdmin4.py")], environment)
