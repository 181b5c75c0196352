// What is to be done to an image: checked steps, and how the result is written.
#pragma once

#include "services/images/domain/format.hpp"
#include "services/images/domain/transformations.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::images {

/// Every parameter of the transformation that has a value, defaults included.
struct Step {
    std::string transformation_type;
    json::Object parameters;
};
BOOST_DESCRIBE_STRUCT(Step, (), (transformation_type, parameters))

struct Recipe {
    std::vector<Step> steps;
    /// Absent: the input's format, or PNG where that cannot be written.
    std::optional<Format> format;
    /// Absent: the default of `convert`.
    std::optional<int> quality;

    /// One text for all requests that ask for the same pixels; with the source's digest it names a result.
    std::string canonical() const;
};
BOOST_DESCRIBE_STRUCT(Recipe, (), (steps, format, quality))

inline constexpr std::size_t max_steps = 16;
inline constexpr int default_quality = 82;

/// A step as a request spells it: nothing checked, defaults left out.
struct StepRequest {
    std::string transformation_type;
    std::optional<json::Object> parameters;
};
BOOST_DESCRIBE_STRUCT(StepRequest, (), (transformation_type, parameters))

/// The part of a process request that says what to do: one transformation or a pipeline.
struct RecipeRequest {
    std::optional<std::string> transformation_type;
    std::optional<json::Object> parameters;
    std::optional<std::vector<StepRequest>> pipeline;
    /// What the result of a pipeline is downloaded by.
    std::optional<std::string> name;
    std::optional<Format> format;
    std::optional<int> quality;
};
BOOST_DESCRIBE_STRUCT(RecipeRequest, (), (transformation_type, parameters, pipeline, name, format, quality))

struct NamedRecipe {
    /// The transformation, or the pipeline's name ("pipeline" without one).
    std::string name;
    Recipe recipe;
    bool is_pipeline = false;
};

/// Ids of the uploads that its watermarks are made of; each once.
std::vector<std::string> overlays_of(const Recipe& recipe);

/// Kind::invalid naming every bad field: "parameters.sigma", "pipeline[1].parameters.width".
Result<NamedRecipe> parse_recipe(const RecipeRequest& request);

}  // namespace darkroom::images
