#include "services/images/domain/quotas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace darkroom::images {

namespace {

constexpr int warning_percent = 90;

struct Unit {
    std::string_view name;
    std::int64_t bytes;
};
constexpr std::int64_t thousand = 1000;
constexpr std::int64_t kibi = 1024;
constexpr std::array units{
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"KB", thousand},
    Unit{"MB", thousand* thousand},
    Unit{"GB", thousand* thousand* thousand},
    Unit{"TB", thousand* thousand* thousand* thousand},
    Unit{"KiB", kibi},
    Unit{"MiB", kibi* kibi},
    Unit{"GiB", kibi* kibi* kibi},
    Unit{"TiB", kibi* kibi* kibi* kibi},
};

/// nullopt for what is no size; an unlimited quota for "unlimited".
std::optional<Quota> parse_size(std::string_view text) {
    if (text == "unlimited") return Quota{};
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const auto unit = std::ranges::find(units, rest, &Unit::name);
    if (error != std::errc{} || number < 0 || unit == units.end()) return std::nullopt;
    if (number > std::numeric_limits<std::int64_t>::max() / unit->bytes) return std::nullopt;
    return Quota{number * unit->bytes};
}

}  // namespace

Result<Quotas> Quotas::parse(std::string_view text) {
    Quotas quotas;
    const std::array<std::pair<std::string_view, Quota*>, 4> named{{
        {"guest", &quotas.guest_},
        {"user", &quotas.user_},
        {"premium", &quotas.premium_},
        {"admin", &quotas.admin_},
    }};
    while (!text.empty()) {
        const auto pair = text.substr(0, text.find(','));
        text.remove_prefix(std::min(pair.size() + 1, text.size()));
        const auto name = pair.substr(0, pair.find('='));
        const auto role = std::ranges::find(named, name, [](const auto& row) { return row.first; });
        const auto size = parse_size(pair.substr(std::min(name.size() + 1, pair.size())));
        if (role == named.end() || !size || name.size() == pair.size()) {
            return invalid_field("", fmt::format("\"{}\" is not role=size such as user=1GB, or role=unlimited", pair));
        }
        *role->second = *size;
    }
    return quotas;
}

Quota Quotas::of(auth::Role role) const {
    switch (role) {
        case auth::Role::guest: return guest_;
        case auth::Role::user: return user_;
        case auth::Role::premium: return premium_;
        case auth::Role::admin: return admin_;
    }
    return guest_;
}

int percent_used(std::int64_t used, std::int64_t quota) {
    if (quota <= 0) return 100;
    // Through floating point: a product of bytes and 100 could overflow.
    const double share = static_cast<double>(used) / static_cast<double>(quota);
    return static_cast<int>(std::min(share * 100, 1000.0));
}

bool is_nearly_full(std::int64_t used, const Quota& quota) {
    return quota && *quota > 0 && percent_used(used, *quota) >= warning_percent;
}

}  // namespace darkroom::images
