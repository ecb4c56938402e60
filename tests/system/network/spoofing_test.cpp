// What a guest may call itself.
#include <gtest/gtest.h>

#include "bridges.hpp"

namespace tests {
namespace {

std::string tagged(std::string frame) { return frame.insert(12, std::string("\x81\0\0\x05", 4)); }

// The victim lets everything in: only the sender's own port can stop it.
class Spoofing : public ::testing::Test {
 protected:
  Guest guest{"guest", "10.0.0.5/24"};
  Guest victim{"victim", "10.0.0.6/24"};
  Bridges bridges{{"/cloud", "", {}}};

  void SetUp() override {
    victim.port.port_security_enabled = false;
    apply();
  }
  void apply() { bridges.apply({network_of(kNetwork, {&guest, &victim})}); }
  bool passes(const std::string& frame) { return arrives(guest, frame, victim); }
  // From this MAC and address, to the victim.
  bool says(const std::string& mac, const std::string& ip) {
    return passes(udp({mac, ip}, victim.port.mac_address, victim.ip(), 5000, 5000));
  }
  [[nodiscard]] const std::string& mac() const { return guest.port.mac_address; }
};

TEST_F(Spoofing, is_not_what_an_honest_guest_does) {
  EXPECT_TRUE(says(mac(), "10.0.0.5"));
  EXPECT_TRUE(passes(arp(guest.identity(), victim.ip())));
}

TEST_F(Spoofing, of_a_mac_is_dropped) { EXPECT_FALSE(says("fa:16:3e:ff:ff:ff", "10.0.0.5")); }

TEST_F(Spoofing, of_an_address_is_dropped) {
  EXPECT_FALSE(says(mac(), "10.0.0.9"));
  EXPECT_FALSE(says(mac(), victim.ip()));
}

TEST_F(Spoofing, in_arp_is_dropped) {
  EXPECT_FALSE(passes(arp({mac(), "10.0.0.1"}, "10.0.0.1")));
  EXPECT_FALSE(passes(arp({"fa:16:3e:ff:ff:ff", "10.0.0.5"}, "10.0.0.1")));
}

TEST_F(Spoofing, in_arp_behind_an_honest_ethernet_header_is_dropped) {
  std::string frame = arp({mac(), "10.0.0.5"}, "10.0.0.1");
  frame[22 + 5] = '\x77';  // the last byte of the sender's hardware address

  EXPECT_FALSE(passes(frame));
}

TEST_F(Spoofing, of_dhcp_answers_is_dropped) {
  EXPECT_FALSE(passes(udp({mac(), "10.0.0.5"}, kBroadcast, "255.255.255.255", 67, 68)));
}

TEST_F(Spoofing, of_other_protocols_is_dropped) {
  std::string frame = arp(guest.identity(), victim.ip());
  frame[12] = '\x88';  // EtherType 0x8806

  EXPECT_FALSE(passes(frame));
}

TEST_F(Spoofing, behind_a_vlan_tag_is_dropped) {
  EXPECT_FALSE(passes(tagged(arp({mac(), "10.0.0.1"}, "10.0.0.1"))));
}

TEST_F(Spoofing, a_dhcp_request_without_an_address_is_none) {
  EXPECT_TRUE(passes(udp({mac(), "0.0.0.0"}, kBroadcast, "255.255.255.255", 68, 67)));
}

TEST_F(Spoofing, an_allowed_pair_is_none) {
  guest.port.allowed_address_pairs = {{mac(), "10.0.7.0/24"}, {"fa:16:3e:aa:aa:aa", "10.0.8.1"}};
  apply();

  EXPECT_TRUE(says(mac(), "10.0.7.9"));
  EXPECT_TRUE(passes(arp({mac(), "10.0.7.9"}, "10.0.7.9")));
  EXPECT_TRUE(says("fa:16:3e:aa:aa:aa", "10.0.8.1"));
  EXPECT_FALSE(says("fa:16:3e:aa:aa:aa", "10.0.7.9"));
  EXPECT_FALSE(says(mac(), "10.0.8.1"));
}

TEST_F(Spoofing, nobody_looks_at_a_port_without_port_security) {
  guest.port.port_security_enabled = false;
  apply();

  EXPECT_TRUE(says("fa:16:3e:ff:ff:ff", "192.0.2.1"));
  EXPECT_TRUE(passes(tagged(arp({mac(), "10.0.0.1"}, "10.0.0.1"))));
  EXPECT_TRUE(passes(udp({mac(), "10.0.0.5"}, kBroadcast, "255.255.255.255", 67, 68)));
}

class SpoofingOfIpv6 : public Spoofing {
 protected:
  Guest guest6{"guest6", "2001:db8::5/64"};

  void SetUp() override {
    Spoofing::SetUp();
    bridges.apply({network_of(kNetwork, {&guest6, &victim})});
  }
  bool passes6(const std::string& frame) { return arrives(guest6, frame, victim); }
  bool advertises(const std::string& from, const std::string& target) {
    return passes6(icmpv6({guest6.port.mac_address, from}, 136, target));
  }
};

TEST_F(SpoofingOfIpv6, of_an_address_is_dropped) {
  const std::string& mac = guest6.port.mac_address;

  EXPECT_TRUE(passes6(udp({mac, "2001:db8::5"}, victim.port.mac_address, "2001:db8::6", 1, 1)));
  EXPECT_FALSE(passes6(udp({mac, "2001:db8::7"}, victim.port.mac_address, "2001:db8::6", 1, 1)));
  EXPECT_FALSE(passes6(udp({mac, "fe80::1"}, victim.port.mac_address, "2001:db8::6", 1, 1)));
}

TEST_F(SpoofingOfIpv6, of_a_router_or_a_dhcp_server_is_dropped) {
  const Identity self{guest6.port.mac_address, "2001:db8::5"};

  EXPECT_FALSE(passes6(icmpv6(self, 134, "::")));
  EXPECT_FALSE(passes6(udp(self, kBroadcast, "ff02::1", 547, 546)));
}

TEST_F(SpoofingOfIpv6, in_neighbour_advertisements_is_dropped) {
  EXPECT_TRUE(advertises("2001:db8::5", "2001:db8::5"));
  EXPECT_FALSE(advertises("2001:db8::5", "2001:db8::1"));
  EXPECT_FALSE(advertises("2001:db8::1", "2001:db8::1"));
}

TEST_F(SpoofingOfIpv6, an_allowed_prefix_is_none) {
  guest6.port.allowed_address_pairs = {{guest6.port.mac_address, "2001:db8:7::/61"}};
  bridges.apply({network_of(kNetwork, {&guest6, &victim})});

  EXPECT_TRUE(advertises("2001:db8:7:7::1", "2001:db8:7:7::1"));
  EXPECT_FALSE(advertises("2001:db8:7:7::1", "2001:db8:7:8::1"));
}

}  // namespace
}  // namespace tests
