// The main of every integration test program.
#include "platform/async/runtime.hpp"
#include "platform/core/log.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    ::testing::InitGoogleTest(&argc, argv);
    // DARKROOM_TEST_LOG=debug shows what the code under test says.
    if (const char* level = std::getenv("DARKROOM_TEST_LOG")) darkroom::log::start("test", darkroom::log::level_from(level));
    return RUN_ALL_TESTS();
}
