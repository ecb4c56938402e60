#include "cinder/drivers/target/tgt/tgt_listing.hpp"

#include <gtest/gtest.h>

namespace cinder::drivers {
namespace {

constexpr std::string_view kTargets = R"(Target 1: iqn.2010-10.org.openstack:volume-a
    System information:
        Driver: iscsi
        State: ready
    I_T nexus information:
        I_T nexus: 2
            Initiator: iqn.x:host1 alias: none
            Connection: 0
                IP Address: 127.0.0.1
    LUN information:
        LUN: 0
            Type: controller
            Readonly: No
            Backing store path: None
        LUN: 1
            Type: disk
            Readonly: Yes
            Backing store path: /var/lib/volumes/volume-a
    Account information:
        one
        two
    ACL information:
        iqn.x:host1
Target 12: iqn.2010-10.org.openstack:volume-b
    System information:
        Driver: iscsi
    LUN information:
        LUN: 0
            Type: controller
            Backing store path: None
    Account information:
    ACL information:
)";

TEST(TgtListing, tells_what_each_target_has) {
  const auto targets = parse_targets(kTargets);

  ASSERT_EQ(targets.size(), size_t{2});
  EXPECT_EQ(targets[0].tid, 1);
  EXPECT_EQ(targets[0].iqn, "iqn.2010-10.org.openstack:volume-a");
  EXPECT_EQ(targets[0].path, "/var/lib/volumes/volume-a");
  EXPECT_TRUE(targets[0].read_only);
  EXPECT_EQ(targets[0].usernames, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(targets[0].initiators, std::vector<std::string>{"iqn.x:host1"});
  EXPECT_EQ(targets[1].tid, 12);
  EXPECT_TRUE(targets[1].path.empty());
  EXPECT_TRUE(targets[1].usernames.empty());
}

TEST(TgtListing, tells_who_is_connected) {
  const auto connections = parse_connections(
      "Session: 2\n    Connection: 0\n        Initiator: iqn.x:host1\n        IP Address: ::1\n"
      "Session: 5\n    Connection: 1\n        Initiator: iqn.x:host2 alias\n");

  ASSERT_EQ(connections.size(), size_t{2});
  EXPECT_EQ(connections[0].session, "2");
  EXPECT_EQ(connections[0].initiator, "iqn.x:host1");
  EXPECT_EQ(connections[1].connection, "1");
  EXPECT_EQ(connections[1].initiator, "iqn.x:host2");
}

TEST(TgtListing, makes_nothing_of_nonsense) {
  EXPECT_TRUE(parse_targets("").empty());
  EXPECT_TRUE(parse_targets("    LUN: 1\nTarget x\n").empty());
  EXPECT_TRUE(parse_connections("Initiator: nobody\n").empty());
}

}  // namespace
}  // namespace cinder::drivers
