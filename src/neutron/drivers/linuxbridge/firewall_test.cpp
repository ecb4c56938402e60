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
  const std::string text = firewall_ruleset({7, ConnectionTracking::bridge, {web_port()}, {}, {}});

  EXPECT_TRUE(has(text,
                  "ether type ip ip saddr { 192.0.2.0/24, 198.51.100.7 } meta l4proto 6 th "
                  "dport 80-81 accept"));
  EXPECT_TRUE(has(text, "icmp type 8 icmp code 0 accept"));
  EXPECT_TRUE(has(text, "ct state established,related accept"));
}

TEST(Firewall, ties_a_port_to_its_addresses) {
  const std::string text = firewall_ruleset({7, ConnectionTracking::mark, {web_port()}, {}, {}});

  EXPECT_TRUE(has(text, "ether saddr != { fa:16:3e:00:00:01, fa:16:3e:00:00:02 } drop"));
  EXPECT_TRUE(has(text, "ether saddr fa:16:3e:00:00:01 ether type ip ip saddr 10.0.0.5 return"));
  EXPECT_TRUE(has(text, "arp saddr ip 10.0.9.0/24 return"));
}

TEST(Firewall, keeps_equal_addresses_of_two_networks_apart_by_zone) {
  const std::string text =
      firewall_ruleset({7, ConnectionTracking::mark, {web_port()}, {{"vxlan-9", 9}}, {}});

  EXPECT_TRUE(has(text, "ct zone set meta mark map { 7 : 7, 9 : 9 }"));
  EXPECT_TRUE(has(text, "\"tap11111111-11\" : 7, \"vxlan-9\" : 9"));
}

TEST(Firewall, of_two_owners_are_two_tables) {
  EXPECT_NE(filter_table(1), filter_table(2));
  EXPECT_TRUE(has(firewall_ruleset({1, ConnectionTracking::mark, {web_port()}, {}, {}}),
                  "table bridge " + filter_table(1)));
}

TEST(Firewall, of_a_host_without_ports_leaves_no_table) {
  const std::string text = firewall_ruleset({1, ConnectionTracking::mark, {}, {}, {}});

  EXPECT_TRUE(has(text, "delete table bridge " + filter_table(1)));
  EXPECT_FALSE(has(text, "chain"));
}

TEST(Firewall, lets_a_port_speak_for_the_link_local_address_of_its_mac_only) {
  const std::string text = firewall_ruleset({1, ConnectionTracking::mark, {web_port()}, {}, {}});

  EXPECT_TRUE(has(text, "ip6 saddr fe80::f816:3eff:fe00:1 return"));
  EXPECT_TRUE(has(text,
                  "@th,64,128 & 0xffffffffffffffffffffffffffffffff == "
                  "0xfe80000000000000f8163efffe000001 return"));
  EXPECT_FALSE(has(text, "fe80::/10"));
}

}  // namespace
}  // namespace neutron::drivers
