#!/usr/bin/env python3
"""Each rule of tidy.py can fail, and lets right code pass."""
import unittest

import tidy


def problems(path, text, rule):
    return [message for _, message in rule(tidy.Source(path, text))]


class Rule(unittest.TestCase):
    def refuse(self, rule, path, text, part=""):
        found = problems(path, text, rule)
        self.assertTrue(found, f"{path} should have been refused")
        self.assertTrue(any(part in message for message in found), found)

    def accept(self, rule, path, text):
        self.assertEqual(problems(path, text, rule), [])


class Layering(Rule):
    def test_platform_knows_no_service(self):
        self.refuse(tidy.layers, "platform/http/router.cpp", '#include "services/users/api.hpp"\n')
        self.refuse(tidy.layers, "platform/core/ids.cpp", '#include "events/user_created.hpp"\n')

    def test_platform_modules_have_an_order(self):
        self.refuse(tidy.layers, "platform/core/ids.cpp", '#include "platform/json/described.hpp"\n')
        self.refuse(tidy.layers, "platform/pg/pool.cpp", '#include "platform/bus/outbox.hpp"\n')
        self.accept(tidy.layers, "platform/bus/relay.cpp", '#include "platform/pg/pool.hpp"\n')
        self.accept(tidy.layers, "platform/pg/pool_test.cpp", '#include "platform/testing/servers.hpp"\n')

    def test_services_do_not_meet(self):
        self.refuse(tidy.layers, "services/users/app.cpp", '#include "services/auth/api.hpp"\n')

    def test_includes_point_downwards(self):
        self.refuse(tidy.layers, "services/users/users_repository.cpp", '#include "services/users/api.hpp"\n')
        self.refuse(tidy.layers, "services/users/domain/user.hpp", '#include "services/users/users_repository.hpp"\n')
        self.refuse(tidy.layers, "services/users/domain/user.hpp", '#include "platform/pg/pool.hpp"\n')
        self.accept(tidy.layers, "services/users/api.cpp", '#include "services/users/domain/user.hpp"\n')

    def test_events_and_cli_stand_apart(self):
        self.refuse(tidy.layers, "events/user.hpp", '#include "services/users/api.hpp"\n')
        self.refuse(tidy.layers, "cli/main.cpp", '#include "services/users/api.hpp"\n')

    def test_sql_lives_in_repositories(self):
        sql = 'constexpr auto q = "SELECT id FROM users.users";\n'
        self.refuse(tidy.sql_in_repositories, "services/users/api.cpp", sql)
        self.accept(tidy.sql_in_repositories, "services/users/users_repository.cpp", sql)

    def test_only_config_reads_the_environment(self):
        self.refuse(tidy.environment_in_config, "services/users/api.cpp", 'auto* x = std::getenv("X");\n')
        self.accept(tidy.environment_in_config, "services/users/config.hpp", 'auto* x = std::getenv("X");\n')


class Bans(Rule):
    def test_threads_in_services(self):
        self.refuse(tidy.bans, "services/images/app.cpp", "std::thread worker(run);\n")
        self.accept(tidy.bans, "services/images/app.cpp", "const auto n = std::thread::hardware_concurrency();\n")

    def test_detached_coroutines(self):
        self.refuse(tidy.bans, "platform/bus/relay.cpp", "net::co_spawn(executor, run(), net::detached);\n")
        self.accept(tidy.bans, "platform/bus/relay.cpp", "// never detached\n")

    def test_namespaces_and_guards_of_headers(self):
        self.refuse(tidy.bans, "platform/core/a.hpp", "#pragma once\nusing namespace std;\n")
        self.refuse(tidy.bans, "platform/core/a.hpp", "int a();\n", "pragma once")
        self.accept(tidy.bans, "platform/core/a.hpp", "#pragma once\nusing namespace std::chrono_literals;\n")

    def test_sleeping_tests(self):
        self.refuse(tidy.bans, "platform/bus/relay_test.cpp", "std::this_thread::sleep_for(1s);\n")
        self.accept(tidy.bans, "tests/harness/wait.cpp", "bool eventually(F holds) {\n    std::this_thread::sleep_for(10ms);\n}\n")

    def test_words_paths_and_pictures(self):
        self.refuse(tidy.words, "README.md", "TO" + "DO: finish\n")
        self.refuse(tidy.words, "README.md", "see /wo" + "rk/main/x\n")
        self.refuse(tidy.words, "README.md", "done \U0001F389\n")
        self.accept(tidy.words, "README.md", "a → b, network/work/flow\n")

    def test_catches_that_swallow(self):
        self.refuse(tidy.catches, "services/a/api.cpp", "} catch (const Failure&) {\n    return 1;\n}\n")
        self.refuse(tidy.catches, "services/a/api.cpp", "} catch (const Failure& failure) {\n    return 1;\n}\n")
        self.accept(tidy.catches, "services/a/api.cpp", "} catch (const Failure&) {  // away: that is the answer\n}\n")
        self.accept(tidy.catches, "services/a/api.cpp", "} catch (const Failure& failure) {\n    cause = failure.what();\n}\n")

    def test_coroutines_that_dangle(self):
        self.refuse(tidy.coroutines, "a.cpp", "auto f = [this](int x) -> awaitable<void> { co_return; };\n", "capturing")
        self.refuse(tidy.coroutines, "a.cpp", "try {\n} catch (const E& e) {\n    co_await g();\n}\n", "catch")
        self.refuse(tidy.coroutines, "a.cpp", "auto x = ready ? co_await g() : 0;\n", "?:")
        self.accept(tidy.coroutines, "a.cpp", "auto f = [](int x) -> awaitable<void> { co_await g(x); };\n")
        self.accept(tidy.coroutines, "a.cpp", "try {\n} catch (const E& e) {\n    note(e);\n}\nco_await g();\n")


class Sizes(Rule):
    def test_files(self):
        self.refuse(tidy.sizes, "a.cpp", "\n" * (tidy.LONGEST_FILE + 1))
        self.accept(tidy.sizes, "a.cpp", "\n" * tidy.LONGEST_FILE)

    def test_functions(self):
        long = "void f() {\n" + "    g();\n" * (tidy.LONGEST_FUNCTION + 1) + "}\n"
        self.refuse(tidy.sizes, "a.cpp", long, "function")
        self.accept(tidy.sizes, "a.cpp", "void f() {\n" + "    g();\n" * 60 + "}\n" + "void h() {\n" + "    g();\n" * 60 + "}\n")

    def test_names(self):
        self.refuse(tidy.names, "services/users/utils.hpp", "")
        self.refuse(tidy.names, "services/users/helpers/a.hpp", "")
        self.accept(tidy.names, "services/users/user.hpp", "")


class Lists(unittest.TestCase):
    def found(self, files):
        return [message for _, _, message in tidy.listed_in_cmake([tidy.Source(path, text) for path, text in files.items()])]

    def test_sources_stand_in_a_list(self):
        self.assertEqual(self.found({"cli/CMakeLists.txt": "add_library(cli a.cpp b/c.cpp)", "cli/a.cpp": "", "cli/b/c.cpp": ""}), [])
        self.assertEqual(len(self.found({"cli/CMakeLists.txt": "add_library(cli ba.cpp)", "cli/a.cpp": ""})), 1)
        self.assertEqual(len(self.found({"cli/CMakeLists.txt": "file(GLOB sources *.cpp)"})), 1)


if __name__ == "__main__":
    unittest.main()
