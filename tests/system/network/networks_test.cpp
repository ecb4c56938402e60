// Local, flat and VXLAN networks: who reaches whom, within a host and across.
#include <gtest/gtest.h>

#include "bridges.hpp"
#include "platform/process.hpp"

namespace tests {
namespace {

void open_up(Guest& guest) { guest.port.rules.push_back({"ingress", "IPv4", {}, {}, {}, {}, {}}); }

TEST(LocalNetwork, joins_its_own_ports_and_no_others) {
  Guest a("a", "10.0.0.5/24");
  Guest b("b", "10.0.0.6/24");
  Guest other("other", "10.0.0.7/24");
  for (Guest* guest : {&a, &b, &other}) open_up(*guest);
  Bridges bridges({"/cloud", "", {}});
  const auto wired =
      bridges.apply({network_of(kNetwork, {&a, &b}), network_of(kOtherNetwork, {&other})});

  EXPECT_EQ(wired.size(), size_t{3});
  EXPECT_TRUE(tcp_reaches(a, b, 80));
  EXPECT_FALSE(tcp_reaches(a, other, 80, kRefusal));
}

TEST(LocalNetwork, does_not_reach_the_host_itself) {
  Guest guest("a", "10.0.0.5/24");
  Bridges bridges({"/cloud", "", {}});
  bridges.apply({network_of(kNetwork, {&guest})});
  platform::run_checked({"ip", "address", "add", "10.0.0.1/24", "dev", "lo"});

  EXPECT_FALSE(ping_reaches(guest, "10.0.0.1", kRefusal));

  platform::run_checked({"ip", "address", "delete", "10.0.0.1/24", "dev", "lo"});
}

TEST(LocalNetwork, gives_the_host_no_address_on_it) {
  Guest guest("a", "10.0.0.5/24");
  Bridges bridges({"/cloud", "", {}});
  bridges.apply({network_of(kNetwork, {&guest})});

  EXPECT_EQ(
      platform::run_checked({"ip", "-brief", "-6", "address", "show", "dev", "brqaaaaaaaa-00"}),
      "");
}

// A namespace as the machine at the other end of the host's cable.
class FlatNetwork : public ::testing::Test {
 protected:
  Guest guest{"guest", "10.0.0.5/24"};
  Namespace outside{"outside"};
  Bridges bridges{{"/cloud", "", {{"physnet1", "cable"}}}};

  void SetUp() override {
    open_up(guest);
    platform::run_checked({"ip", "link", "add", "cable", "mtu", "1600", "type", "veth", "peer",
                           "name", "eth0", "netns", "outside"});
    outside.ip({"link", "set", "eth0", "up"});
    outside.ip({"address", "add", "10.0.0.1/24", "dev", "eth0"});
  }
  void TearDown() override {
    static_cast<void>(platform::run_process({"ip", "link", "delete", "cable"}));
  }
  [[nodiscard]] neutron::HostNetwork network() const {
    neutron::HostNetwork network = network_of(kNetwork, {&guest});
    network.segment = {"flat", "physnet1", 0};
    return network;
  }
};

TEST_F(FlatNetwork, reaches_the_physical_network_untagged) {
  bridges.apply({network()});

  EXPECT_TRUE(ping_reaches(guest, "10.0.0.1"));
}

TEST_F(FlatNetwork, gives_the_device_back_when_it_is_gone) {
  bridges.apply({network()});
  bridges.apply({});

  EXPECT_TRUE(device_exists("cable"));
  EXPECT_FALSE(device_exists("cable/brport"));
}

TEST_F(FlatNetwork, leaves_the_mtu_of_the_device_alone) {
  bridges.apply({network()});

  EXPECT_NE(platform::run_checked({"ip", "link", "show", "cable"}).find("mtu 1600"),
            std::string::npos);
}

TEST_F(FlatNetwork, is_not_wired_without_its_device_and_says_so) {
  platform::run_checked({"ip", "link", "delete", "cable"});

  EXPECT_TRUE(bridges.apply({network()}).empty());
  ASSERT_EQ(bridges.problems().size(), size_t{1});
  EXPECT_NE(bridges.problems()[0].find("cable"), std::string::npos);
}

TEST_F(FlatNetwork, does_not_take_a_device_out_of_the_bridge_of_another) {
  platform::run_checked({"ip", "link", "add", "br-other", "type", "bridge"});
  platform::run_checked({"ip", "link", "set", "cable", "master", "br-other"});

  EXPECT_TRUE(bridges.apply({network()}).empty());
  ASSERT_EQ(bridges.problems().size(), size_t{1});
  EXPECT_NE(bridges.problems()[0].find("br-other"), std::string::npos);

  platform::run_checked({"ip", "link", "delete", "br-other"});
}

// Two namespaces as hosts on one cable.
class VxlanNetwork : public ::testing::Test {
 protected:
  Namespace host_a{"hostA"};
  Namespace host_b{"hostB"};
  Guest a{"a", "10.0.0.5/24", "hostA"};
  Guest b{"b", "10.0.0.6/24", "hostB"};
  Guest other{"other", "10.0.0.6/24", "hostB"};
  Bridges bridges_a{{"/cloud", "192.0.2.1", {}}, "hostA"};
  Bridges bridges_b{{"/cloud", "192.0.2.2", {}}, "hostB"};

  void SetUp() override {
    host_a.ip({"link", "add", "phys0", "type", "veth", "peer", "name", "phys0", "netns", "hostB"});
    host_a.ip({"address", "add", "192.0.2.1/24", "dev", "phys0"});
    host_b.ip({"address", "add", "192.0.2.2/24", "dev", "phys0"});
    for (const Namespace* host : {&host_a, &host_b}) host->ip({"link", "set", "phys0", "up"});
    for (Guest* guest : {&a, &b, &other}) open_up(*guest);
  }

  // The network on the host of `here`, with the others' forwarding entries.
  static neutron::HostNetwork part(const std::string& id, int64_t vni, const Guest& here,
                                   const std::vector<const Guest*>& there,
                                   const std::string& vtep) {
    neutron::HostNetwork network = network_of(id, {&here});
    network.segment = {"vxlan", "", vni};
    network.mtu = 1450;
    for (const Guest* guest : there) {
      network.vteps = {vtep};
      network.forwarding.push_back({guest->port.mac_address, {guest->ip()}, vtep});
    }
    return network;
  }
  void apply() {
    bridges_a.apply({part(kNetwork, 101, a, {&b}, "192.0.2.2")});
    bridges_b.apply(
        {part(kNetwork, 101, b, {&a}, "192.0.2.1"), part(kOtherNetwork, 102, other, {}, "")});
  }
};

TEST_F(VxlanNetwork, joins_ports_of_two_hosts) {
  apply();

  EXPECT_TRUE(tcp_reaches(a, b, 80));
  EXPECT_TRUE(tcp_reaches(b, a, 80));
}

TEST_F(VxlanNetwork, is_apart_from_another_of_equal_addresses) {
  apply();
  other.forget();
  ASSERT_TRUE(tcp_reaches(a, b, 80));

  const std::string question = arp(a.identity(), b.ip());
  std::string frame;
  while (other.receive(frame, milliseconds{50}))
    EXPECT_NE(frame.substr(6, 6), question.substr(6, 6)) << "a frame of the other network";
}

TEST_F(VxlanNetwork, filters_what_comes_from_the_other_host) {
  b.port.rules.pop_back();
  b.port.rules.push_back(allow_tcp(80));
  apply();

  EXPECT_TRUE(tcp_reaches(a, b, 80));
  EXPECT_FALSE(tcp_reaches(a, b, 81, kRefusal));
}

TEST_F(VxlanNetwork, sends_to_hosts_of_the_network_only) {
  apply();
  ASSERT_TRUE(tcp_reaches(a, b, 80));

  // The port moved away: nothing is sent to its old host.
  bridges_a.apply({part(kNetwork, 101, a, {}, "")});

  EXPECT_FALSE(tcp_reaches(a, b, 80, kRefusal));
}

TEST_F(VxlanNetwork, ends_at_the_host_without_a_tunnel_address) {
  Bridges untunnelled({"/elsewhere", "", {}});
  const Guest here("here", "10.0.0.8/24");

  EXPECT_EQ(untunnelled.apply({part(kOtherNetwork, 109, here, {}, "")}).size(), size_t{1});
  EXPECT_FALSE(device_exists("vxlan-109"));
}

}  // namespace
}  // namespace tests
