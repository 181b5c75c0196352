// Which paths need a token, from the `security` of the OpenAPI operations: the contract is declared once, at the service's
// endpoint table, and the gateway reads what came of it.
#pragma once

#include "platform/http/route_tree.hpp"
#include "platform/json/described.hpp"

#include <map>
#include <string>
#include <string_view>

namespace darkroom::gateway {

class AccessPolicy {
public:
    explicit AccessPolicy(const json::Object& openapi);

    struct Found {
        /// "/users/{id}", for metrics and logs; empty when the documents do not know the path.
        std::string_view route{};
        /// Of the operation; for a verb that the path does not have, whether all of its verbs need a token.
        bool token_required = false;
    };
    /// Paths that no document knows are left to the upstream: it answers 404.
    Found find(std::string_view method, std::string_view path) const;

private:
    struct Operations {
        std::string route;
        /// Lower-case verb to "needs a token".
        std::map<std::string, bool, std::less<>> verbs;
        bool empty() const { return verbs.empty(); }
    };
    http::RouteTree<Operations> tree_;
};

}  // namespace darkroom::gateway
