#include "services/notifications/domain/text.hpp"

#include <algorithm>

namespace darkroom::notifications {

namespace {

/// Of valid UTF-8: every byte but continuations begins a character.
std::size_t characters_in(std::string_view text) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

bool is_unreadable(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

bool is_type_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

Result<std::string> readable_text(std::string_view text, std::size_t max_characters) {
    if (text.empty() || characters_in(text) > max_characters) {
        return invalid_field("", "must be 1 to " + std::to_string(max_characters) + " characters");
    }
    if (std::ranges::any_of(text, is_unreadable)) return invalid_field("", "must not contain control characters");
    return std::string(text);
}

Result<Title> Title::parse(std::string_view text) {
    auto checked = readable_text(text, schema.max_length);
    if (!checked) return checked.error();
    Title title;
    title.text_ = std::move(*checked);
    return title;
}

Result<Message> Message::parse(std::string_view text) {
    auto checked = readable_text(text, schema.max_length);
    if (!checked) return checked.error();
    Message message;
    message.text_ = std::move(*checked);
    return message;
}

Result<TypeFilter> TypeFilter::parse(std::string_view text) {
    const bool well_formed = !text.empty() && text.size() <= schema.max_length && text.front() >= 'a' && text.front() <= 'z' &&
                             std::ranges::all_of(text, is_type_character);
    if (!well_formed) return invalid_field("", "is not a notification type: lower-case letters, digits and _");
    TypeFilter filter;
    filter.text_ = std::string(text);
    return filter;
}

Result<SortOrder> SortOrder::parse(std::string_view text) {
    if (text != "created_at" && text != "-created_at") return invalid_field("", "must be created_at or -created_at");
    SortOrder order;
    order.ascending_ = text == "created_at";
    return order;
}

Result<IdempotencyKey> IdempotencyKey::parse(std::string_view text) {
    const auto is_visible = [](char c) { return c > ' ' && c <= '~'; };
    if (text.empty() || text.size() > 128 || !std::ranges::all_of(text, is_visible)) {
        return invalid_field("Idempotency-Key", "must be 1 to 128 visible ASCII characters");
    }
    IdempotencyKey key;
    key.text_ = std::string(text);
    return key;
}

}  // namespace darkroom::notifications
