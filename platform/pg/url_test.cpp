#include "platform/pg/url.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace darkroom::pg {
namespace {

TEST(DatabaseUrl, IsLibpqsOwnWithoutAPooler) {
    const auto url = DatabaseUrl::parse("postgresql://u:p@db/darkroom?sslmode=require&connect_timeout=3");

    EXPECT_EQ(url.conninfo, "postgresql://u:p@db/darkroom?sslmode=require&connect_timeout=3");
    EXPECT_EQ(url.direct, url.conninfo);
    EXPECT_FALSE(url.pooled);
    EXPECT_EQ(DatabaseUrl::parse("host=/run dbname=x").conninfo, "host=/run dbname=x");
}

TEST(DatabaseUrl, SaysThatThereIsAPoolerAndWhatIsBehindIt) {
    const auto url = DatabaseUrl::parse("postgresql://u@pooler:6432/d?sslmode=disable&pgbouncer=true&direct=db:5433");

    EXPECT_TRUE(url.pooled);
    EXPECT_EQ(url.conninfo, "postgresql://u@pooler:6432/d?sslmode=disable");
    EXPECT_EQ(url.for_administration(), "postgresql://u@pooler:6432/d?sslmode=disable&host=db&port=5433");
    EXPECT_EQ(DatabaseUrl::parse("postgresql://u@p:6432/d?direct=/run/pg&pgbouncer=true").direct,
              "postgresql://u@p:6432/d?host=/run/pg&port=5432");
}

TEST(DatabaseUrl, CannotAdministerThroughAPoolerAlone) {
    const auto url = DatabaseUrl::parse("postgresql://u@pooler/d?pgbouncer=true");

    EXPECT_TRUE(url.pooled);
    EXPECT_TRUE(url.direct.empty());
    EXPECT_THROW(static_cast<void>(url.for_administration()), std::invalid_argument);
}

TEST(DatabaseUrl, RefusesWhatLibpqCannotRead) {
    EXPECT_THROW(DatabaseUrl::parse("postgresql://u@h/d?nonsense=1"), std::invalid_argument);
}

}  // namespace
}  // namespace darkroom::pg
