#include "services/auth/domain/device.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

TEST(DeviceFamily, IsTheBrowserAndTheSystemWithoutTheirVersions) {
    EXPECT_EQ(device_family("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"), "Firefox on Linux");
    EXPECT_EQ(device_family("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"), "Firefox on Linux");
    EXPECT_EQ(device_family("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
                            "Safari/537.36 Edg/131.0.0.0"),
              "Edge on Windows");
    EXPECT_EQ(device_family("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile "
                            "Safari/537.36"),
              "Chrome on Android");
    EXPECT_EQ(device_family("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                            "Version/18.1 Mobile/15E148 Safari/604.1"),
              "Safari on iPhone");
}

TEST(DeviceFamily, OfAProgramIsItsName) {
    EXPECT_EQ(device_family("curl/7.88.1"), "curl");
    EXPECT_EQ(device_family("python-requests/2.32.3"), "python-requests");
    EXPECT_EQ(device_family(std::string(300, 'x')).size(), 40U);
}

TEST(DeviceFamily, IsUnknownWithoutAUserAgent) {
    EXPECT_EQ(device_family(""), "unknown device");
    EXPECT_EQ(device_family("(compatible)"), "unknown device");
}

}  // namespace
}  // namespace darkroom::accounts
