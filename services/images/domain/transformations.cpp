#include "services/images/domain/transformations.hpp"

#include "platform/identity/text.hpp"

#include <array>

namespace darkroom::images {

namespace {

json::Value default_value(const Parameter& parameter) {
    if (const auto* flag = std::get_if<bool>(&parameter.fallback)) return *flag;
    if (const auto* text = std::get_if<std::string_view>(&parameter.fallback)) return boost::json::string(*text);
    if (const auto* number = std::get_if<double>(&parameter.fallback)) {
        if (parameter.type == ParameterType::integer) return static_cast<std::int64_t>(*number);
        return *number;
    }
    return nullptr;
}

void check_bounds(const Parameter& parameter, double value, json::Problems& problems) {
    const bool low = parameter.minimum && value < *parameter.minimum;
    const bool high = parameter.maximum && value > *parameter.maximum;
    if (low || high) problems.add(fmt::format("must be from {} to {}", *parameter.minimum, *parameter.maximum));
}

void check_choice(const Parameter& parameter, std::string_view value, json::Problems& problems) {
    if (!parameter.choices.empty()) {
        if (std::ranges::find(parameter.choices, value) == parameter.choices.end())
            problems.add(json::one_of(parameter.choices));
    } else if (parameter.well_formed != nullptr && !parameter.well_formed(value)) {
        problems.add("is not well-formed: " + std::string(parameter.description));
    }
}

/// One spelling per value (5 and 5.0 are one number), so that equal recipes are equal texts.
std::optional<json::Value> read(const Parameter& parameter, const json::Value& given, json::Problems& problems) {
    switch (parameter.type) {
        case ParameterType::integer:
            if (const auto value = json::decode_value<std::int64_t>(given, problems)) {
                check_bounds(parameter, static_cast<double>(*value), problems);
                check_choice(parameter, std::to_string(*value), problems);
                return *value;
            }
            return std::nullopt;
        case ParameterType::number:
            if (const auto value = json::decode_value<double>(given, problems)) {
                check_bounds(parameter, *value, problems);
                // -0.0 would be spelled differently from 0.
                return *value == 0 ? 0.0 : *value;
            }
            return std::nullopt;
        case ParameterType::boolean:
            if (const auto value = json::decode_value<bool>(given, problems)) return *value;
            return std::nullopt;
        case ParameterType::string:
            if (const auto value = json::decode_value<std::string>(given, problems)) {
                check_choice(parameter, *value, problems);
                return boost::json::string(*value);
            }
            return std::nullopt;
    }
    return std::nullopt;
}

void refuse_unknown(const Transformation& transformation, const json::Object& given, json::Problems& problems) {
    for (const auto& member : given) {
        const std::string_view name(member.key());
        if (std::ranges::find(transformation.parameters, name, &Parameter::name) != transformation.parameters.end()) continue;
        const json::Problems::Step step(problems, name);
        problems.add(fmt::format("is not a parameter of {}", transformation.name));
    }
}

}  // namespace

bool is_colour(std::string_view text) {
    if (text.size() != 7 && text.size() != 9) return false;
    return text[0] == '#' && text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

bool is_watermark_text(std::string_view text) {
    constexpr std::size_t longest = 200;
    const auto length = identity::count_code_points(text);
    return length && *length <= longest && !identity::trim(text).empty() && !identity::has_control_character(text);
}

std::optional<json::Object> complete_parameters(const Transformation& transformation, const json::Object& given,
                                                json::Problems& problems) {
    json::Object complete;
    // A problem of another step must not spoil this one's verdict.
    json::Problems own(problems.unknown());
    for (const auto& parameter : transformation.parameters) {
        const json::Problems::Step step(own, parameter.name);
        const auto* value = given.if_contains(parameter.name);
        if (value != nullptr && !value->is_null()) {
            if (auto read_value = read(parameter, *value, own)) complete.emplace(parameter.name, std::move(*read_value));
        } else if (parameter.required) {
            own.add("is required");
        } else if (!std::holds_alternative<std::monostate>(parameter.fallback)) {
            complete.emplace(parameter.name, default_value(parameter));
        }
    }
    refuse_unknown(transformation, given, own);
    if (own.empty() && transformation.check != nullptr) transformation.check(complete, own);
    if (own.empty()) return complete;
    for (auto& error : own.take()) {
        const json::Problems::Step step(problems, error.field);
        problems.add(std::move(error.message));
    }
    return std::nullopt;
}

json::Object describe(const Transformation& transformation) {
    json::Array parameters;
    for (const auto& parameter : transformation.parameters) {
        json::Object row{{"name", boost::json::string(parameter.name)},
                         {"type", boost::json::string(json::enum_text(parameter.type))},
                         {"required", parameter.required}};
        if (parameter.minimum) row.emplace("minimum", *parameter.minimum);
        if (parameter.maximum) row.emplace("maximum", *parameter.maximum);
        if (!parameter.choices.empty()) {
            json::Array choices;
            for (const auto choice : parameter.choices) {
                const bool whole = parameter.type == ParameterType::integer;
                choices.push_back(whole ? boost::json::parse(choice) : json::Value(boost::json::string(choice)));
            }
            row.emplace("enum", std::move(choices));
        }
        if (!std::holds_alternative<std::monostate>(parameter.fallback)) row.emplace("default", default_value(parameter));
        row.emplace("description", boost::json::string(parameter.description));
        parameters.push_back(std::move(row));
    }
    return {{"name", boost::json::string(transformation.name)},
            {"description", boost::json::string(transformation.description)},
            {"parameters", std::move(parameters)}};
}

}  // namespace darkroom::images
