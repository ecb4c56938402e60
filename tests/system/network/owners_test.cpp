// Several clouds, and whatever else there is, on one host: everybody keeps what is his.
#include <gtest/gtest.h>

#include "bridges.hpp"
#include "platform/process.hpp"

namespace tests {
namespace {

constexpr const char* kBridgeOfOne = "brqaaaaaaaa-00";

void run_ip(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  platform::run_checked(arguments);
}

class TwoClouds : public ::testing::Test {
 protected:
  Guest first{"first", "10.0.0.5/24"};
  Guest first_peer{"first-peer", "10.0.0.6/24"};
  Guest second{"second", "10.0.0.5/24"};
  Guest second_peer{"second-peer", "10.0.0.6/24"};
  Bridges one{{"/clouds/one", "", {}}};
  Bridges two{{"/clouds/two", "", {}}};

  void apply_one() { one.apply({network_of(kNetwork, {&first, &first_peer})}); }
  void apply_two() { two.apply({network_of(kOtherNetwork, {&second, &second_peer})}); }
};

TEST_F(TwoClouds, on_one_host_do_not_touch_each_others_ports) {
  first.port.rules.push_back(allow_tcp(80));
  second.port.rules.push_back(allow_tcp(81));
  for (int round = 0; round < 2; ++round) {
    apply_one();
    apply_two();
  }

  EXPECT_TRUE(tcp_reaches(first_peer, first, 80));
  EXPECT_FALSE(tcp_reaches(first_peer, first, 81, kRefusal));
  EXPECT_TRUE(tcp_reaches(second_peer, second, 81));
  EXPECT_FALSE(tcp_reaches(second_peer, second, 80, kRefusal));
}

TEST_F(TwoClouds, on_one_host_take_down_their_own_only) {
  first.port.rules.push_back(allow_tcp(80));
  apply_one();
  apply_two();

  two.apply({});

  EXPECT_FALSE(device_exists("brqbbbbbbbb-00"));
  EXPECT_TRUE(tcp_reaches(first_peer, first, 80));
  EXPECT_FALSE(tcp_reaches(first_peer, first, 81, kRefusal));
}

TEST_F(TwoClouds, do_not_share_a_network) {
  apply_one();

  EXPECT_TRUE(two.apply({network_of(kNetwork, {&second})}).empty());
  ASSERT_EQ(two.problems().size(), size_t{1});
  EXPECT_NE(two.problems()[0].find("/clouds/one"), std::string::npos) << two.problems()[0];
  EXPECT_EQ(alias_of(kBridgeOfOne), std::string("nephele network ") + kNetwork + " of /clouds/one");
}

TEST_F(TwoClouds, do_not_share_a_tunnel) {
  const auto tunnelled = [](const char* id, const Guest& guest) {
    neutron::HostNetwork network = network_of(id, {&guest});
    network.segment = {"vxlan", "", 7};
    return network;
  };
  Bridges left({"/clouds/left", "192.0.2.1", {}});
  Bridges right({"/clouds/right", "192.0.2.1", {}});
  ASSERT_EQ(left.apply({tunnelled(kNetwork, first)}).size(), size_t{1});

  EXPECT_TRUE(right.apply({tunnelled(kOtherNetwork, second)}).empty());
  ASSERT_EQ(right.problems().size(), size_t{1});
  EXPECT_NE(right.problems()[0].find("/clouds/left"), std::string::npos) << right.problems()[0];
}

TEST_F(TwoClouds, one_network_that_can_not_be_wired_does_not_keep_the_others_from_it) {
  apply_one();

  const auto wired =
      two.apply({network_of(kNetwork, {&second}), network_of(kOtherNetwork, {&second_peer})});

  EXPECT_EQ(wired, std::set<std::string>{second_peer.port.id});
}

TEST(ForeignDevices, stay_whatever_their_names) {
  run_ip({"link", "add", "brq12345678-90", "type", "bridge"});
  run_ip({"link", "add", "vxlan-77", "type", "vxlan", "id", "77", "dstport", "4789"});
  platform::run_checked({"nft", "add", "table", "bridge", "nephele_sg_of_others"});
  {
    const Guest guest("guest", "10.0.0.5/24");
    Bridges bridges({"/cloud", "", {}});
    bridges.apply({network_of(kNetwork, {&guest})});
  }

  EXPECT_TRUE(device_exists("brq12345678-90"));
  EXPECT_TRUE(device_exists("vxlan-77"));
  platform::run_checked({"nft", "delete", "table", "bridge", "nephele_sg_of_others"});
  run_ip({"link", "delete", "brq12345678-90"});
  run_ip({"link", "delete", "vxlan-77"});
}

TEST(ForeignDevices, with_a_name_that_is_needed_are_an_error_and_not_taken) {
  const Guest guest("guest", "10.0.0.5/24");
  Bridges bridges({"/cloud", "", {}});
  run_ip({"link", "add", kBridgeOfOne, "type", "bridge"});

  EXPECT_TRUE(bridges.apply({network_of(kNetwork, {&guest})}).empty());
  ASSERT_EQ(bridges.problems().size(), size_t{1});
  EXPECT_NE(bridges.problems()[0].find(kBridgeOfOne), std::string::npos);
  EXPECT_EQ(alias_of(kBridgeOfOne), "");

  run_ip({"link", "delete", kBridgeOfOne});
  EXPECT_EQ(bridges.apply({network_of(kNetwork, {&guest})}).size(), size_t{1});
}

TEST(OwnDevices, of_an_agent_that_died_are_taken_up_by_the_next) {
  Guest web("web", "10.0.0.5/24");
  const Guest client("client", "10.0.0.6/24");
  web.port.rules.push_back(allow_tcp(80));
  const auto died = neutron::drivers::make_linuxbridge_provider({"/cloud", "", {}});
  died->apply({network_of(kNetwork, {&web, &client})});
  const Connection connection(client, web, 80, kPatience);

  Bridges next({"/cloud", "", {}});
  EXPECT_EQ(next.apply({network_of(kNetwork, {&web, &client})}).size(), size_t{2});

  EXPECT_TRUE(connection.works(kPatience));
}

TEST(OwnDevices, leave_no_filter_behind) {
  {
    const Guest guest("guest", "10.0.0.5/24");
    Bridges bridges({"/cloud", "", {}});
    bridges.apply({network_of(kNetwork, {&guest})});
    EXPECT_NE(platform::run_checked({"nft", "list", "tables"}), "");
  }

  EXPECT_EQ(platform::run_checked({"nft", "list", "tables"}), "");
}

}  // namespace
}  // namespace tests
