// Security groups: what a port lets in and out, and from when on.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "bridges.hpp"
#include "neutron/drivers/linuxbridge/firewall.hpp"
#include "platform/process.hpp"

namespace tests {
namespace {

class SecurityGroups : public ::testing::Test {
 protected:
  Guest web{"web", "10.0.0.5/24"};
  Guest client{"client", "10.0.0.6/24"};
  Bridges bridges{{"/cloud", "", {}}};

  void apply() { bridges.apply({network_of(kNetwork, {&web, &client})}); }
};

TEST_F(SecurityGroups, let_nothing_in_without_a_rule) {
  apply();

  EXPECT_FALSE(tcp_reaches(client, web, 80, kRefusal));
  EXPECT_FALSE(ping_reaches(client, web.ip(), kRefusal));
}

TEST_F(SecurityGroups, let_in_the_tcp_port_of_a_rule_and_no_other) {
  web.port.rules.push_back(allow_tcp(80));
  apply();

  EXPECT_TRUE(tcp_reaches(client, web, 80));
  EXPECT_FALSE(tcp_reaches(client, web, 81, kRefusal));
  EXPECT_FALSE(ping_reaches(client, web.ip(), kRefusal));
}

TEST_F(SecurityGroups, let_in_icmp) {
  web.port.rules.push_back(allow_icmp());
  apply();

  EXPECT_TRUE(ping_reaches(client, web.ip()));
  EXPECT_FALSE(tcp_reaches(client, web, 80, kRefusal));
}

TEST_F(SecurityGroups, let_answers_in_but_no_connection_of_the_other_side) {
  web.port.rules.push_back(allow_tcp(80));
  apply();

  EXPECT_TRUE(tcp_reaches(client, web, 80));
  EXPECT_FALSE(tcp_reaches(web, client, 80, kRefusal));
}

TEST_F(SecurityGroups, let_in_members_of_the_remote_group_only) {
  const Guest stranger("stranger", "10.0.0.9/24");
  web.port.rules.push_back({"ingress", "IPv4", 6, 80, 80, {}, "friends"});
  neutron::HostNetwork network = network_of(kNetwork, {&web, &client, &stranger});
  network.group_members["friends"] = {"10.0.0.6/32", "10.0.0.6/31", "2001:db8::6/128"};
  bridges.apply({network});

  EXPECT_TRUE(tcp_reaches(client, web, 80));
  EXPECT_FALSE(tcp_reaches(stranger, web, 80, kRefusal));
}

TEST_F(SecurityGroups, keep_inside_what_no_rule_lets_out) {
  web.port.rules.push_back(allow_tcp(80));
  web.port.rules.push_back(allow_tcp(81));
  client.port.rules = {{"egress", "IPv4", 6, 80, 80, {}, {}}};
  apply();

  EXPECT_TRUE(tcp_reaches(client, web, 80));
  EXPECT_FALSE(tcp_reaches(client, web, 81, kRefusal));
}

TEST_F(SecurityGroups, change_for_a_port_that_runs) {
  apply();
  ASSERT_FALSE(tcp_reaches(client, web, 80, kRefusal));

  web.port.rules.push_back(allow_tcp(80));
  apply();
  EXPECT_TRUE(tcp_reaches(client, web, 80));

  web.port.rules.pop_back();
  apply();
  EXPECT_FALSE(tcp_reaches(client, web, 80, kRefusal));
}

TEST_F(SecurityGroups, leave_an_open_connection_alone_when_another_rule_comes) {
  web.port.rules.push_back(allow_tcp(80));
  apply();
  const Connection connection(client, web, 80, kPatience);
  ASSERT_TRUE(connection.works(kPatience));

  web.port.rules.push_back(allow_icmp());
  apply();

  EXPECT_TRUE(connection.works(kPatience));
}

TEST_F(SecurityGroups, work_for_ipv6) {
  Guest web6("web6", "2001:db8::5/64");
  const Guest client6("client6", "2001:db8::6/64");
  web6.port.rules.push_back({"ingress", "IPv6", 6, 80, 80, {}, {}});
  bridges.apply({network_of(kNetwork, {&web6, &client6})});

  EXPECT_TRUE(tcp_reaches(client6, web6, 80));
  EXPECT_FALSE(tcp_reaches(client6, web6, 81, kRefusal));
}

// Sends the same frame again and again until it is destroyed.
class Flood {
 public:
  Flood(const Guest& from, std::string frame)
      : thread_([this, &from, frame = std::move(frame)] {
          while (!ending_) {
            from.send(frame);
            std::this_thread::yield();
          }
        }) {}
  ~Flood() {
    ending_ = true;
    thread_.join();
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

 private:
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

TEST_F(SecurityGroups, are_there_at_every_moment_in_which_the_port_is_wired) {
  Guest witness("witness", "10.0.0.8/24");
  witness.port.rules.push_back({"ingress", "IPv4", {}, {}, {}, {}, {}});
  const std::string frame = udp(client.identity(), kBroadcast, "10.0.0.255", 5000, 5000);
  {
    const Flood flood(client, frame);
    for (int round = 0; round < 10; ++round) {
      bridges.apply({network_of(kNetwork, {&client, &witness})});
      bridges.apply({network_of(kNetwork, {&client, &witness, &web})});
    }
  }

  std::string received;
  while (web.receive(received, milliseconds{0})) ASSERT_NE(received, frame);
  bool witnessed = false;
  while (witness.receive(received, milliseconds{0})) witnessed |= received == frame;
  EXPECT_TRUE(witnessed);
}

TEST_F(SecurityGroups, of_a_port_that_is_bound_elsewhere_go_only_after_its_wire) {
  web.port.rules.push_back(allow_tcp(80));
  apply();
  ASSERT_TRUE(tcp_reaches(client, web, 80));

  bridges.apply({network_of(kNetwork, {&client})});

  EXPECT_TRUE(device_exists(neutron::tap_name(web.port.id)));
  EXPECT_FALSE(device_exists(neutron::tap_name(web.port.id) + "/brport"));
  EXPECT_FALSE(tcp_reaches(client, web, 80, kRefusal));
}

TEST_F(SecurityGroups, hold_for_a_port_that_is_set_down) {
  web.port.rules.push_back(allow_tcp(80));
  apply();
  web.port.admin_state_up = false;

  EXPECT_FALSE(bridges.apply({network_of(kNetwork, {&web, &client})}).contains(web.port.id));
  EXPECT_FALSE(tcp_reaches(client, web, 80, kRefusal));
}

TEST_F(SecurityGroups, come_back_when_somebody_flushes_the_rules_of_the_host) {
  apply();
  platform::run_checked({"nft", "flush", "ruleset"});

  apply();

  EXPECT_FALSE(tcp_reaches(client, web, 80, kRefusal));
}

TEST_F(SecurityGroups, do_not_filter_a_port_without_port_security) {
  web.port.port_security_enabled = false;
  web.port.rules.clear();
  apply();

  EXPECT_TRUE(tcp_reaches(client, web, 80));
}

// One rule that the kernel refused would keep all the others of the host from it.
TEST_F(SecurityGroups, take_every_rule_that_neutron_allows) {
  for (const char* ethertype : {"IPv4", "IPv6"})
    for (const char* direction : {"ingress", "egress"}) {
      for (int64_t protocol = 0; protocol < 256; ++protocol)
        if (protocol != 58 || ethertype == std::string("IPv6"))
          web.port.rules.push_back({direction, ethertype, protocol, {}, {}, {}, {}});
      for (const int64_t with_ports : {6, 17, 33, 132, 136})
        web.port.rules.push_back({direction, ethertype, with_ports, 1, 65535, {}, {}});
      for (const int64_t code : {0, 255})
        web.port.rules.push_back({direction, ethertype, 1, code, code, {}, {}});
      web.port.rules.push_back({direction, ethertype, 1, 255, {}, {}, {}});
    }
  web.port.allowed_address_pairs = {{"fa:16:3e:00:0f:01", "0.0.0.0/0"},
                                    {"fa:16:3e:00:0f:02", "::/0"},
                                    {"fa:16:3e:00:0f:03", "2001:db8:1::/61"},
                                    {web.port.mac_address, "10.0.0.5"}};

  EXPECT_NO_THROW(apply());
}

// Equal addresses, ports and all: what one network knows of a connection is not the other's.
TEST_F(SecurityGroups, of_two_networks_with_equal_addresses_do_not_mix) {
  const Guest web2("web2", "10.0.0.5/24");
  const Guest client2("client2", "10.0.0.6/24");
  web.port.rules.push_back({"ingress", "IPv4", 17, {}, {}, {}, {}});
  bridges.apply({network_of(kNetwork, {&web, &client}),
                 network_of("bbbbbbbb-0000-4000-8000-000000000002", {&web2, &client2})});
  const auto answer = [](const Guest& from, const Guest& to) {
    return udp(from.identity(), to.port.mac_address, to.ip(), 5001, 5000);
  };
  ASSERT_TRUE(
      arrives(client, udp(client.identity(), web.port.mac_address, web.ip(), 5000, 5001), web));
  ASSERT_TRUE(arrives(web, answer(web, client), client));

  EXPECT_FALSE(arrives(web2, answer(web2, client2), client2));
}

}  // namespace
}  // namespace tests
