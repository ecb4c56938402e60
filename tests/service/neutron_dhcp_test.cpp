#include <gtest/gtest.h>

#include "neutron_world.hpp"

namespace tests {
namespace {

class NeutronDhcp : public ::testing::Test {
 protected:
  NeutronWorld world;
  std::string network = world.make_network("p1");
};

TEST_F(NeutronDhcp, ServesANetworkFromOneAgentWithAPortOfItsOwn) {
  const std::string subnet =
      world.make_subnet("p1", network, "10.0.0.0/24", R"("dns_nameservers":["9.9.9.9"])");
  const std::string port = world.make_port("p1", network);
  world.report_agents("node1");
  world.report_agents("node2");
  const auto first = world.call(neutron::GetDhcpNetworks{"node1"});
  ASSERT_EQ(first.networks.size(), 1U);
  EXPECT_TRUE(world.call(neutron::GetDhcpNetworks{"node2"}).networks.empty());
  const neutron::DhcpNetwork& served = first.networks[0];
  EXPECT_EQ(served.id, network);
  EXPECT_EQ(served.subnets[0].dns_nameservers, (std::vector<std::string>{"9.9.9.9"}));
  EXPECT_EQ(served.port.device_owner, "network:dhcp");
  EXPECT_EQ(served.port.fixed_ips[0].subnet_id, subnet);
  EXPECT_FALSE(served.port.port_security_enabled);
  ASSERT_EQ(served.clients.size(), 2U);
  // The L2 agent of that host wires it.
  const auto host = world.call(neutron::GetHostNetworks{"node1"});
  ASSERT_EQ(host.networks.size(), 1U);
  EXPECT_EQ(host.networks[0].ports[0].id, served.port.id);
  // Asking again changes nothing.
  EXPECT_EQ(world.call(neutron::GetDhcpNetworks{"node1"}).networks[0].port.id, served.port.id);
}

TEST_F(NeutronDhcp, EndsWithTheLastSubnetThatHasIt) {
  const std::string subnet = world.make_subnet("p1", network, "10.0.0.0/24");
  world.report_agents("node1");
  ASSERT_EQ(world.call(neutron::GetDhcpNetworks{"node1"}).networks.size(), 1U);
  EXPECT_EQ(world.remove("p1", "/v2.0/subnets/" + subnet).status, 204);
  EXPECT_TRUE(world.call(neutron::GetDhcpNetworks{"node1"}).networks.empty());
  EXPECT_TRUE(world.get("p1", "/v2.0/ports").at("ports").as_array().empty());
}

TEST_F(NeutronDhcp, PortDoesNotHoldItsNetwork) {
  world.make_subnet("p1", network, "10.0.0.0/24");
  world.report_agents("node1");
  ASSERT_EQ(world.call(neutron::GetDhcpNetworks{"node1"}).networks.size(), 1U);
  EXPECT_EQ(world.remove("p1", "/v2.0/networks/" + network).status, 204);
}

TEST_F(NeutronDhcp, IsMovedByAnOperator) {
  world.make_subnet("p1", network, "10.0.0.0/24");
  world.report_agents("node1");
  (void)world.call(neutron::GetDhcpNetworks{"node1"});
  const Answer agents = world.get("admin", "/v2.0/networks/" + network + "/dhcp-agents");
  ASSERT_EQ(agents.at("agents").as_array().size(), 1U);
  const std::string path = "/v2.0/agents/" + agents.text("agents", 0, "id") + "/dhcp-networks";
  EXPECT_EQ(world.get("admin", path).text("networks", 0, "id"), network);
  EXPECT_EQ(world.get("p1", path).status, 403);
  EXPECT_EQ(world.remove("admin", path + "/" + network).status, 204);
  EXPECT_EQ(world.post("admin", path, R"({"network_id":")" + network + R"("})").status, 201);
}

TEST_F(NeutronDhcp, TellsWhoAsksForMetadataToTheHostThatServesTheNetwork) {
  world.make_subnet("p1", network, "10.0.0.0/24");
  world.report_agents("node1");
  (void)world.call(neutron::GetDhcpNetworks{"node1"});
  world.make_port("p1", network, R"("device_id":"server","fixed_ips":[{"ip_address":"10.0.0.9"}])");
  const auto found = world.call(neutron::GetMetadataPort{"node1", network, "10.0.0.9"});
  EXPECT_TRUE(found.found);
  EXPECT_EQ(found.server_id, "server");
  EXPECT_EQ(found.project_id, "p1");
  EXPECT_FALSE(world.call(neutron::GetMetadataPort{"node1", network, "10.0.0.8"}).found);
  EXPECT_FALSE(world.call(neutron::GetMetadataPort{"node2", network, "10.0.0.9"}).found);
}

TEST_F(NeutronDhcp, AgentsAreAdministratorsBusiness) {
  world.report_agents("node1");
  const Answer agents = world.get("admin", "/v2.0/agents?host=node1&alive=True");
  EXPECT_EQ(agents.at("agents").as_array().size(), 2U);
  EXPECT_TRUE(world.get("p1", "/v2.0/agents").at("agents").as_array().empty());
}

}  // namespace
}  // namespace tests
