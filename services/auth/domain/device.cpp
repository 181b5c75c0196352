#include "services/auth/domain/device.hpp"

#include <algorithm>
#include <array>

namespace darkroom::accounts {

namespace {

constexpr std::size_t longest_product = 40;

struct Mark {
    std::string_view token;
    std::string_view name;
};

// The order counts: nearly every browser also claims to be one of those that stand further down.
constexpr std::array<Mark, 9> browsers{{{"Edg/", "Edge"},
                                        {"EdgA/", "Edge"},
                                        {"OPR/", "Opera"},
                                        {"SamsungBrowser/", "Samsung Internet"},
                                        {"FxiOS/", "Firefox"},
                                        {"Firefox/", "Firefox"},
                                        {"CriOS/", "Chrome"},
                                        {"Chrome/", "Chrome"},
                                        {"Safari/", "Safari"}}};

constexpr std::array<Mark, 7> systems{{{"iPhone", "iPhone"},
                                       {"iPad", "iPad"},
                                       {"Android", "Android"},
                                       {"Windows", "Windows"},
                                       {"Macintosh", "macOS"},
                                       {"CrOS", "ChromeOS"},
                                       {"Linux", "Linux"}}};

template <std::size_t Size>
std::string_view name_in(std::string_view user_agent, const std::array<Mark, Size>& marks) {
    const auto stands_in = [user_agent](const Mark& mark) { return user_agent.find(mark.token) != std::string_view::npos; };
    const auto* const found = std::ranges::find_if(marks, stands_in);
    return found == marks.end() ? std::string_view{} : found->name;
}

}  // namespace

std::string device_family(std::string_view user_agent) {
    const auto browser = name_in(user_agent, browsers);
    const auto system = name_in(user_agent, systems);
    if (!browser.empty() && !system.empty()) return std::string(browser) + " on " + std::string(system);
    if (!browser.empty()) return std::string(browser);
    // A program: "python-requests/2.32" is python-requests.
    const auto product = user_agent.substr(0, user_agent.find_first_of("/ ("));
    if (product.empty()) return "unknown device";
    return std::string(product.substr(0, longest_product));
}

}  // namespace darkroom::accounts
