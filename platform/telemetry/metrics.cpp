#include "platform/telemetry/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

namespace darkroom::telemetry {

Metrics::Metrics(std::string service) : registry_(std::make_shared<prometheus::Registry>()) {
    gauge("darkroom_build_info", "Always 1; the labels say which service this is.", {{"service", std::move(service)}}).Set(1);
}

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram& Metrics::histogram(const std::string& name, const std::string& help, const Labels& labels,
                                          const std::vector<double>& bounds) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, bounds);
}

void Metrics::observe(const std::string& name, const std::string& help, const Labels& labels, std::function<double()> value) {
    observed_.push_back({&gauge(name, help, labels), std::move(value)});
}

void Metrics::count_request(std::string_view method, std::string_view route, int status, double seconds) {
    // Looked up by one string first: building label maps for every request would cost more than the request's other metrics.
    const auto key = fmt::format("{} {} {}", method, route, status);
    auto found = requests_.find(key);
    if (found == requests_.end()) {
        const Labels labels{{"method", std::string(method)}, {"route", std::string(route)}, {"status", std::to_string(status)}};
        auto& series =
            histogram("darkroom_http_request_duration_seconds",
                      "Time from a request's head to the end of its answer, by route template.", labels, time_buckets());
        found = requests_.emplace(key, &series).first;
        if (status >= 400) {
            errors_.emplace(key, &counter("darkroom_http_errors_total", "Answers with a status of 400 or more.", labels));
        }
    }
    found->second->Observe(seconds);
    if (status >= 400) errors_.find(key)->second->Increment();
}

std::string Metrics::scrape() {
    for (const auto& [gauge, value] : observed_) gauge->Set(value());
    return prometheus::TextSerializer().Serialize(registry_->Collect());
}

const std::vector<double>& time_buckets() {
    static const std::vector<double> bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    return bounds;
}

}  // namespace darkroom::telemetry
