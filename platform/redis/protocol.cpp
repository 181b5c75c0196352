#include "platform/redis/protocol.hpp"

#include <hiredis/hiredis.h>

#include <new>

namespace darkroom::redis {

namespace {

struct FreeReply {
    void operator()(void* reply) const { freeReplyObject(reply); }
};

std::string text_of(const redisReply& reply) {
    return {reply.str, static_cast<std::size_t>(reply.len)};
}

Reply convert(const redisReply& reply) {
    switch (reply.type) {
        case REDIS_REPLY_INTEGER: return {std::int64_t{reply.integer}};
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_ERROR: return {text_of(reply)};
        case REDIS_REPLY_ARRAY: {
            Reply::Array elements;
            elements.reserve(reply.elements);
            for (std::size_t i = 0; i < reply.elements; ++i) elements.push_back(convert(*reply.element[i]));
            return {std::move(elements)};
        }
        default: return {};
    }
}

[[noreturn]] void refuse_type() {
    throw std::logic_error("the Redis reply is of another type than asked for");
}

}  // namespace

std::int64_t Reply::integer() const {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    refuse_type();
}

const std::string& Reply::text() const {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    refuse_type();
}

const Reply::Array& Reply::array() const {
    if (const auto* elements = std::get_if<Array>(&value)) return *elements;
    refuse_type();
}

std::string format_command(const std::vector<std::string>& words) {
    std::vector<const char*> pointers;
    std::vector<std::size_t> lengths;
    for (const auto& word : words) {
        pointers.push_back(word.data());
        lengths.push_back(word.size());
    }
    char* bytes = nullptr;
    // int in hiredis 1.1, long long from 1.2 on.
    const auto length = redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), pointers.data(), lengths.data());
    if (length < 0) throw std::bad_alloc();
    std::string text(bytes, static_cast<std::size_t>(length));
    redisFreeCommand(bytes);
    return text;
}

void ReplyReader::Free::operator()(redisReader* reader) const {
    redisReaderFree(reader);
}

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {
    if (!reader_) throw std::bad_alloc();
}

void ReplyReader::feed(std::string_view bytes) {
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) throw std::runtime_error(reader_->errstr);
}

std::optional<Parsed> ReplyReader::next() {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) throw std::runtime_error(reader_->errstr);
    if (raw == nullptr) return std::nullopt;
    const std::unique_ptr<void, FreeReply> owner(raw);
    const auto& reply = *static_cast<const redisReply*>(raw);
    Parsed parsed;
    if (reply.type == REDIS_REPLY_ERROR) {
        parsed.error = text_of(reply);
    } else {
        parsed.reply = convert(reply);
    }
    return parsed;
}

}  // namespace darkroom::redis
