// Processings: what is done to uploads.
#pragma once

#include "services/images/processings.hpp"
#include "services/images/uploads_api.hpp"

namespace darkroom::images {

struct ProcessRequest : RecipeRequest {
    std::optional<UserId> user_id;
};
BOOST_DESCRIBE_STRUCT(ProcessRequest, (RecipeRequest), (user_id))

struct ProcessingPath {
    ProcessingId id;
};
BOOST_DESCRIBE_STRUCT(ProcessingPath, (), (id))

struct ResultPath {
    UploadId upload_id;
    std::string transformation_type;
};
BOOST_DESCRIBE_STRUCT(ResultPath, (), (upload_id, transformation_type))

struct Catalogue {
    std::vector<json::Object> transformations;
};
BOOST_DESCRIBE_STRUCT(Catalogue, (), (transformations))

class ProcessingsApi {
public:
    /// `wake` tells the workers of this process at once; those of others hear it from the database.
    ProcessingsApi(Processings& processings, UploadsRepository& uploads, JobsRepository& jobs, JobRunner& runner,
                   Downloads& downloads, Notifier& wake)
        : processings_(processings), uploads_(uploads), jobs_(jobs), runner_(runner), downloads_(downloads), wake_(wake) {}

    static const http::Endpoints<ProcessingsApi>& endpoints();

private:
    awaitable<http::Ok<Processing>> process(http::Context& context, http::Path<UploadPath> path,
                                            http::Body<ProcessRequest> body);
    awaitable<http::Ok<Processing>> read_processing(http::Context& context, http::Path<ProcessingPath> path);
    awaitable<http::Ok<Processing>> cancel_processing(http::Context& context, http::Path<ProcessingPath> path);
    awaitable<http::Response> download_result(http::Context& context, http::Path<ProcessingPath> path);
    awaitable<http::Response> download_newest(http::Context& context, http::Path<ResultPath> path);
    awaitable<http::Ok<Catalogue>> list_transformations();

    awaitable<http::Response> answer_result(http::Context& context, StoredUpload upload, StoredJob job);

    Processings& processings_;
    UploadsRepository& uploads_;
    JobsRepository& jobs_;
    JobRunner& runner_;
    Downloads& downloads_;
    Notifier& wake_;
};

}  // namespace darkroom::images
