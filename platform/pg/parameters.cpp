#include "platform/pg/parameters.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace darkroom::pg {

namespace {

/// Reads {a,"b\"c",NULL} from left to right.
class ArrayReader {
public:
    explicit ArrayReader(std::string_view text) : rest_(text) {}

    std::vector<std::optional<std::string>> read() {
        std::vector<std::optional<std::string>> elements;
        expect('{');
        if (!rest_.empty() && rest_.front() == '}') {
            expect('}');
            return finish(std::move(elements));
        }
        while (true) {
            elements.push_back(element());
            if (rest_.empty()) refuse();
            if (rest_.front() == '}') break;
            expect(',');
        }
        expect('}');
        return finish(std::move(elements));
    }

private:
    [[noreturn]] static void refuse() { throw std::logic_error("not the text of a one-dimensional PostgreSQL array"); }

    std::vector<std::optional<std::string>> finish(std::vector<std::optional<std::string>> elements) const {
        if (!rest_.empty()) refuse();
        return elements;
    }

    void expect(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) refuse();
        rest_.remove_prefix(1);
    }

    char take() {
        if (rest_.empty()) refuse();
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    std::optional<std::string> element() {
        if (rest_.empty() || rest_.front() == '{') refuse();
        std::string value;
        if (rest_.front() == '"') {
            expect('"');
            for (char c = take(); c != '"'; c = take()) value += c == '\\' ? take() : c;
            return value;
        }
        while (!rest_.empty() && rest_.front() != ',' && rest_.front() != '}') value += take();
        if (value == "NULL") return std::nullopt;
        return value;
    }

    std::string_view rest_;
};

}  // namespace

std::string array_text(const std::vector<std::optional<std::string>>& elements) {
    std::string text = "{";
    for (const auto& element : elements) {
        if (text.size() > 1) text += ',';
        if (!element) {
            text += "NULL";
            continue;
        }
        text += '"';
        for (const char c : *element) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    return text + '}';
}

std::vector<std::optional<std::string>> parse_array(std::string_view text) {
    return ArrayReader(text).read();
}

std::string number_text(double value) {
    return fmt::format("{}", value);
}

std::string timestamp_text(Timestamp time) {
    auto text = to_rfc3339(time);
    const auto micros = std::chrono::floor<std::chrono::microseconds>(time) - std::chrono::floor<Milliseconds>(time);
    text.insert(text.size() - 1, fmt::format("{:03}", micros.count()));
    return text;
}

}  // namespace darkroom::pg
