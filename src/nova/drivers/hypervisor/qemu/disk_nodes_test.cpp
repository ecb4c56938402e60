#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"

#include <gtest/gtest.h>

namespace nova::drivers {
namespace {

constexpr const char* kVolumeId = "11111111-1111-4111-8111-111111111111";

GuestDisk disk_in_ceph() {
  GuestDisk disk;
  disk.format = "raw";
  disk.serial = kVolumeId;
  disk.rbd = RbdDisk{.pool = "volumes",
                     .image = "volume-x",
                     .hosts = {"192.0.2.1", "2001:db8::1"},
                     .ports = {"6789", "3300"},
                     .user = "cinder",
                     .configuration = "",
                     .has_key = true,
                     .key = "c2VjcmV0"};
  return disk;
}

TEST(DiskNodes, an_image_in_ceph_is_opened_by_its_monitors_with_a_key_that_is_a_secret) {
  const GuestDisk disk = disk_in_ceph();
  const std::string node = base::to_text(block_node(disk, "node"));
  EXPECT_EQ(node,
            R"({"driver":"raw","node-name":"node","read-only":false,"discard":"unmap","file":)"
            R"({"driver":"rbd","pool":"volumes","image":"volume-x","user":"cinder",)"
            R"("key-secret":"secret-111111111111411181111111","server":[)"
            R"({"host":"192.0.2.1","port":"6789"},{"host":"2001:db8::1","port":"3300"}]}})");
  const base::Json secret = secret_object({"/guests/g"}, disk);
  EXPECT_EQ(base::text_or(secret, "format"), "base64");
  EXPECT_EQ(base::text_or(secret, "file"), std::string("/guests/g/secret.") + kVolumeId);
}

TEST(DiskNodes, without_a_key_of_its_own_an_image_in_ceph_is_signed_in_to_by_the_configuration) {
  GuestDisk disk = disk_in_ceph();
  disk.rbd->has_key = false;
  disk.rbd->configuration = "/etc/ceph/ceph.conf";
  disk.rbd->hosts.clear();
  EXPECT_FALSE(has_secret(disk));
  const base::Json node = block_node(disk, "node");
  const base::Json& file = *base::find(node, "file");
  EXPECT_EQ(base::text_or(file, "conf"), "/etc/ceph/ceph.conf");
  EXPECT_FALSE(base::find(file, "key-secret"));
  EXPECT_FALSE(base::find(file, "server"));
}

}  // namespace
}  // namespace nova::drivers
