#include "platform/redis/client.hpp"

#include "platform/redis/cluster_runner.hpp"
#include "platform/redis/server_runner.hpp"

namespace darkroom::redis {

namespace {

std::shared_ptr<Client::Core> make_core(Executor executor, CpuPool& cpu, ClientOptions options) {
    if (options.url.topology == Topology::cluster) return std::make_shared<ClusterRunner>(executor, cpu, std::move(options));
    return std::make_shared<ServerRunner>(executor, cpu, std::move(options));
}

awaitable<std::vector<Reply>> replies_of(std::shared_ptr<Client::Core> core, std::vector<std::vector<std::string>> batch,
                                         SteadyClock::time_point until) {
    auto answers = co_await core->run(std::move(batch), until);
    std::vector<Reply> replies;
    for (auto& parsed : answers) {
        if (parsed.error) throw CommandError(*parsed.error);
        replies.push_back(std::move(parsed.reply));
    }
    co_return replies;
}

}  // namespace

Client::Client(Executor executor, CpuPool& cpu, ClientOptions options)
    : command_deadline_(options.command_deadline), core_(make_core(executor, cpu, std::move(options))) {
    core_->start();
}

Client::~Client() {
    core_->close();
}

awaitable<std::vector<Reply>> Client::commands(std::vector<std::vector<std::string>> batch) {
    return replies_of(core_, std::move(batch), SteadyClock::now() + command_deadline_);
}

namespace {

awaitable<Reply> only_reply(awaitable<std::vector<Reply>> running) {
    auto replies = co_await std::move(running);
    co_return std::move(replies.front());
}

awaitable<bool> answers(awaitable<std::vector<Reply>> running) {
    try {
        co_await std::move(running);
        co_return true;
    } catch (const Failure&) {  // away: that is the answer
    } catch (const CommandError&) {
    }
    co_return false;
}

std::vector<std::vector<std::string>> batch_of(std::vector<std::string> words) {
    std::vector<std::vector<std::string>> batch;
    batch.push_back(std::move(words));
    return batch;
}

}  // namespace

awaitable<Reply> Client::command(std::vector<std::string> words) {
    return only_reply(commands(batch_of(std::move(words))));
}

bool Client::send(std::vector<std::string> words) {
    return core_->send(words);
}

bool Client::connected() const {
    return core_->connected();
}

awaitable<bool> Client::healthy() {
    return answers(commands(batch_of({"PING"})));
}

}  // namespace darkroom::redis
