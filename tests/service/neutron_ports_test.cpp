#include <gtest/gtest.h>

#include <set>

#include "neutron_world.hpp"
#include "service_database.hpp"

namespace tests {
namespace {

class NeutronPorts : public ::testing::Test {
 protected:
  NeutronWorld world;
  std::string network = world.make_network("p1");
};

TEST_F(NeutronPorts, GetAddressMacAndDefaultSecurityGroup) {
  const std::string subnet = world.make_subnet("p1", network, "10.1.0.0/24");
  const std::string id = world.make_port("p1", network, R"("name":"a")");
  const Answer port = world.get("p1", "/v2.0/ports/" + id);
  EXPECT_EQ(port.status, 200);
  EXPECT_EQ(port.text("port", "fixed_ips", 0, "ip_address"), "10.1.0.2");
  EXPECT_EQ(port.text("port", "fixed_ips", 0, "subnet_id"), subnet);
  EXPECT_EQ(port.text("port", "mac_address").substr(0, 9), "fa:16:3e:");
  EXPECT_EQ(port.text("port", "status"), "DOWN");
  const Answer groups = world.get("p1", "/v2.0/security-groups?name=default");
  EXPECT_EQ(port.text("port", "security_groups", 0), groups.text("security_groups", 0, "id"));
  EXPECT_EQ(groups.at("security_groups", 0, "security_group_rules").as_array().size(), 4U);
}

TEST_F(NeutronPorts, NeverShareAnAddressAndRunOut) {
  world.make_subnet("p1", network, "10.1.0.0/29");
  std::set<std::string> addresses;
  for (int i = 0; i < 5; ++i) {
    const std::string id = world.make_port("p1", network);
    addresses.insert(
        world.get("p1", "/v2.0/ports/" + id).text("port", "fixed_ips", 0, "ip_address"));
  }
  EXPECT_EQ(addresses.size(), 5U);
  const Answer refused =
      world.post("p1", "/v2.0/ports", R"({"port":{"network_id":")" + network + R"("}})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.type(), "IpAddressGenerationFailure");
}

TEST_F(NeutronPorts, ComputeSlaacAddresses) {
  world.make_subnet("p1", network, "2001:db8::/64",
                    R"("ipv6_ra_mode":"slaac","ipv6_address_mode":"slaac")");
  const std::string id = world.make_port("p1", network, R"("mac_address":"FA:16:3E:01:02:03")");
  const Answer port = world.get("p1", "/v2.0/ports/" + id);
  EXPECT_EQ(port.text("port", "mac_address"), "fa:16:3e:01:02:03");
  EXPECT_EQ(port.text("port", "fixed_ips", 0, "ip_address"), "2001:db8::f816:3eff:fe01:203");
}

TEST_F(NeutronPorts, TakeAskedAddressesAndRefuseBadOnes) {
  const std::string subnet = world.make_subnet("p1", network, "10.1.0.0/24");
  const std::string id =
      world.make_port("p1", network, R"("fixed_ips":[{"ip_address":"10.1.0.77"}])");
  EXPECT_EQ(world.get("p1", "/v2.0/ports/" + id).text("port", "fixed_ips", 0, "subnet_id"), subnet);
  const auto ask = [&](const std::string& ip) {
    return world.post("p1", "/v2.0/ports",
                      R"({"port":{"network_id":")" + network + R"(","fixed_ips":[{"ip_address":")" +
                          ip + R"("}]}})");
  };
  EXPECT_EQ(ask("10.1.0.77").type(), "IpAddressAlreadyAllocated");
  EXPECT_EQ(ask("10.9.0.1").type(), "InvalidIpForNetwork");
  EXPECT_EQ(ask("10.1.0").message(),
            "Invalid input for fixed_ips. Reason: '10.1.0' is not a valid IP address.");
  const Answer found = world.get("p1", "/v2.0/ports?fixed_ips=ip_address%3D10.1.0.77");
  EXPECT_EQ(found.at("ports").as_array().size(), 1U);
  EXPECT_EQ(world.get("p1", "/v2.0/ports?fixed_ips=ip_address_substr%3D0.78")
                .at("ports")
                .as_array()
                .size(),
            0U);
}

TEST_F(NeutronPorts, AreBoundOnlyWhereALivingAgentCanServeThem) {
  world.make_subnet("p1", network, "10.1.0.0/24");
  world.report_agents("node1");
  const auto bind = [&](const std::string& host) {
    const std::string id =
        world.make_port("admin", network,
                        R"("project_id":"p1","device_id":"s1","device_owner":"compute:nova",)"
                        R"("binding:host_id":")" +
                            host + R"(")");
    return world.get("admin", "/v2.0/ports/" + id).text("port", "binding:vif_type");
  };
  EXPECT_EQ(bind("node1"), "bridge");
  EXPECT_EQ(bind("node2"), "binding_failed");
  const std::string id = world.make_port("p1", network);
  EXPECT_EQ(world.get("admin", "/v2.0/ports/" + id).text("port", "binding:vif_type"), "unbound");
}

TEST_F(NeutronPorts, HideBindingFromMembersAndRefuseItFromThem) {
  world.make_subnet("p1", network, "10.1.0.0/24");
  const std::string id = world.make_port("p1", network);
  const Answer port = world.get("p1", "/v2.0/ports/" + id);
  EXPECT_FALSE(port.at("port").as_object().contains("binding:host_id"));
  EXPECT_EQ(port.text("port", "binding:vnic_type"), "normal");
  const Answer refused =
      world.put("p1", "/v2.0/ports/" + id, R"({"port":{"binding:host_id":"node1"}})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.type(), "PolicyNotAuthorized");
}

TEST_F(NeutronPorts, TellNovaWhenTheyComeUpAndGo) {
  world.make_subnet("p1", network, "10.1.0.0/24");
  world.report_agents("node1");
  const std::string id =
      world.make_port("admin", network,
                      R"("project_id":"p1","device_id":"11111111-2222-4333-8444-555555555555",)"
                      R"("device_owner":"compute:nova","binding:host_id":"node1")");
  world.call(neutron::PortsUp{"node2", {id}});  // not its port
  EXPECT_EQ(world.get("p1", "/v2.0/ports/" + id).text("port", "status"), "DOWN");
  world.call(neutron::PortsUp{"node1", {id}});
  world.call(neutron::PortsUp{"node1", {id}});  // repeated: nothing new
  EXPECT_EQ(world.get("p1", "/v2.0/ports/" + id).text("port", "status"), "ACTIVE");
  EXPECT_EQ(world.remove("p1", "/v2.0/ports/" + id).status, 204);
  const auto events = world.events_told_to_nova(2);
  ASSERT_EQ(events.size(), 2U);
  // Two notifiers tell them, each in its time.
  const size_t first = events[0].find("network-vif-plugged") != std::string::npos ? 0 : 1;
  EXPECT_NE(events[first].find("network-vif-plugged"), std::string::npos);
  EXPECT_NE(events[first].find(id), std::string::npos);
  EXPECT_NE(events[1 - first].find("network-vif-deleted"), std::string::npos);
}

TEST_F(NeutronPorts, UpdateReplacesAddressesGroupsAndOptions) {
  const std::string subnet = world.make_subnet("p1", network, "10.1.0.0/24");
  const std::string id = world.make_port(
      "p1", network, R"("extra_dhcp_opts":[{"opt_name":"mtu","opt_value":"1400"}])");
  const Answer two =
      world.put("p1", "/v2.0/ports/" + id,
                R"({"port":{"security_groups":[],"fixed_ips":[{"subnet_id":")" + subnet +
                    R"("},{"subnet_id":")" + subnet +
                    R"("}],"extra_dhcp_opts":[{"opt_name":"mtu","opt_value":null}]}})");
  ASSERT_EQ(two.status, 200) << base::to_text(two.json);
  EXPECT_EQ(two.at("port", "fixed_ips").as_array().size(), 2U);
  EXPECT_TRUE(two.at("port", "security_groups").as_array().empty());
  EXPECT_TRUE(two.at("port", "extra_dhcp_opts").as_array().empty());
  EXPECT_EQ(two.at("port", "revision_number").as_int64(), 2);
}

// What a change answers is not read again: it must be what a read would say.
TEST_F(NeutronPorts, ChangesAnswerWhatIsReadAfterwards) {
  const auto group = [&](const std::string& name) {
    return world
        .post("p1", "/v2.0/security-groups", R"({"security_group":{"name":")" + name + R"("}})")
        .text("security_group", "id");
  };
  const std::string groups = '"' + group("a") + R"(",")" + group("b") + R"(",")" + group("c") + '"';
  std::string addresses;
  for (int i = 0; i < 4; ++i) {
    const std::string subnet =
        world.make_subnet("p1", network, "10." + std::to_string(i) + ".0.0/24");
    addresses += R"({"subnet_id":")" + subnet + R"("},)";
  }
  addresses += R"({"ip_address":"10.3.0.9"})";
  const Answer created =
      world.post("p1", "/v2.0/ports",
                 R"({"port":{"network_id":")" + network + R"(","security_groups":[)" + groups +
                     R"(],"fixed_ips":[)" + addresses + "]}}");
  ASSERT_EQ(created.status, 201) << base::to_text(created.json);
  const std::string target = "/v2.0/ports/" + created.text("port", "id");
  EXPECT_EQ(created.at("port", "fixed_ips").as_array().size(), 5U);
  EXPECT_EQ(base::to_text(created.json), base::to_text(world.get("p1", target).json));

  const Answer updated =
      world.put("p1", target,
                R"({"port":{"security_groups":[)" + groups +
                    R"(],"fixed_ips":[{"ip_address":"10.3.0.77"},{"ip_address":"10.3.0.9"},)" +
                    R"({"ip_address":"10.0.0.7"}]}})");
  ASSERT_EQ(updated.status, 200) << base::to_text(updated.json);
  EXPECT_EQ(base::to_text(updated.json), base::to_text(world.get("p1", target).json));
}

int64_t count_deadlocks(platform::Database& database) {
  int64_t count = 0;
  if (!service_database::is_mariadb()) return count;
  database.read([&](platform::Session& session) {
    session.query("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'", {},
                  [&](const platform::SqlRow& row) { count = row.integer(1); });
  });
  return count;
}

// All at once on one network, with a quota to count: each comes to its end at the first attempt.
TEST_F(NeutronPorts, CreatedAtOnceDoNotDeadlock) {
  constexpr size_t kClients = 8;
  constexpr size_t kPortsEach = 4;
  world.make_subnet("p1", network, "10.1.0.0/24");
  world.make_port("p1", network);  // with which the project gets its security group
  const int64_t before = count_deadlocks(world.database());
  std::mutex mutex;
  std::set<std::string> addresses;
  {
    std::vector<std::unique_ptr<platform::Task>> clients;
    for (size_t i = 0; i < kClients; ++i)
      clients.push_back(platform::system_executor().start("client", [&] {
        for (size_t j = 0; j < kPortsEach; ++j) {
          const Answer port =
              world.post("p1", "/v2.0/ports", R"({"port":{"network_id":")" + network + R"("}})");
          const std::lock_guard lock(mutex);
          addresses.insert(port.text("port", "fixed_ips", 0, "ip_address"));
        }
      }));
  }
  EXPECT_EQ(addresses.size(), kClients * kPortsEach);
  EXPECT_EQ(count_deadlocks(world.database()), before);
}

TEST_F(NeutronPorts, ListThousandCheaply) {
  world.put("admin", "/v2.0/quotas/p1", R"({"quota":{"port":-1}})");
  world.make_subnet("p1", network, "10.1.0.0/16");
  std::string body;
  for (int i = 0; i < 1000; ++i)
    body += std::string(body.empty() ? "" : ",") + R"({"network_id":")" + network + R"("})";
  ASSERT_EQ(world.post("p1", "/v2.0/ports", R"({"ports":[)" + body + "]}").status, 201);
  EXPECT_EQ(world.get("p1", "/v2.0/ports").at("ports").as_array().size(), 1000U);
}

}  // namespace
}  // namespace tests
