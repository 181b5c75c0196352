#include "cli/supervisor/log_file.hpp"
#include "cli/supervisor/log_lines.hpp"
#include "platform/json/described.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace darkroom::cli {
namespace {

std::vector<std::string> lines_of(std::initializer_list<std::string_view> pieces) {
    LineSplitter splitter;
    std::vector<std::string> lines;
    for (const auto piece : pieces) splitter.feed(piece, [&](std::string_view line) { lines.emplace_back(line); });
    return lines;
}

TEST(LineSplitter, JoinsLinesThatArriveInPieces) {
    EXPECT_EQ(lines_of({"on", "e\ntw", "o\n\nthr"}), (std::vector<std::string>{"one", "two"}));
}

TEST(LineSplitter, CutsALineWithoutEndInsteadOfGrowing) {
    const std::string flood(LineSplitter::longest, 'x');

    const auto lines = lines_of({flood, flood, flood + "\nnext\n"});

    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].size(), LineSplitter::longest);
    EXPECT_EQ(lines[1], "next");
}

TEST(JsonLine, LeavesJsonAloneAndWrapsTheRestWithItsLevel) {
    EXPECT_EQ(as_json_line("x", R"({"message":"m"})"), R"({"message":"m"})");

    const auto wrapped = json::parse(as_json_line("postgres", "2026 [7] ERROR:  relation \"t\" does not exist")).value();

    EXPECT_EQ(wrapped.at("level").as_string(), "error");
    EXPECT_EQ(wrapped.at("service").as_string(), "postgres");
}

TEST(LogFile, RotatesBySizeAndKeepsThreeOldFiles) {
    const auto directory = std::filesystem::temp_directory_path() / ("darkroom-log-test-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory);
    const auto path = directory / "a.log";
    {
        LogFile log(path, 20);

        for (int i = 0; i < 10; ++i) log.write("line " + std::to_string(i));
    }

    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) files += entry.is_regular_file() ? 1 : 0;
    EXPECT_EQ(files, 4U);
    std::string last;
    std::ifstream stream(path);
    for (std::string line; std::getline(stream, line);) last = line;
    EXPECT_EQ(last, "line 9");
    std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace darkroom::cli
