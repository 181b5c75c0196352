// Removes what has grown too old: originals and results by configuration, answers to repeated requests after a day.
#pragma once

#include "services/images/uploads.hpp"

namespace darkroom::images {

struct RetentionOptions {
    /// 0: originals are kept until their owner deletes them.
    Milliseconds uploads{};
    /// Finished processings and their results, counted from their end; 0: as long as their upload.
    Milliseconds results{};
    Milliseconds interval = 60s;
};

struct RetentionParts {
    pg::Pool& pool;
    UploadsRepository& uploads;
    JobsRepository& jobs;
    FilesRepository& files;
    UsageRepository& usage;
    IdempotencyRepository& idempotency;
    FileCollector& collector;
    /// Removes an upload as its owner would.
    Uploads& removal;
};

class Retention {
public:
    Retention(RetentionParts parts, RetentionOptions options) : parts_(parts), options_(options) {}

    /// Runs until cancelled; spawn it in a TaskGroup. Any number of instances may.
    awaitable<> run();
    /// One round, to its end.
    awaitable<> sweep();

private:
    awaitable<> sweep_uploads();
    /// False when nothing was left.
    awaitable<bool> sweep_results();

    RetentionParts parts_;
    RetentionOptions options_;
};

}  // namespace darkroom::images
