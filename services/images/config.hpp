// The variables of image-service beside those of every service (platform/service/config.hpp).
#pragma once

#include "platform/service/config.hpp"
#include "services/images/domain/quotas.hpp"
#include "services/images/retention.hpp"
#include "services/images/worker/protocol.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace darkroom::images {

struct Config {
    Secret database_url;
    Secret database_replica_url;
    std::filesystem::path data_directory;
    std::string worker_program;
    std::size_t concurrency = 1;
    std::int64_t max_upload_bytes = 0;
    worker::Limits limits{};
    Milliseconds job_deadline{};
    Quotas quotas{};
    RetentionOptions retention{};

    static Config load(Environment& environment) {
        constexpr std::int64_t mebibyte = 1024 * 1024;
        Config config;
        config.database_url = environment.required_secret("DATABASE_URL", "PostgreSQL, as the role darkroom_images.");
        config.database_replica_url = ServiceConfig::database_replica(environment);
        config.data_directory = environment.required_text("DATA_DIR", "Where originals and results are kept.");
        config.worker_program =
            environment.text("IMAGE_WORKER", beside_this_program("darkroom-image-worker"), "The program that decodes images.");
        const auto jobs = environment.integer("IMAGE_CONCURRENCY", 0, 0, 256, "Jobs at a time; 0 for one per processor.");
        config.concurrency =
            jobs > 0 ? static_cast<std::size_t>(jobs) : std::max<std::size_t>(1, std::thread::hardware_concurrency());
        config.max_upload_bytes =
            mebibyte * environment.integer("MAX_UPLOAD_MIB", 25, 1, 1000, "Largest file that is accepted, in MiB.");
        config.limits.max_pixels =
            1'000'000 * environment.integer("MAX_MEGAPIXELS", 100, 1, 1000, "Width x height x frames that is accepted.");
        config.limits.memory_bytes =
            mebibyte * environment.integer("IMAGE_JOB_MEMORY_MIB", 1536, 256, 65536, "Address space of one job, in MiB.");
        config.limits.cpu_seconds = environment.integer("IMAGE_JOB_CPU_SECONDS", 60, 1, 3600, "Processor time of one job.");
        config.job_deadline = environment.duration("IMAGE_JOB_DEADLINE", 120s, "How long one job may take.");
        const auto quotas = Quotas::parse(
            environment.text("IMAGE_QUOTAS", Quotas::defaults, "What a user may store, by role: 5MB, 2GiB or unlimited."));
        if (quotas.has_error()) environment.problem("IMAGE_QUOTAS", quotas.error().fields.at(0).message);
        config.quotas = quotas.has_value() ? *quotas : Quotas{};
        config.retention.uploads =
            environment.duration("UPLOAD_RETENTION", 0s, "Age at which uploads are removed, such as 365d; 0 keeps them.");
        config.retention.results = environment.duration("RESULT_RETENTION", std::chrono::days{30},
                                                        "Age at which results are removed; 0 keeps them with their upload.");
        return config;
    }

private:
    static std::string beside_this_program(const char* name) {
        std::error_code error;
        const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
        return error ? std::string(name) : (self.parent_path() / name).string();
    }
};

}  // namespace darkroom::images
