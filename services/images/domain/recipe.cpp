#include "services/images/domain/recipe.hpp"

#include <algorithm>

namespace darkroom::images {

namespace {

std::optional<Step> check_step(const StepRequest& request, json::Problems& problems) {
    const auto* transformation = find_transformation(request.transformation_type);
    if (transformation == nullptr) {
        std::vector<std::string_view> names;
        for (const auto& row : transformations()) names.push_back(row.name);
        const json::Problems::Step step(problems, std::string_view("transformation_type"));
        problems.add(json::one_of(names));
        return std::nullopt;
    }
    const json::Problems::Step step(problems, std::string_view("parameters"));
    auto parameters = complete_parameters(*transformation, request.parameters.value_or(json::Object{}), problems);
    if (!parameters) return std::nullopt;
    return Step{request.transformation_type, std::move(*parameters)};
}

void check_pipeline(const std::vector<StepRequest>& pipeline, Recipe& recipe, json::Problems& problems) {
    const json::Problems::Step outer(problems, std::string_view("pipeline"));
    if (pipeline.empty() || pipeline.size() > max_steps) {
        problems.add(fmt::format("must have 1 to {} steps", max_steps));
        return;
    }
    for (std::size_t i = 0; i < pipeline.size(); ++i) {
        const json::Problems::Step step(problems, i);
        if (auto checked = check_step(pipeline[i], problems)) recipe.steps.push_back(std::move(*checked));
    }
}

/// The name becomes a path segment of the download.
bool is_pipeline_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, allowed);
}

void check_output(const RecipeRequest& request, json::Problems& problems) {
    if (request.format && !facts_of(*request.format).writable) problems.add_at("format", "cannot be written, only read");
    if (request.quality && (*request.quality < 1 || *request.quality > 100))
        problems.add_at("quality", "must be from 1 to 100");
    if (!request.name) return;
    if (!request.pipeline) problems.add_at("name", "is only for a pipeline");
    if (!is_pipeline_name(*request.name)) problems.add_at("name", "must be 1 to 64 letters, digits, - or _");
}

}  // namespace

std::string Recipe::canonical() const {
    return json::serialize(json::encode(*this));
}

std::vector<std::string> overlays_of(const Recipe& recipe) {
    std::vector<std::string> ids;
    for (const auto& step : recipe.steps) {
        if (step.transformation_type != "watermark") continue;
        const auto* id = step.parameters.if_contains("upload_id");
        if (id != nullptr) ids.emplace_back(json::view(id->as_string()));
    }
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    return ids;
}

Result<NamedRecipe> parse_recipe(const RecipeRequest& request) {
    json::Problems problems(json::Unknown::refuse);
    NamedRecipe result;
    result.recipe.format = request.format;
    result.recipe.quality = request.quality;
    if (request.transformation_type.has_value() == request.pipeline.has_value()) {
        problems.add_at("transformation_type", "is required, or pipeline, but not both");
    } else if (request.pipeline) {
        result.name = request.name.value_or("pipeline");
        result.is_pipeline = true;
        check_pipeline(*request.pipeline, result.recipe, problems);
        if (request.parameters) problems.add_at("parameters", "belong to the steps of the pipeline");
    } else {
        result.name = *request.transformation_type;
        const StepRequest step{*request.transformation_type, request.parameters};
        if (auto checked = check_step(step, problems)) result.recipe.steps.push_back(std::move(*checked));
    }
    check_output(request, problems);
    if (!problems.empty()) return invalid_fields(problems.take());
    return result;
}

}  // namespace darkroom::images
