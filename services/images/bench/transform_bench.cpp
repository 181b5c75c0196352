// How long one job takes, from request to result, on a 12-megapixel photo: median and worst of some runs.
//   images_bench [runs]
#include "services/images/tests/pictures.hpp"
#include "services/images/tests/worker_fixture.hpp"

#include "platform/async/runtime.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

using namespace darkroom;
using namespace darkroom::images;

struct Case {
    const char* name;
    const char* transformation;
    const char* parameters;
};

constexpr Case cases[] = {
    {"resize to 800", "resize", R"({"width":800})"},
    {"grayscale", "grayscale", "{}"},
    {"gaussian_blur 2", "gaussian_blur", R"({"sigma":2})"},
    {"gaussian_blur 10", "gaussian_blur", R"({"sigma":10})"},
    {"gaussian_blur 50", "gaussian_blur", R"({"sigma":50})"},
    {"rotate 90", "rotate", R"({"angle":90})"},
    {"rotate 30", "rotate", R"({"angle":30})"},
};

void print(const char* name, std::vector<double> times) {
    std::ranges::sort(times);
    std::printf("%-18s median %7.1f ms   worst %7.1f ms\n", name, times[times.size() / 2], times.back());
    std::fflush(stdout);
}

template <class F>
awaitable<> measure(const char* name, int runs, F run_once) {
    std::vector<double> times;
    for (int i = 0; i < runs; ++i) {
        const auto start = SteadyClock::now();
        co_await run_once();
        times.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count());
    }
    print(name, std::move(times));
}

awaitable<> transform_once(ImageWorker& worker, int input, Recipe recipe) {
    const auto outcome = co_await worker.transform(worker.next_job(), input, std::move(recipe), [](int) {});
    if (!std::holds_alternative<Rendered>(outcome)) throw std::runtime_error("the job failed");
}

awaitable<> look_once(ImageWorker& worker, int input) {
    co_await worker.look_at(input);
}

awaitable<> run_all(Runtime& runtime, ImageWorker& worker, int input, int runs) {
    runtime.tasks().spawn("worker", worker.run());
    co_await worker.engine();
    const auto look = [&] { return look_once(worker, input); };
    co_await measure("upload check", runs, look);
    for (const auto& row : cases) {
        RecipeRequest request;
        request.transformation_type = row.transformation;
        request.parameters = json::parse(row.parameters).value().as_object();
        const auto recipe = parse_recipe(request).value().recipe;
        const auto transform = [&] { return transform_once(worker, input, recipe); };
        co_await measure(row.name, runs, transform);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int runs = argc > 1 ? std::atoi(argv[1]) : 9;
    Runtime runtime;
    ImageWorker worker(runtime.executor(), {.program = images::testing::worker_program()});
    const auto input = images::testing::a_file(images::testing::encode(images::testing::a_photo(4000, 3000), ".jpg[Q=88]"));
    runtime.run(run_all(runtime, worker, input.get(), std::max(runs, 1)));
    return 0;
}
