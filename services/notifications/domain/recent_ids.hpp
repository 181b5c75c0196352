// Ids seen lately, so that what arrives by two ways is handed on once.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

namespace darkroom::notifications {

/// Bounded: beyond `limit` the oldest are forgotten.
class RecentIds {
public:
    explicit RecentIds(std::size_t limit) : limit_(limit) {}

    /// True the first time.
    bool insert(std::string_view id) {
        if (!known_.emplace(id).second) return false;
        by_age_.emplace_back(id);
        if (by_age_.size() > limit_) {
            known_.erase(by_age_.front());
            by_age_.pop_front();
        }
        return true;
    }

private:
    std::size_t limit_;
    std::unordered_set<std::string> known_;
    std::deque<std::string> by_age_;
};

}  // namespace darkroom::notifications
