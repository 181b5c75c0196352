#include "platform/http/multipart.hpp"

#include "platform/http/multipart_parser.hpp"

namespace darkroom::http {

/// Feeds the machine from the body. What the machine leaves over waits in `kept_`, which is nearly always empty: content then
/// goes through without a copy.
class MultipartReader::Parser {
public:
    using Event = MultipartParser::Event;

    Parser(BodyReader& body, std::string_view boundary, MultipartLimits limits)
        : body_(body), machine_(boundary, limits), limits_(limits) {}

    awaitable<std::optional<Part>> next_part() {
        while (true) {
            const auto step = co_await next_event();
            if (step.event == Event::part) {
                in_part_ = true;
                co_return machine_.part();
            }
            if (step.event != Event::end) continue;
            // The rest belongs to the message, not to us; unread it would cost the connection.
            while (true) {
                const auto rest = co_await body_.read();
                if (!rest) co_return std::nullopt;
            }
        }
    }

    awaitable<std::optional<std::string_view>> read() {
        while (in_part_) {
            const auto step = co_await next_event();
            if (step.event == Event::content) co_return step.content;
            in_part_ = false;
        }
        co_return std::nullopt;
    }

    std::size_t field_bytes() const { return limits_.field_bytes; }

private:
    /// Anything but `need_more`.
    awaitable<MultipartParser::Step> next_event() {
        while (true) {
            const auto step = machine_.next(input_);
            input_.remove_prefix(step.consumed);
            if (step.event != Event::need_more) co_return step;
            if (step.consumed != 0 && !input_.empty()) continue;
            co_await read_more();
        }
    }

    awaitable<> read_more() {
        // Before the next read: the view dies with it.
        std::string left(input_);
        const auto piece = co_await body_.read();
        if (!piece) fail({Kind::invalid, "malformed_multipart", "the multipart body ends before its last boundary"});
        kept_ = std::move(left);
        if (kept_.empty()) {
            input_ = *piece;
        } else {
            kept_.append(*piece);
            input_ = kept_;
        }
    }

    BodyReader& body_;
    MultipartParser machine_;
    MultipartLimits limits_;
    /// Not consumed yet: a view into the body's last piece or into `kept_`.
    std::string_view input_;
    std::string kept_;
    bool in_part_ = false;
};

MultipartReader::MultipartReader(BodyReader& body, std::string_view content_type, MultipartLimits limits)
    : parser_(std::make_unique<Parser>(body, multipart_boundary(content_type).value(), limits)) {}

MultipartReader::~MultipartReader() = default;

awaitable<std::optional<Part>> MultipartReader::next() {
    return parser_->next_part();
}

awaitable<std::optional<std::string_view>> MultipartReader::read() {
    return parser_->read();
}

awaitable<std::string> MultipartReader::read_text() {
    const auto limit = parser_->field_bytes();
    std::string text;
    while (true) {
        const auto piece = co_await parser_->read();
        if (!piece) break;
        if (piece->size() > limit - text.size()) {
            fail({Kind::too_large, "field_too_large", "a form field is larger than " + std::to_string(limit) + " bytes"});
        }
        text.append(*piece);
    }
    co_return text;
}

}  // namespace darkroom::http
