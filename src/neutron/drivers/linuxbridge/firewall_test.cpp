#include "neutron/drivers/linuxbridge/firewall.hpp"

#include <gtest/gtest.h>

namespace neutron::drivers {
namespace {

FilteredPort web_port() {
  FilteredPort port{"tap11111111-11", 7, {}};
  port.port.id = "11111111-1111-4111-8111-111111111111";
  port.port.mac_address = "fa:16:3e:00:00:01";
  port.port.fixed_ips = {{"10.0.0.5", "s", "10.0.0.0/24", "10.0.0.1"}};
  port.port.allowed_address_pairs = {{"fa:16:3e:00:00:02", "10.0.9.0/24"}};
  port.port.rules = {
      {"ingress", "IPv4", 6, 80, 81, {"192.0.2.0/24", "198.51.100.7"}},
      {"ingress", "IPv4", 1, 8, 0, {}},
      {"ingress", "IPv6", 58, std::nullopt, std::nullopt, {}},
      {"egress", "IPv4", std::nullopt, std::nullopt, std::nullopt, {}},
      {"egress", "IPv6", std::nullopt, std::nullopt, std::nullopt, {}},
  };
  return port;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Firewall, lets_in_only_what_a_rule_names) {
  const std::string text = firewall_ruleset(ConnectionTracking::bridge, {web_port()}, {});

  EXPECT_TRUE(has(text,
                  "ether type ip ip saddr { 192.0.2.0/24, 198.51.100.7 } meta l4proto 6 th "
                  "dport 80-81 accept"));
  EXPECT_TRUE(has(text, "icmp type 8 icmp code 0 accept"));
  EXPECT_TRUE(has(text, "ct state established,related accept"));
}

TEST(Firewall, ties_a_port_to_its_addresses) {
  const std::string text = firewall_ruleset(ConnectionTracking::mark, {web_port()}, {});

  EXPECT_TRUE(has(text, "ether saddr != { fa:16:3e:00:00:01, fa:16:3e:00:00:02 } drop"));
  EXPECT_TRUE(has(text, "ether saddr fa:16:3e:00:00:01 ether type ip ip saddr 10.0.0.5 return"));
  EXPECT_TRUE(has(text, "arp saddr ip 10.0.9.0/24 return"));
}

TEST(Firewall, keeps_equal_addresses_of_two_networks_apart_by_zone) {
  const std::string text =
      firewall_ruleset(ConnectionTracking::mark, {web_port()}, {{"vxlan-9", 9}});

  EXPECT_TRUE(has(text, "ct zone set meta mark map { 7 : 7, 9 : 9 }"));
  EXPECT_TRUE(has(text, "\"tap11111111-11\" : 7, \"vxlan-9\" : 9"));
}

}  // namespace
}  // namespace neutron::drivers
