#include "services/images/worker/operations.hpp"

#include <algorithm>
#include <array>

namespace darkroom::images::worker {

namespace {

constexpr std::array table{
    Operation{"grayscale", &grayscale},
    Operation{"gaussian_blur", &gaussian_blur},
    Operation{"rotate", &rotate, true},
    Operation{"resize", &resize},
};

}  // namespace

const Operation* find_operation(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Operation::name);
    return found == table.end() ? nullptr : &*found;
}

double number(const json::Object& parameters, std::string_view name) {
    return parameters.at(name).to_number<double>();
}

bool flag(const json::Object& parameters, std::string_view name) {
    return parameters.at(name).as_bool();
}

std::string text(const json::Object& parameters, std::string_view name) {
    return std::string(json::view(parameters.at(name).as_string()));
}

}  // namespace darkroom::images::worker
