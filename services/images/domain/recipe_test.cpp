#include "services/images/domain/recipe.hpp"

#include <gtest/gtest.h>

namespace darkroom::images {
namespace {

RecipeRequest a_request(std::string transformation, std::string_view parameters = "{}") {
    RecipeRequest request;
    request.transformation_type = std::move(transformation);
    request.parameters = boost::json::parse(parameters).as_object();
    return request;
}

RecipeRequest a_pipeline(std::string_view steps) {
    RecipeRequest request;
    request.pipeline = json::decode<std::vector<StepRequest>>(boost::json::parse(steps)).value();
    return request;
}

std::vector<FieldError> errors_of(const RecipeRequest& request) {
    const auto result = parse_recipe(request);
    return result ? std::vector<FieldError>{} : result.error().fields;
}

TEST(Recipe, FillsInDefaults) {
    const auto named = parse_recipe(a_request("gaussian_blur")).value();

    EXPECT_EQ(named.name, "gaussian_blur");
    EXPECT_EQ(json::serialize(named.recipe.steps.at(0).parameters), R"({"sigma":2})");
}

TEST(Recipe, EqualRequestsHaveOneCanonicalText) {
    const auto left = parse_recipe(a_request("resize", R"({"fit":"contain","width":800})")).value();
    const auto right = parse_recipe(a_request("resize", R"({"width":8e2,"upscale":false})")).value();
    const auto other = parse_recipe(a_request("resize", R"({"width":801})")).value();

    EXPECT_EQ(left.recipe.canonical(), right.recipe.canonical());
    EXPECT_NE(left.recipe.canonical(), other.recipe.canonical());
}

TEST(Recipe, QualityAndFormatBelongToTheResultsIdentity) {
    auto request = a_request("grayscale");
    const auto plain = parse_recipe(request).value().recipe.canonical();
    request.format = Format::webp;

    EXPECT_NE(parse_recipe(request).value().recipe.canonical(), plain);
}

TEST(Recipe, NamesEveryBadParameter) {
    const auto errors = errors_of(a_request("resize", R"({"width":0,"height":20000,"fit":"squeeze","depth":1})"));

    const std::vector<FieldError> expected{{"parameters.width", "must be from 1 to 16384"},
                                           {"parameters.height", "must be from 1 to 16384"},
                                           {"parameters.fit", "must be one of contain, cover, fill, pad"},
                                           {"parameters.depth", "is not a parameter of resize"}};
    EXPECT_EQ(errors, expected);
}

TEST(Recipe, ResizeNeedsASide) {
    const std::vector<FieldError> expected{{"parameters.width", "or height is required"}};

    EXPECT_EQ(errors_of(a_request("resize")), expected);
}

TEST(Recipe, CropTakesBothEdgesOrNone) {
    const std::vector<FieldError> expected{{"parameters.y", "is required with the other edge"}};

    EXPECT_EQ(errors_of(a_request("crop", R"({"width":10,"height":10,"x":0})")), expected);
    EXPECT_TRUE(errors_of(a_request("crop", R"({"width":10,"height":10,"x":0,"y":0})")).empty());
}

TEST(Recipe, ChoicesMayBeNumbers) {
    EXPECT_EQ(errors_of(a_request("median_filter", R"({"size":4})")).at(0).message, "must be one of 3, 5, 7, 9");
    EXPECT_TRUE(errors_of(a_request("median_filter", R"({"size":5})")).empty());
}

TEST(Recipe, RequiredParametersAreRequired) {
    const std::vector<FieldError> expected{{"parameters.angle", "is required"}};

    EXPECT_EQ(errors_of(a_request("rotate")), expected);
}

TEST(Recipe, RefusesWrongTypes) {
    EXPECT_EQ(errors_of(a_request("rotate", R"({"angle":"90"})")).at(0).field, "parameters.angle");
    EXPECT_EQ(errors_of(a_request("rotate", R"({"angle":90,"expand":1})")).at(0).field, "parameters.expand");
    EXPECT_EQ(errors_of(a_request("rotate", R"({"angle":90,"background":"red"})")).at(0).field, "parameters.background");
    EXPECT_EQ(errors_of(a_request("resize", R"({"width":1.5})")).at(0).field, "parameters.width");
}

TEST(Recipe, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(errors_of(a_request("sharpenize")).at(0).field, "transformation_type");
    EXPECT_EQ(errors_of(RecipeRequest{}).at(0).field, "transformation_type");
}

TEST(Recipe, PipelineErrorsSayWhichStep) {
    const auto errors = errors_of(a_pipeline(
        R"([{"transformation_type":"grayscale"},{"transformation_type":"gaussian_blur","parameters":{"sigma":0}},{"transformation_type":"x"}])"));

    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0], (FieldError{"pipeline[1].parameters.sigma", "must be from 0.1 to 100"}));
    EXPECT_EQ(errors[1].field, "pipeline[2].transformation_type");
}

TEST(Recipe, PipelineHasABoundAndAName) {
    auto request = a_pipeline(R"([{"transformation_type":"grayscale"}])");
    EXPECT_EQ(parse_recipe(request).value().name, "pipeline");
    request.name = "web-small";
    EXPECT_EQ(parse_recipe(request).value().name, "web-small");
    request.name = "../x";
    EXPECT_EQ(errors_of(request).at(0).field, "name");

    EXPECT_EQ(errors_of(a_pipeline("[]")).at(0).field, "pipeline");
    std::string steps = "[";
    for (int i = 0; i < 17; ++i) steps += std::string(i == 0 ? "" : ",") + R"({"transformation_type":"grayscale"})";
    EXPECT_EQ(errors_of(a_pipeline(steps + "]")).at(0).field, "pipeline");
}

TEST(Recipe, RefusesAFormatThatIsOnlyRead) {
    auto request = a_request("grayscale");
    request.format = Format::heic;
    request.quality = 101;

    EXPECT_EQ(errors_of(request).size(), 2U);
}

TEST(Catalogue, DescribesTypesBoundsAndDefaults) {
    const auto row = describe(*find_transformation("resize"));

    EXPECT_EQ(json::Value(row).at("parameters").at(0),
              boost::json::parse(R"({"name":"width","type":"integer","required":false,"minimum":1E0,"maximum":1.6384E4,
                  "description":"Target width in pixels; without it the ratio is kept."})"));
    EXPECT_EQ(json::Value(row).at("parameters").at(2).at("default"), json::Value("contain"));
}

TEST(Catalogue, DefaultsAreWithinTheirOwnBounds) {
    for (const auto& transformation : transformations()) {
        for (const auto& parameter : transformation.parameters) {
            const auto* fallback = std::get_if<double>(&parameter.fallback);
            if (fallback == nullptr || !parameter.minimum) continue;
            EXPECT_GE(*fallback, *parameter.minimum) << transformation.name << "." << parameter.name;
            EXPECT_LE(*fallback, *parameter.maximum) << transformation.name << "." << parameter.name;
        }
    }
}

}  // namespace
}  // namespace darkroom::images
