#include "platform/core/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace darkroom {

namespace {

using namespace std::chrono;

/// Reads fixed-width numbers and literals from the front of a text; `ok` turns false at the first mismatch and stays so.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        if (rest_.size() < digits) return give_up();
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return give_up();
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }

    bool accept(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
        last_ = rest_.front();
        rest_.remove_prefix(1);
        return true;
    }

    void expect(std::string_view any_of) {
        if (!accept(any_of)) give_up();
    }

    /// Digits after the point, as microseconds; further digits are cut.
    int microseconds_fraction() {
        int value = 0;
        int digits = 0;
        while (accept("0123456789")) {
            if (digits < 6) value = value * 10 + (last_ - '0');
            ++digits;
        }
        if (digits == 0) return give_up();
        for (; digits < 6; ++digits) value *= 10;
        return value;
    }

    char last() const { return last_; }
    bool done() const { return ok_ && rest_.empty(); }
    bool at_end() const { return rest_.empty(); }

private:
    int give_up() {
        ok_ = false;
        return 0;
    }

    std::string_view rest_;
    char last_ = '\0';
    bool ok_ = true;
};

}  // namespace

std::string to_rfc3339(Timestamp time) {
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<milliseconds>(time - day)};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
    const auto refusal = [] { return invalid_field("", "is not an RFC 3339 time such as 2026-11-22T08:00:00Z"); };
    Scanner scan(text);
    const int year_number = scan.number(4);
    scan.expect("-");
    const auto month_number = static_cast<unsigned>(scan.number(2));
    scan.expect("-");
    const auto day_number = static_cast<unsigned>(scan.number(2));
    scan.expect("Tt ");
    const int hour = scan.number(2);
    scan.expect(":");
    const int minute = scan.number(2);
    scan.expect(":");
    const int second = scan.number(2);
    const int fraction = scan.accept(".") ? scan.microseconds_fraction() : 0;

    minutes offset{0};
    if (!scan.accept("Zz")) {
        scan.expect("+-");
        const int sign = scan.last() == '-' ? -1 : 1;
        const int hours_offset = scan.number(2);
        int minutes_offset = 0;
        if (!scan.at_end()) {
            scan.expect(":");
            minutes_offset = scan.number(2);
        }
        if (hours_offset > 23 || minutes_offset > 59) return refusal();
        offset = minutes{sign * (hours_offset * 60 + minutes_offset)};
    }
    const year_month_day date{year{year_number}, month{month_number}, day{day_number}};
    // 60 is a leap second; it is read as the first moment of the next minute.
    if (!scan.done() || !date.ok() || hour > 23 || minute > 59 || second > 60) return refusal();
    return Timestamp{sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} + microseconds{fraction} - offset;
}

std::string to_http_date(Timestamp time) {
    static constexpr std::array names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months_of_year{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<seconds>(time - day)};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", names[weekday{day}.c_encoding()],
                       static_cast<unsigned>(date.day()), months_of_year[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

Timestamp Clock::now() const {
    return darkroom::now();
}

Timestamp now() {
    return floor<microseconds>(system_clock::now());
}

}  // namespace darkroom
