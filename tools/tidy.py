#!/usr/bin/env python3
"""The house rules that a compiler does not know: layering, bans, sizes, names. Run by ctest; prints file:line: message.

usage: tools/tidy.py [directory]        exit code 1 when a rule is broken
A rule is a function that takes a Source and yields (line number, message); tools/tidy_test.py proves that each can fail.
"""
import pathlib
import re
import subprocess
import sys

CODE = {".cpp", ".hpp"}
TEXT = CODE | {".py", ".md", ".txt", ".cmake", ".json", ".sql", ".sh", ".ts", ".svelte", ".css", ".html", ".toml", ".yml", ".yaml", ""}
LONGEST_FILE = 400
# Decode, encode and schema walk the same list of field types: apart they would drift.
LONGER_FILES = {"platform/json/described.hpp": 500}
LONGEST_FUNCTION = 70

# Who may include whom inside platform/; a module always may include itself.
BELOW = {
    "core": set(),
    "async": {"core"},
    "json": {"core"},
    "identity": {"core", "json"},
    "mail": {"core", "async", "json", "identity"},
    "telemetry": {"core", "async", "json"},
    "pg": {"core", "async", "json", "telemetry"},
    "redis": {"core", "async", "json", "telemetry"},
    # http knows a caller and its permissions; auth fetches keys and tokens over http.
    "http": {"core", "async", "json", "identity", "telemetry", "auth"},
    "auth": {"core", "async", "json", "identity", "telemetry", "http", "redis"},
    "outgoing": {"core", "async", "json", "identity", "telemetry", "http", "auth"},
    "bus": {"core", "async", "json", "identity", "telemetry", "http", "auth", "pg", "redis"},
    "service": {"core", "async", "json", "identity", "telemetry", "http", "auth", "pg", "redis", "outgoing", "bus"},
    "testing": {"core", "async", "json", "identity", "telemetry", "http", "auth", "pg", "redis", "outgoing", "bus", "service"},
}
# Inside a service an include never points upwards.
LEVEL = {"main": 5, "app": 4, "api": 3, "repository": 2, "domain": 1}
FORBIDDEN_NAMES = {"util", "utils", "common", "helper", "helpers", "manager", "impl", "misc"}
# What a domain may know of platform/ besides core, json and identity: headers of values, without I/O.
PURE = {"platform/auth/permissions.hpp", "platform/auth/caller.hpp", "platform/bus/envelope.hpp", "platform/http/message.hpp",
        "platform/http/client_address.hpp",
        "platform/bus/type_pattern.hpp", "platform/auth/api_key_prefix.hpp", "platform/http/route_tree.hpp"}
EMOJI = re.compile("[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F]")


class Source:
    """One file: its path below the root, its lines, and its code with comments and literals blanked (lines stay)."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.splitlines()
        self.parts = path.split("/")
        self.name = self.parts[-1]
        self.stem, _, suffix = self.name.partition(".")
        self.suffix = "." + suffix.rpartition(".")[2] if suffix else ""
        self.is_code = self.suffix in CODE
        self.is_test = self.stem.endswith("_test") or "tests" in self.parts or self.path.startswith("platform/testing/")
        self.code = blank(text).splitlines() if self.is_code else []

    def includes(self):
        for number, line in enumerate(self.lines, 1):
            if found := re.match(r'#include "([^"]+)"', line):
                yield number, found[1]


def blank(text):
    """Comments, strings and characters become spaces, so that patterns see code only."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])\'', re.S)
    return token.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def matching(source, pattern, message, lines=None):
    for number, line in enumerate(lines if lines is not None else source.code, 1):
        if re.search(pattern, line):
            yield number, message


# ---- layering ------------------------------------------------------------------------------------------------------------

def level_of(parts):
    """The layer of a file inside its service, or None for what has none."""
    if "domain" in parts:
        return LEVEL["domain"]
    stem = parts[-1].split(".")[0]
    if stem in ("main", "app"):
        return LEVEL[stem]
    if stem.endswith("repository"):
        return LEVEL["repository"]
    if stem == "api" or stem.endswith("_api") or stem == "subscriptions":
        return LEVEL["api"]
    return None


def layers(source):
    top = source.parts[0]
    for number, include in source.includes():
        parts = include.split("/")
        if top == "platform":
            yield from platform_layers(source, number, parts)
        elif top == "events" and parts[0] in ("services", "cli"):
            yield number, f"events includes {include}"
        elif top == "cli" and parts[0] in ("services", "events"):
            yield number, f"cli includes {include}"
        elif top == "services":
            yield from service_layers(source, number, parts)


def platform_layers(source, number, parts):
    if parts[0] in ("services", "events", "cli"):
        yield number, f"platform includes {'/'.join(parts)}"
    elif parts[0] == "platform" and len(parts) > 2 and len(source.parts) > 2:
        module, other = source.parts[1], parts[1]
        allowed = BELOW.get(module, set()) | {module} | ({"testing"} | set(BELOW) if source.is_test else set())
        if other not in allowed:
            yield number, f"platform/{module} includes platform/{other}, which is not below it"


def service_layers(source, number, parts):
    if parts[0] == "services" and parts[1] != source.parts[1]:
        yield number, f"a service includes another one: {'/'.join(parts)}"
    if source.is_test:
        return
    mine = level_of(source.parts)
    pure = parts[1] in ("core", "json", "identity") or "/".join(parts) in PURE
    if mine == LEVEL["domain"] and parts[0] == "platform" and not pure:
        yield number, f"domain includes {'/'.join(parts)}: it never waits"
    other = level_of(parts) if parts[0] == "services" else None
    if mine and other and other > mine:
        yield number, f"an include that points upwards: {'/'.join(parts)}"


def sql_in_repositories(source):
    if source.parts[0] != "services" or source.is_test or not source.is_code or source.stem.endswith("repository"):
        return
    statement = r"\b(SELECT\s.+\sFROM|INSERT INTO|UPDATE \w+(\.\w+)? SET|DELETE FROM)\b"
    yield from matching(source, statement, "SQL outside of *_repository.cpp", source.lines)


def environment_in_config(source):
    if source.is_test or source.name == "config.hpp" or source.path == "platform/core/environment.cpp":
        return
    for number, message in matching(source, r"\b(secure_)?getenv\s*\(|\benviron\b", "only config.hpp reads the environment"):
        # What is only handed on to a child is not read.
        if "environment()" not in enclosing(source, number):
            yield number, message


# ---- bans ----------------------------------------------------------------------------------------------------------------

def bans(source):
    if source.parts[0] == "services" and not source.is_test:
        yield from matching(source, r"\bstd::j?thread\b(?!::)|\bstd::async\b", "a thread of its own: CPU work goes to the CpuPool")
    yield from matching(source, r"\bdetached\b", "detached: spawn through a TaskGroup")
    if source.suffix == ".hpp":
        yield from matching(source, r"\busing namespace\s+(?!std::(chrono_|string_view_|string_)?literals)", "using namespace in a header")
        if "#pragma once" not in source.text:
            yield 1, "no #pragma once"
    if source.is_test:
        yield from sleeps(source)


def sleeps(source):
    """Between two looks at a condition is the one place; such a line stands in a loop with a deadline and says so."""
    for number, message in matching(source, r"\bsleep_(for|until)\b|\bu?sleep\s*\(", "a sleep in a test: wait for the condition"):
        if "eventually" not in enclosing(source, number) and "wait_until" not in enclosing(source, number):
            yield number, message


def enclosing(source, number):
    """The first line of the function around a line."""
    for line in reversed(source.lines[:number - 1]):
        if line and not line[0].isspace() and line[0] not in "}/#":
            return line
    return ""


def words(source):
    if source.path.startswith("tools/tidy"):
        return  # names what it forbids
    yield from matching(source, r"\b(TODO|FIXME|XXX)\b", "unfinished: do it or open an issue", source.lines)
    yield from matching(source, r"(?<![\w.$}])/(work|farm|home/\w+|Users/\w+)/", "a path of somebody's machine", source.lines)
    yield from matching(source, EMOJI, "an emoji", source.lines)


def catches(source):
    """STYLE names four places for `catch`. Elsewhere it passes the error on, uses it, or says on its line why it swallows it."""
    if source.is_test:
        return
    for number, line in enumerate(source.code, 1):
        found = re.search(r"\bcatch\s*\(([^)]*)\)", line)
        # One comment speaks for all the catches of a try.
        if not found or any("catch (" in near and "//" in near for near in source.lines[max(0, number - 4):number + 3]):
            continue
        variable = re.search(r"&\s*(\w+)", found[1])
        used = rf"\bthrow\b|\bcurrent_exception\b" + (rf"|\b{variable[1]}\b" if variable else "")
        if not any(re.search(used, later) for later in source.code[number:number + 8]):
            yield number, "a catch that swallows: say why in a comment on its line"


def coroutines(source):
    lambda_coroutine = r"\[[^\]\s][^\]]*\]\s*(\([^)]*\))?[^;{}]*->\s*(net::|darkroom::)?awaitable<"
    yield from matching(source, lambda_coroutine, "a capturing lambda is a coroutine: its captures die with the lambda")
    yield from matching(source, r"\?[^;?]*\bco_await\b[^;]*:[^:]", "co_await inside ?:")
    depth = None
    for number, line in enumerate(source.code, 1):
        if depth is None and (found := re.search(r"\bcatch\s*\(.*?\)\s*(?=\{)", line)):
            depth, line = 0, line[found.end():]
        if depth is None:
            continue
        if "co_await" in line:
            yield number, "co_await inside catch"
        depth += line.count("{") - line.count("}")
        if depth <= 0:
            depth = None


# ---- sizes and names -----------------------------------------------------------------------------------------------------

def sizes(source):
    limit = LONGER_FILES.get(source.path, LONGEST_FILE)
    if source.suffix in CODE | {".py", ".ts", ".svelte"} and len(source.lines) > limit:
        yield limit, f"{len(source.lines)} lines, more than {limit}"
    begin = None
    for number, line in enumerate(source.code, 1):
        indent = len(line) - len(line.lstrip())
        if begin is None and indent in (0, 4) and line.rstrip().endswith("{") and "(" in line and \
                not re.match(r"\s*(if|for|while|switch|namespace|class|struct|enum|TEST|TEST_F)\b", line):
            begin, closing = number, " " * indent + "}"
        elif begin and line.startswith(closing) and not line.startswith(closing + ","):
            if number - begin > LONGEST_FUNCTION and not source.is_test:
                yield begin, f"a function of {number - begin} lines, more than {LONGEST_FUNCTION}"
            begin = None


def names(source):
    if source.stem.lower() in FORBIDDEN_NAMES or any(part in FORBIDDEN_NAMES for part in source.parts[:-1]):
        yield 1, "a file is named after what it holds, not " + source.stem


RULES = [layers, sql_in_repositories, environment_in_config, bans, words, catches, coroutines, sizes, names]


def listed_in_cmake(sources):
    """Every .cpp stands in the CMakeLists.txt of its directory or of one above; none is globbed."""
    lists = {source.path: source for source in sources if source.name == "CMakeLists.txt"}
    for source in lists.values():
        for number, message in matching(source, r"file\(GLOB[^)]*\.(cpp|hpp|c)\b", "sources are listed, not globbed", source.lines):
            yield source.path, number, message
    for source in sources:
        if source.suffix != ".cpp" or source.parts[0] not in ("platform", "events", "services", "cli", "tests", "bench"):
            continue
        directories = ["/".join(source.parts[:depth]) for depth in range(len(source.parts) - 1, 0, -1)]
        texts = [(directory, lists[f"{directory}/CMakeLists.txt"].text) for directory in directories if f"{directory}/CMakeLists.txt" in lists]
        implied = source.name == "main.cpp" and any("add_service(" in text for _, text in texts)
        if not implied and not any(re.search(rf"(?<![\w/]){re.escape(source.path[len(directory) + 1:])}\b", text) for directory, text in texts):
            yield source.path, 1, "stands in no CMakeLists.txt"


def check(sources):
    for source in sources:
        for rule in RULES:
            for number, message in rule(source):
                yield source.path, number, message
    yield from listed_in_cmake(sources)


def read_tree(root):
    listing = subprocess.run(["git", "-c", f"safe.directory={root}", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True,
                             text=True, stdout=subprocess.PIPE).stdout
    sources = []
    for path in listing.splitlines():
        file = root / path
        if file.suffix in TEXT and file.is_file() and not file.is_symlink() and file.name != "package-lock.json":
            try:
                sources.append(Source(path, file.read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue  # an image without an extension, say
    return sources


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    sources = read_tree(root)
    problems = sorted(set(check(sources)))
    for path, number, message in problems:
        print(f"{path}:{number}: {message}")
    print(f"tidy: {len(sources)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
