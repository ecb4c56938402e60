#include <gtest/gtest.h>

#include "neutron_world.hpp"

namespace tests {
namespace {

class NeutronSecurityGroups : public ::testing::Test {
 protected:
  std::string make_group(const std::string& name) {
    return world
        .post("p1", "/v2.0/security-groups", R"({"security_group":{"name":")" + name + R"("}})")
        .text("security_group", "id");
  }
  Answer rule(const std::string& members, const std::string& project = "p1") {
    return world.post(project, "/v2.0/security-group-rules",
                      R"({"security_group_rule":{"security_group_id":")" + group +
                          R"(","direction":"ingress",)" + members + "}}");
  }
  NeutronWorld world;
  std::string group = make_group("web");
};

TEST_F(NeutronSecurityGroups, LetOutByDefault) {
  const Answer shown = world.get("p1", "/v2.0/security-groups/" + group);
  const auto& rules = shown.at("security_group", "security_group_rules").as_array();
  ASSERT_EQ(rules.size(), 2U);
  for (const base::Json& entry : rules) EXPECT_EQ(entry.at("direction").as_string(), "egress");
}

TEST_F(NeutronSecurityGroups, KeepTheDefaultGroupOne) {
  EXPECT_EQ(
      world.post("p1", "/v2.0/security-groups", R"({"security_group":{"name":"default"}})").type(),
      "SecurityGroupDefaultAlreadyExists");
  EXPECT_EQ(
      world.put("p1", "/v2.0/security-groups/" + group, R"({"security_group":{"name":"default"}})")
          .status,
      409);
  const std::string id =
      world.get("p1", "/v2.0/security-groups?name=default").text("security_groups", 0, "id");
  EXPECT_EQ(world.remove("p1", "/v2.0/security-groups/" + id).type(),
            "SecurityGroupCannotRemoveDefault");
}

TEST_F(NeutronSecurityGroups, CheckRules) {
  EXPECT_EQ(rule(R"("protocol":"tcp","port_range_min":22,"port_range_max":22)").status, 201);
  EXPECT_EQ(rule(R"("protocol":"6","port_range_min":22,"port_range_max":22)").type(),
            "SecurityGroupRuleExists");
  EXPECT_EQ(rule(R"("protocol":"tcp","port_range_min":80,"port_range_max":79)").message(),
            "For TCP/UDP protocols, port_range_min must be <= port_range_max");
  EXPECT_EQ(rule(R"("protocol":"tcp","port_range_min":-16,"port_range_max":80)").message(),
            "Invalid value for port -16");
  EXPECT_EQ(rule(R"("protocol":"icmp","port_range_min":300,"port_range_max":1)").message(),
            "Invalid value for ICMP type (port_range_min) 300. It must be 0 to 255.");
  EXPECT_EQ(rule(R"("protocol":"icmp","port_range_max":6)").type(), "SecurityGroupMissingIcmpType");
  EXPECT_EQ(rule(R"("protocol":"bad")").type(), "SecurityGroupRuleInvalidProtocol");
  EXPECT_EQ(rule(R"("ethertype":"IPX")").type(), "SecurityGroupRuleInvalidEtherType");
  EXPECT_EQ(rule(R"("remote_ip_prefix":"192.168.1.1/33")").status, 400);
  EXPECT_EQ(rule(R"("ethertype":"IPv6","remote_ip_prefix":"10.0.0.0/8")").message(),
            "Conflicting value ethertype IPv6 for CIDR 10.0.0.0/8");
  EXPECT_EQ(rule(R"("remote_group_id":"bad_group_id")").status, 404);
  EXPECT_EQ(rule(R"("protocol":"udp")", "p2").status, 404);
}

TEST_F(NeutronSecurityGroups, ReachTheHostAsConcreteRules) {
  world.report_agents("node1");
  world.report_agents("node-2");
  const std::string network = world.make_network("p1");
  world.make_subnet("p1", network, "10.0.0.0/24");
  rule(R"("protocol":"tcp","port_range_min":80,"port_range_max":81,"remote_group_id":")" + group +
       R"(")");
  const auto bound = [&](const std::string& host) {
    return world.make_port("admin", network,
                           R"("project_id":"p1","security_groups":[")" + group +
                               R"("],"device_owner":"compute:nova","binding:host_id":")" + host +
                               R"(")");
  };
  const std::string near = bound("node1");
  const std::string far = bound("node-2");
  const auto host = world.call(neutron::GetHostNetworks{"node1"});
  ASSERT_EQ(host.networks.size(), 1U);
  EXPECT_EQ(host.networks[0].segment.network_type, "vxlan");
  ASSERT_EQ(host.networks[0].ports.size(), 1U);
  const neutron::HostPort& port = host.networks[0].ports[0];
  EXPECT_EQ(port.id, near);
  ASSERT_EQ(port.rules.size(), 3U);
  for (const auto& entry : port.rules) {
    if (entry.direction != "ingress") continue;
    EXPECT_EQ(entry.protocol, 6);
    EXPECT_EQ(entry.port_max, 81);
    EXPECT_TRUE(entry.remotes.empty());
    EXPECT_EQ(entry.remote_group, group);
  }
  EXPECT_EQ(host.networks[0].group_members.at(group),
            (std::vector<std::string>{"10.0.0.2/32", "10.0.0.3/32"}));
  ASSERT_EQ(host.networks[0].forwarding.size(), 1U);
  EXPECT_EQ(host.networks[0].forwarding[0].vtep, "192.0.2.6");
  EXPECT_EQ(host.networks[0].forwarding[0].mac_address,
            world.get("p1", "/v2.0/ports/" + far).text("port", "mac_address"));
  EXPECT_EQ(host.networks[0].vteps, (std::vector<std::string>{"192.0.2.6"}));
  EXPECT_EQ(world.remove("p1", "/v2.0/security-groups/" + group).type(), "SecurityGroupInUse");
}

}  // namespace
}  // namespace tests
