// A map that cannot grow without bound.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace darkroom {

/// Values by text. Beyond `limit` entries the oldest leaves; a value that is set again is as old as before.
template <class Value>
class BoundedMap {
public:
    explicit BoundedMap(std::size_t limit) : limit_(limit) {}
    BoundedMap(const BoundedMap&) = delete;
    BoundedMap& operator=(const BoundedMap&) = delete;

    std::size_t size() const { return by_key_.size(); }
    /// nullptr where there is none; good until the next change.
    const Value* find(std::string_view key) const {
        const auto found = by_key_.find(key);
        return found == by_key_.end() ? nullptr : &found->second->second;
    }
    /// True when the key is new.
    bool set(std::string_view key, Value value) {
        if (const auto found = by_key_.find(key); found != by_key_.end()) {
            found->second->second = std::move(value);
            return false;
        }
        by_age_.emplace_back(std::string(key), std::move(value));
        by_key_.emplace(by_age_.back().first, std::prev(by_age_.end()));
        if (by_age_.size() > limit_) erase(std::string_view(by_age_.front().first));
        return true;
    }
    void erase(std::string_view key) {
        const auto found = by_key_.find(key);
        if (found == by_key_.end()) return;
        // The map's key is a view of the list's.
        const auto entry = found->second;
        by_key_.erase(found);
        by_age_.erase(entry);
    }

private:
    using Entries = std::list<std::pair<std::string, Value>>;

    std::size_t limit_;
    Entries by_age_;
    std::unordered_map<std::string_view, typename Entries::iterator> by_key_;
};

}  // namespace darkroom
