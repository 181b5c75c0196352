#include "platform/json/schema.hpp"

namespace darkroom::json {

Object text_schema(const TextSchema& facts) {
    Object object{{"type", "string"}};
    if (facts.min_length > 0) object.emplace("minLength", facts.min_length);
    if (facts.max_length > 0) object.emplace("maxLength", facts.max_length);
    if (!facts.pattern.empty()) object.emplace("pattern", boost::json::string(facts.pattern));
    if (!facts.format.empty()) object.emplace("format", boost::json::string(facts.format));
    return object;
}

}  // namespace darkroom::json
