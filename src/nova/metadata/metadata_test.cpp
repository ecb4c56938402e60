#include "nova/metadata/metadata.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace nova::metadata {
namespace {

ServerDescription server() {
  ServerDescription server;
  server.id = "11111111-2222-4333-8444-555555555555";
  server.name = "Web 1";
  server.hostname = "web-1";
  server.metadata = {{"tier", "web"}};
  server.key_name = "mine";
  server.public_key = "ssh-ed25519 AAAA";
  server.user_data = base::to_base64("#!/bin/sh\n");
  return server;
}

std::string get(std::string_view path) {
  return answer(server(), path, platform::system_random()).value_or("nothing");
}

TEST(Metadata, tells_a_guest_of_itself_in_the_layout_of_openstack) {
  const base::Json document = base::parse_json(get("/openstack/latest/meta_data.json"));
  EXPECT_EQ(base::text_or(document, "uuid"), server().id);
  EXPECT_EQ(base::text_or(document, "hostname"), "web-1.novalocal");
  EXPECT_EQ(base::text_or(document.at("meta"), "tier"), "web");
  EXPECT_EQ(base::text_or(document.at("public_keys"), "mine"), "ssh-ed25519 AAAA");
  EXPECT_EQ(get("/openstack/latest/user_data"), "#!/bin/sh\n");
}

TEST(Metadata, tells_of_the_devices_that_have_tags) {
  ServerDescription tagged = server();
  tagged.networks = {{"n", "", "", "outside"}, {"n", "", "", ""}};
  tagged.ports.resize(2);
  tagged.ports[0].mac_address = "fa:16:3e:00:00:01";
  ServerVolume plain;
  ServerVolume data;
  data.volume_id = "22222222-2222-4222-8222-222222222222";
  data.device_name = "/dev/vdb";
  data.tag = "data";
  ServerVolume coming = data;
  coming.state = "attaching";
  tagged.volumes = {plain, data, coming};

  const base::Json document =
      base::parse_json(answer(tagged, "/openstack/latest/meta_data.json", platform::system_random())
                           .value_or("nothing"));

  EXPECT_EQ(document.at("devices"),
            base::parse_json(
                R"([{"type":"nic","bus":"pci","mac":"fa:16:3e:00:00:01","tags":["outside"]},)"
                R"({"type":"disk","bus":"pci","serial":"22222222-2222-4222-8222-222222222222",)"
                R"("path":"/dev/vdb","tags":["data"]}])"));
}

TEST(Metadata, tells_it_in_the_layout_of_ec2) {
  EXPECT_EQ(get("/latest/meta-data/instance-id"), "i-11111111");
  EXPECT_EQ(get("/2009-04-04/meta-data/hostname"), "web-1.novalocal");
  EXPECT_EQ(get("/latest/meta-data/public-keys/"), "0=mine");
  EXPECT_EQ(get("/latest/meta-data/public-keys/0/openssh-key"), "ssh-ed25519 AAAA");
  EXPECT_EQ(get("/latest/user-data"), "#!/bin/sh\n");
  EXPECT_EQ(get("/latest/meta-data/block-device-mapping/"), "ami\nroot");
}

TEST(Metadata, tells_of_the_blank_disks_in_the_layout_of_ec2) {
  ServerDescription roomy = server();
  roomy.local_disks = {
      {"/dev/vdb", "ext4", 1024}, {"/dev/vdc", "", 1024}, {"/dev/vdd", "swap", 64}};
  const auto mapped = [&](const std::string& name) {
    return answer(roomy, "/latest/meta-data/block-device-mapping/" + name,
                  platform::system_random())
        .value_or("nothing");
  };
  EXPECT_EQ(mapped(""), "ami\nephemeral0\nephemeral1\nroot\nswap");
  EXPECT_EQ(mapped("ephemeral0"), "/dev/vdb");
  EXPECT_EQ(mapped("ephemeral1"), "/dev/vdc");
  EXPECT_EQ(mapped("swap"), "/dev/vdd");
}

TEST(Metadata, lists_its_versions_and_what_each_has) {
  EXPECT_TRUE(get("/").starts_with("1.0\n2007-01-19\n"));
  EXPECT_TRUE(get("/openstack").starts_with("2012-08-10\n2013-04-04\n"));
  EXPECT_TRUE(get("/openstack").ends_with("\n2020-10-14\nlatest"));
  EXPECT_EQ(get("/openstack/2012-08-10"), "meta_data.json\nuser_data");
  EXPECT_EQ(get("/openstack/2013-10-17"), "meta_data.json\nuser_data\nvendor_data.json");
  EXPECT_EQ(get("/openstack/latest"),
            "meta_data.json\nnetwork_data.json\nuser_data\nvendor_data.json\nvendor_data2.json");
  EXPECT_EQ(get("/openstack/2012-08-10/network_data.json"), "nothing");
  EXPECT_EQ(get("/openstack/1999-01-01"), "nothing");
}

TEST(Metadata, gives_a_guest_randomness_that_nobody_can_foresee) {
  const std::string path = "/openstack/latest/meta_data.json";
  const auto seed = [&] { return base::text_or(base::parse_json(get(path)), "random_seed"); };
  EXPECT_EQ(base::from_base64(seed()).value_or("").size(), 512U);
  EXPECT_NE(seed(), seed());
}

TEST(ConfigDrive, has_both_layouts) {
  const auto files = config_drive_files(server(), platform::system_random());
  for (const char* name : {"openstack/latest/meta_data.json", "openstack/latest/network_data.json",
                           "openstack/latest/user_data", "openstack/latest/vendor_data.json",
                           "openstack/2012-08-10/meta_data.json", "ec2/latest/meta-data.json",
                           "ec2/latest/user-data", "ec2/2009-04-04/meta-data.json"})
    EXPECT_TRUE(files.contains(name)) << name;
  const base::Json classic = base::parse_json(files.at("ec2/latest/meta-data.json"));
  EXPECT_EQ(base::text_or(classic, "instance-id"), "i-11111111");
}

}  // namespace
}  // namespace nova::metadata
