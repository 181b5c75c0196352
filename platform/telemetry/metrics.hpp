// Prometheus metrics of one process, over prometheus-cpp. Thread-safe; every family has HELP. Names end in a unit (_total,
// _seconds, _bytes).
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::telemetry {

using Labels = std::map<std::string, std::string>;

class Metrics {
public:
    explicit Metrics(std::string service);

    /// The same name and labels give the same series; keep the reference on hot paths. Labels must be bounded: route templates,
    /// never paths or ids.
    prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    prometheus::Histogram& histogram(const std::string& name, const std::string& help, const Labels& labels,
                                     const std::vector<double>& bounds);
    /// A gauge that is asked for its value at every scrape. `value` must stay callable as long as this object lives.
    void observe(const std::string& name, const std::string& help, const Labels& labels, std::function<double()> value);

    /// darkroom_http_request_duration_seconds{method,route,status} and darkroom_http_errors_total.
    void count_request(std::string_view method, std::string_view route, int status, double seconds);

    /// Prometheus text format 0.0.4.
    std::string scrape();

private:
    struct Observed {
        prometheus::Gauge* gauge;
        std::function<double()> value;
    };
    std::shared_ptr<prometheus::Registry> registry_;
    std::vector<Observed> observed_;
    std::map<std::string, prometheus::Histogram*, std::less<>> requests_;
    std::map<std::string, prometheus::Counter*, std::less<>> errors_;
};

/// Buckets for request times: 1 ms to 10 s.
const std::vector<double>& time_buckets();

}  // namespace darkroom::telemetry
