#include "platform/http/address_rule.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "base/error.hpp"

namespace platform::http {
namespace {

bool allows(const std::string& text, const AddressRule& rule = {}) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    return rule.allows(reinterpret_cast<const sockaddr&>(v4));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  return rule.allows(reinterpret_cast<const sockaddr&>(v6));
}

TEST(AddressRule, allows_what_is_public) {
  for (const char* address :
       {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.0", "100.128.0.1", "223.255.255.255",
        "2606:4700::1111", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"})
    EXPECT_TRUE(allows(address)) << address;
}

TEST(AddressRule, refuses_what_is_not) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.9.9.9",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "198.18.0.1",
                              "224.0.0.1",
                              "239.1.1.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fec0::1",
                              "fc00::1",
                              "fd12::1",
                              "ff02::1",
                              "::127.0.0.1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "2002:7f00::1",
                              "64:ff9b::7f00:1",
                              "64:ff9b:1::1",
                              "2001::1",
                              "2001:db8::1",
                              "100::1",
                              "::ffff:0:8.8.8.8",
                              "64:ff9b::a00:1",
                              "192.0.2.1"})
    EXPECT_FALSE(allows(address)) << address;
}

TEST(AddressRule, allows_the_networks_that_are_named) {
  const AddressRule rule({"10.1.0.0/16", "127.0.0.1", "fd00::/8"});
  EXPECT_TRUE(allows("10.1.255.1", rule));
  EXPECT_TRUE(allows("::ffff:10.1.0.1", rule));
  EXPECT_TRUE(allows("127.0.0.1", rule));
  EXPECT_TRUE(allows("fd99::1", rule));
  EXPECT_FALSE(allows("10.2.0.1", rule));
  EXPECT_FALSE(allows("127.0.0.2", rule));
  EXPECT_FALSE(allows("fc00::1", rule));
  EXPECT_TRUE(allows("8.8.8.8", rule));
}

TEST(AddressRule, refuses_to_be_made_of_what_is_no_network) {
  for (const char* text : {"", "ten", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/-1",
                           "10.0/8", "example.org"})
    EXPECT_THROW(AddressRule({text}), base::Error) << text;
}

TEST(AddressRule, refuses_addresses_of_another_family) {
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(AddressRule().allows(other));
}

}  // namespace
}  // namespace platform::http
