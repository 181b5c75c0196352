// One fetch for all who want the same at the same time.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/async/runtime.hpp"
#include "platform/core/time.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace darkroom {

/// Loop thread only. A fetch is a task of the runtime, no waiter's own: whoever gives up waiting leaves it to the others. What
/// it refers to must live until the runtime's tasks have stopped, and it must have a deadline of its own.
template <class T>
class SingleFlight {
public:
    SingleFlight(Runtime& runtime, std::string name)
        : runtime_(runtime), name_(std::move(name)), flights_(std::make_shared<Flights>()) {}
    SingleFlight(const SingleFlight&) = delete;
    SingleFlight& operator=(const SingleFlight&) = delete;

    /// Fetches that are under way.
    std::size_t size() const { return flights_->size(); }
    bool contains(const std::string& key) const { return flights_->contains(key); }

    /// What the fetch for `key` brings or throws. Without one under way `begin()`, an awaitable<T>, is begun; nothing is
    /// remembered once it has ended.
    template <class Begin>
    awaitable<T> join(std::string key, Begin begin) {
        const auto known = flights_->find(key);
        auto flight = known == flights_->end() ? nullptr : known->second;
        if (!flight) {
            flight = std::make_shared<Flight>(runtime_.executor());
            flights_->emplace(key, flight);
            runtime_.tasks().spawn(name_, fly(flights_, std::move(key), flight, begin()));
        }
        while (!flight->ended) co_await flight->landed.wait_for(1min);
        if (flight->error) std::rethrow_exception(flight->error);
        co_return *flight->value;
    }

private:
    struct Flight {
        explicit Flight(Executor executor) : landed(executor) {}
        std::optional<T> value;
        std::exception_ptr error;
        bool ended = false;
        Notifier landed;
    };
    using Flights = std::unordered_map<std::string, std::shared_ptr<Flight>>;

    static awaitable<> fly(std::shared_ptr<Flights> flights, std::string key, std::shared_ptr<Flight> flight,
                           awaitable<T> fetch) {
        try {
            flight->value.emplace(co_await std::move(fetch));
        } catch (...) {  // handed to all who wait
            flight->error = std::current_exception();
        }
        flights->erase(key);
        flight->ended = true;
        flight->landed.notify();
    }

    Runtime& runtime_;
    std::string name_;
    std::shared_ptr<Flights> flights_;
};

}  // namespace darkroom
