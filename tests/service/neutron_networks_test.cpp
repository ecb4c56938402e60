#include <gtest/gtest.h>

#include "neutron_world.hpp"

namespace tests {
namespace {

class NeutronNetworks : public ::testing::Test {
 protected:
  NeutronWorld world;
};

TEST_F(NeutronNetworks, GetASegmentAndItsMtu) {
  const std::string id = world.make_network("p1");
  const Answer seen = world.get("admin", "/v2.0/networks/" + id);
  EXPECT_EQ(seen.text("network", "provider:network_type"), "vxlan");
  EXPECT_EQ(seen.at("network", "mtu").as_int64(), 1450);
  EXPECT_EQ(seen.text("network", "status"), "ACTIVE");
  EXPECT_EQ(seen.text("network", "tenant_id"), "p1");
  const Answer own = world.get("p1", "/v2.0/networks/" + id);
  EXPECT_FALSE(own.at("network").as_object().contains("provider:network_type"));
  EXPECT_EQ(world.get("p2", "/v2.0/networks/" + id).type(), "NetworkNotFound");
}

TEST_F(NeutronNetworks, LetAdministratorsAloneChooseTheWire) {
  const std::string flat =
      R"({"network":{"provider:network_type":"flat","provider:physical_network":"physnet1"}})";
  EXPECT_EQ(world.post("p1", "/v2.0/networks", flat).status, 403);
  EXPECT_EQ(world.post("admin", "/v2.0/networks", flat).status, 201);
  EXPECT_EQ(world.post("admin", "/v2.0/networks", flat).type(), "FlatNetworkInUse");
  EXPECT_EQ(world.post("admin", "/v2.0/networks", R"({"network":{"provider:network_type":"gre"}})")
                .message(),
            "Invalid input for operation: network_type value 'gre' not supported.");
}

TEST_F(NeutronNetworks, OfAnyTypeShowTheirSegment) {
  const auto made = [&](const std::string& segment) {
    return world.post("admin", "/v2.0/networks", R"({"network":{)" + segment + "}}");
  };
  const Answer local = made(R"("provider:network_type":"local")");
  EXPECT_EQ(local.text("network", "provider:network_type"), "local");
  EXPECT_TRUE(local.at("network", "provider:segmentation_id").is_null());
  EXPECT_EQ(local.at("network", "mtu").as_int64(), 1500);
  const Answer flat = made(R"("provider:network_type":"flat","provider:physical_network":"lan")");
  EXPECT_EQ(flat.text("network", "provider:physical_network"), "lan");
  EXPECT_EQ(flat.at("network", "mtu").as_int64(), 1500);
  const Answer vxlan = made(R"("provider:network_type":"vxlan","provider:segmentation_id":77)");
  EXPECT_EQ(vxlan.at("network", "provider:segmentation_id").as_int64(), 77);
  EXPECT_EQ(vxlan.at("network", "mtu").as_int64(), 1450);
}

TEST_F(NeutronNetworks, RefuseASegmentThatTheirTypeCannotHave) {
  const auto refusal = [&](const std::string& segment) {
    const Answer answer = world.post("admin", "/v2.0/networks",
                                     R"({"network":{"provider:network_type":)" + segment + "}}");
    EXPECT_EQ(answer.status, 400);
    return answer.message();
  };
  const std::string invalid = "Invalid input for operation: ";
  EXPECT_EQ(refusal(R"("local","provider:segmentation_id":7)"),
            invalid + "segmentation_id prohibited for local provider network.");
  EXPECT_EQ(refusal(R"("local","provider:physical_network":"lan")"),
            invalid + "physical_network prohibited for local provider network.");
  EXPECT_EQ(refusal(R"("flat")"), invalid + "physical_network required for flat provider network.");
  EXPECT_EQ(refusal(R"("flat","provider:physical_network":"lan","provider:segmentation_id":7)"),
            invalid + "segmentation_id prohibited for flat provider network.");
  EXPECT_EQ(refusal(R"("vxlan","provider:physical_network":"lan")"),
            invalid + "provider:physical_network specified for vxlan network.");
  EXPECT_EQ(refusal(R"("vxlan","provider:segmentation_id":16777216)"),
            invalid + "segmentation_id out of range (1 through 16777215).");
}

TEST_F(NeutronNetworks, GiveTheirSegmentBack) {
  const std::string body =
      R"({"network":{"provider:network_type":"vxlan","provider:segmentation_id":77}})";
  const Answer first = world.post("admin", "/v2.0/networks", body);
  EXPECT_EQ(world.post("admin", "/v2.0/networks", body).type(), "TunnelIdInUse");
  EXPECT_EQ(world.remove("admin", "/v2.0/networks/" + first.text("network", "id")).status, 204);
  EXPECT_EQ(world.post("admin", "/v2.0/networks", body).status, 201);
}

TEST_F(NeutronNetworks, RefuseWhatTheAttributeMapDoes) {
  const auto refusal = [&](const std::string& body) {
    const Answer answer = world.post("p1", "/v2.0/networks", body);
    EXPECT_EQ(answer.status, 400);
    return answer.message();
  };
  EXPECT_EQ(refusal(R"({"network":{"color":"red"}})"), "Unrecognized attribute(s) 'color'");
  EXPECT_EQ(refusal(R"({"network":{"name":1}})"),
            "Invalid input for name. Reason: '1' is not a valid string.");
  EXPECT_EQ(refusal(R"({"network":{"id":"x"}})"), "Attribute 'id' not allowed in POST");
  EXPECT_EQ(refusal(R"({"net":{}})"), "Unable to find 'network' in request body");
  EXPECT_EQ(refusal(R"({"network":{"admin_state_up":"maybe"}})"),
            "Invalid input for operation: 'maybe' cannot be converted to boolean.");
}

TEST_F(NeutronNetworks, AreSharedByRbacPolicy) {
  const std::string id = world.make_network("p1");
  const std::string body = R"({"rbac_policy":{"object_type":"network","object_id":")" + id +
                           R"(","action":"access_as_shared","target_tenant":"p2"}})";
  EXPECT_EQ(world.post("p2", "/v2.0/rbac-policies", body).status, 404);
  const Answer policy = world.post("p1", "/v2.0/rbac-policies", body);
  ASSERT_EQ(policy.status, 201) << base::to_text(policy.json);
  const Answer seen = world.get("p2", "/v2.0/networks/" + id);
  ASSERT_EQ(seen.status, 200);
  EXPECT_TRUE(seen.at("network", "shared").as_bool());
  EXPECT_FALSE(world.get("p1", "/v2.0/networks/" + id).at("network", "shared").as_bool());
  EXPECT_EQ(world.remove("p2", "/v2.0/networks/" + id).status, 403);
  world.make_port("p2", id);
  EXPECT_EQ(world.remove("p1", "/v2.0/rbac-policies/" + policy.text("rbac_policy", "id")).type(),
            "RbacPolicyInUse");
}

TEST_F(NeutronNetworks, AreShownToAllWhenExternal) {
  const std::string id = world.make_network("admin", R"("router:external":true)");
  const Answer listed = world.get("p1", "/v2.0/networks?router:external=True");
  ASSERT_EQ(listed.at("networks").as_array().size(), 1U);
  EXPECT_EQ(listed.text("networks", 0, "id"), id);
  world.make_subnet("admin", id, "203.0.113.0/24");
  EXPECT_TRUE(world.get("p1", "/v2.0/subnets").at("subnets").as_array().empty());
}

TEST_F(NeutronNetworks, GoWithTheirSubnetsButNotWithPorts) {
  const std::string id = world.make_network("p1");
  const std::string subnet = world.make_subnet("p1", id, "10.0.0.0/24");
  const std::string port = world.make_port("p1", id);
  EXPECT_EQ(world.remove("p1", "/v2.0/networks/" + id).type(), "NetworkInUse");
  EXPECT_EQ(world.remove("p1", "/v2.0/subnets/" + subnet).type(), "SubnetInUse");
  EXPECT_EQ(world.remove("p1", "/v2.0/ports/" + port).status, 204);
  EXPECT_EQ(world.remove("p1", "/v2.0/networks/" + id).status, 204);
  EXPECT_EQ(world.get("p1", "/v2.0/subnets/" + subnet).status, 404);
}

TEST_F(NeutronNetworks, ArePagedSortedAndFiltered) {
  for (const char* name : {"c", "a", "b"})
    world.post("p1", "/v2.0/networks", std::string(R"({"network":{"name":")") + name + R"("}})");
  const Answer first = world.get("p1", "/v2.0/networks?sort_key=name&sort_dir=desc&limit=2");
  EXPECT_EQ(first.text("networks", 0, "name"), "c");
  EXPECT_EQ(first.text("networks", 1, "name"), "b");
  const std::string next = first.text("networks_links", 0, "href");
  EXPECT_EQ(first.text("networks_links", 0, "rel"), "next");
  const Answer second = world.get("p1", next.substr(next.find("/v2.0")));
  ASSERT_EQ(second.at("networks").as_array().size(), 1U);
  EXPECT_EQ(second.text("networks", 0, "name"), "a");
  const Answer back = world.get("p1", "/v2.0/networks?sort_key=name&sort_dir=desc&limit=1&marker=" +
                                          second.text("networks", 0, "id") + "&page_reverse=True");
  EXPECT_EQ(back.text("networks", 0, "name"), "b");
  const Answer two = world.get("p1", "/v2.0/networks?name=a&name=b&fields=name");
  EXPECT_EQ(two.at("networks").as_array().size(), 2U);
  EXPECT_EQ(two.at("networks", 0).as_object().size(), 1U);
  EXPECT_EQ(world.get("p1", "/v2.0/networks?colour=red").status, 400);
}

TEST_F(NeutronNetworks, ChangeOnlyUnderTheRevisionThatWasSeen) {
  const std::string id = world.make_network("p1");
  const std::string body = R"({"network":{"name":"new"}})";
  EXPECT_EQ(world.send("p1", "PUT", "/v2.0/networks/" + id, body, "revision_number=7").status, 412);
  EXPECT_EQ(world.send("p1", "PUT", "/v2.0/networks/" + id, body, "revision_number=1").status, 200);
}

TEST_F(NeutronNetworks, CountAgainstTheQuota) {
  EXPECT_EQ(world.put("p1", "/v2.0/quotas/p1", R"({"quota":{"network":1}})").status, 403);
  EXPECT_EQ(world.put("admin", "/v2.0/quotas/p1", R"({"quota":{"network":1}})").status, 200);
  world.make_network("p1");
  const Answer refused = world.post("p1", "/v2.0/networks", R"({"network":{}})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.message(), "Quota exceeded for resources: ['network'].");
  EXPECT_EQ(
      world.get("p1", "/v2.0/quotas/p1/details.json").at("quota", "network", "used").as_int64(), 1);
}

TEST_F(NeutronNetworks, BulkCreatesAllOrNone) {
  world.put("admin", "/v2.0/quotas/p1", R"({"quota":{"network":2}})");
  const std::string three = R"({"networks":[{"name":"a"},{"name":"b"},{"name":"c"}]})";
  EXPECT_EQ(world.post("p1", "/v2.0/networks", three).status, 409);
  EXPECT_TRUE(world.get("p1", "/v2.0/networks").at("networks").as_array().empty());
}

TEST_F(NeutronNetworks, KeepTags) {
  const std::string path = "/v2.0/networks/" + world.make_network("p1");
  EXPECT_EQ(world.put("p1", path + "/tags/red", "").status, 201);
  EXPECT_EQ(world.put("p1", path + "/tags", R"({"tags":["red","blue"]})").status, 200);
  EXPECT_EQ(world.get("p1", path + "/tags/blue").status, 204);
  EXPECT_EQ(world.get("p1", "/v2.0/networks?tags=red,blue").at("networks").as_array().size(), 1U);
  EXPECT_EQ(world.get("p1", "/v2.0/networks?not-tags=red").at("networks").as_array().size(), 0U);
  EXPECT_EQ(world.remove("p1", path + "/tags/green").status, 404);
  EXPECT_EQ(world.remove("p1", path + "/tags").status, 204);
}

TEST_F(NeutronNetworks, DoNotPretendRouters) {
  const Answer answer = world.get("p1", "/v2.0/routers");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.type(), "HTTPNotFound");
}

}  // namespace
}  // namespace tests
