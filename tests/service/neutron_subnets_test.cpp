#include <gtest/gtest.h>

#include "neutron_world.hpp"

namespace tests {
namespace {

class NeutronSubnets : public ::testing::Test {
 protected:
  Answer create(const std::string& members) {
    return world.post("p1", "/v2.0/subnets",
                      R"({"subnet":{"network_id":")" + network + R"(",)" + members + "}}");
  }
  NeutronWorld world;
  std::string network = world.make_network("p1");
};

TEST_F(NeutronSubnets, DefaultToTheFirstAddressAsGatewayAndTheRestAsPool) {
  const Answer subnet = create(R"("cidr":"10.0.0.0/24","ip_version":4)");
  ASSERT_EQ(subnet.status, 201);
  EXPECT_EQ(subnet.text("subnet", "gateway_ip"), "10.0.0.1");
  EXPECT_EQ(subnet.text("subnet", "allocation_pools", 0, "start"), "10.0.0.2");
  EXPECT_EQ(subnet.text("subnet", "allocation_pools", 0, "end"), "10.0.0.254");
  EXPECT_TRUE(subnet.at("subnet", "enable_dhcp").as_bool());
  EXPECT_TRUE(subnet.at("subnet", "subnetpool_id").is_null());
}

TEST_F(NeutronSubnets, CutOffHostBits) {
  const auto subnet = create(R"("cidr":"10.99.99.0/16","ip_version":4)");

  ASSERT_EQ(subnet.status, 201);
  EXPECT_EQ(subnet.text("subnet", "cidr"), "10.99.0.0/16");
  EXPECT_EQ(subnet.text("subnet", "gateway_ip"), "10.99.0.1");
}

TEST_F(NeutronSubnets, RefuseWhatDoesNotFit) {
  ASSERT_EQ(create(R"("cidr":"10.0.0.0/24","ip_version":4)").status, 201);
  EXPECT_NE(create(R"("cidr":"10.0.0.128/25","ip_version":4)").message().find("overlaps"),
            std::string::npos);
  EXPECT_EQ(create(R"("cidr":"10.2.0.5","ip_version":4)").message(),
            "Invalid input for cidr. Reason: '10.2.0.5' isn't a recognized IP subnet cidr, "
            "'10.2.0.5/32' is recommended.");
  EXPECT_EQ(create(R"("cidr":"10.2.0.0/24","ip_version":6)").status, 400);
  EXPECT_EQ(create(R"("ip_version":4)").status, 400);
  EXPECT_EQ(create(R"("cidr":"10.2.0.0/24","ip_version":4,"gateway_ip":"10.2.0.5",)"
                   R"("allocation_pools":[{"start":"10.2.0.2","end":"10.2.0.9"}])")
                .type(),
            "GatewayConflictWithAllocationPools");
  EXPECT_EQ(create(R"("cidr":"10.2.0.0/24","ip_version":4,)"
                   R"("allocation_pools":[{"start":"10.2.0.2","end":"10.2.1.9"}])")
                .type(),
            "OutOfBoundsAllocationPool");
  EXPECT_EQ(create(R"("cidr":"2001:db8::/64","ip_version":6,"ipv6_ra_mode":"slaac",)"
                   R"("ipv6_address_mode":"dhcpv6-stateful")")
                .status,
            400);
}

TEST_F(NeutronSubnets, BelongToTheNetworksOwner) {
  const std::string body =
      R"({"subnet":{"network_id":")" + network + R"(","cidr":"10.0.0.0/24","ip_version":4}})";
  EXPECT_EQ(world.post("p2", "/v2.0/subnets", body).type(), "NetworkNotFound");
  const std::string shared = world.make_network("admin", R"("shared":true)");
  const std::string foreign =
      R"({"subnet":{"network_id":")" + shared + R"(","cidr":"10.0.0.0/24","ip_version":4}})";
  EXPECT_EQ(world.post("p2", "/v2.0/subnets", foreign).status, 403);
}

TEST_F(NeutronSubnets, ComeFromPools) {
  const Answer pool = world.post(
      "p1", "/v2.0/subnetpools",
      R"({"subnetpool":{"name":"pool","prefixes":["10.8.0.0/22"],"default_prefixlen":"24"}})");
  ASSERT_EQ(pool.status, 201) << base::to_text(pool.json);
  EXPECT_EQ(pool.text("subnetpool", "default_prefixlen"), "24");
  const std::string from_pool =
      R"("ip_version":4,"subnetpool_id":")" + pool.text("subnetpool", "id") + R"(")";
  EXPECT_EQ(create(from_pool).text("subnet", "cidr"), "10.8.0.0/24");
  EXPECT_EQ(create(from_pool).text("subnet", "cidr"), "10.8.1.0/24");
  EXPECT_EQ(create(from_pool + R"(,"prefixlen":23)").text("subnet", "cidr"), "10.8.2.0/23");
  EXPECT_EQ(create(from_pool).type(), "SubnetAllocationError");
  EXPECT_EQ(world.remove("p1", "/v2.0/subnetpools/" + pool.text("subnetpool", "id")).status, 409);
}

}  // namespace
}  // namespace tests
