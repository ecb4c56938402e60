// A flavor's ephemeral disk and swap, and blank local disks that are asked for.
#include "server_world.hpp"

namespace {

using api_edge::Caller;
using base::Json;

class LocalDisks : public api_edge::ServerWorld {
 protected:
  void SetUp() override {
    ServerWorld::SetUp();
    flavor_ = id_of(must("nova-api", "POST", "/v2.1/flavors",
                         R"({"flavor":{"name":"roomy","ram":64,"disk":1,"vcpus":1,)"
                         R"("OS-FLV-EXT-DATA:ephemeral":4,"swap":1500}})",
                         Caller::admin),
                    "flavor");
  }
  [[nodiscard]] std::string of_image(const std::string& devices = "") const {
    return R"("imageRef":")" + image_ + R"(","block_device_mapping_v2":[)" +
           R"({"boot_index":0,"source_type":"image","destination_type":"local","uuid":")" + image_ +
           "\"}" + (devices.empty() ? "" : "," + devices) + "]";
  }
  std::string refusal(const std::string& devices) {
    const auto answer = send("nova-api", "POST", "/v2.1/servers",
                             R"({"server":{"name":"s","networks":"none","flavorRef":")" + flavor_ +
                                 "\"," + of_image(devices) + "}}");
    EXPECT_EQ(answer.status, 400) << devices << answer.body;
    return base::text_or(base::parse_json(answer.body).at("badRequest"), "message");
  }
  // Of Nova's database.
  std::string text(const std::string& sql) {
    std::string text;
    service_database::beneath(world_.database("nova")).read([&](platform::Session& session) {
      session.query(sql, {}, [&](const platform::SqlRow& row) { text = row.text(0); });
    });
    return text;
  }
  std::string local_disks() { return text("SELECT local_disks FROM instances"); }
  std::string device_of(const std::string& server, const std::string& volume) {
    return base::get_text(
        must("nova-api", "GET", "/v2.1/servers/" + server + "/os-volume_attachments/" + volume)
            .at("volumeAttachment"),
        "device");
  }
};

constexpr const char* kOfFlavor = R"([{"device_name":"/dev/vdb","format":"","size_mib":4096},)"
                                  R"({"device_name":"/dev/vdc","format":"swap","size_mib":1500}])";

TEST_F(LocalDisks, of_the_flavor_come_with_the_server_and_before_its_volumes) {
  const std::string server = make_server(R"("imageRef":")" + image_ + "\"");
  EXPECT_EQ(local_disks(), kOfFlavor);
  EXPECT_EQ(count("nova", "SELECT SUM(disk_gib) FROM allocations"), 1 + 4 + 2);
  const std::string volume = make_volume();
  (void)must("nova-api", "POST", "/v2.1/servers/" + server + "/os-volume_attachments",
             R"({"volumeAttachment":{"volumeId":")" + volume + R"(","device":"/dev/vdc"}})");
  EXPECT_EQ(device_of(server, volume), "/dev/vdd");
  EXPECT_TRUE(becomes([&] { return volume_status(volume) == "in-use"; }));

  EXPECT_EQ(send("nova-api", "DELETE", "/v2.1/servers/" + server).status, 204);
  EXPECT_TRUE(becomes([&] { return server_status(server) == "gone"; }));
  EXPECT_TRUE(becomes([&] { return count("nova", "SELECT COUNT(*) FROM allocations") == 0; }));
}

TEST_F(LocalDisks, that_are_asked_for_are_what_the_server_has) {
  static_cast<void>(make_server(
      of_image(R"({"source_type":"blank","destination_type":"local","volume_size":"3",)"
               R"("guest_format":"ext4","delete_on_termination":true,"boot_index":-1},)"
               R"({"source_type":"blank","destination_type":"local","guest_format":"swap",)"
               R"("volume_size":64})")));
  EXPECT_EQ(local_disks(), R"([{"device_name":"/dev/vdb","format":"ext4","size_mib":3072},)"
                           R"({"device_name":"/dev/vdc","format":"swap","size_mib":64}])");
}

TEST_F(LocalDisks, are_beside_a_root_that_is_a_volume) {
  const std::string server = make_server(
      R"("block_device_mapping_v2":[{"boot_index":0,"source_type":"image","uuid":")" + image_ +
      R"(","destination_type":"volume","volume_size":1},)"
      R"({"source_type":"blank","destination_type":"volume","volume_size":1}])");
  EXPECT_EQ(local_disks(), kOfFlavor);
  EXPECT_EQ(text("SELECT device_name FROM server_volumes WHERE boot_index<0"), "/dev/vdd");
}

TEST_F(LocalDisks, that_can_not_be_are_refused_in_novas_words) {
  const std::string blank = R"({"source_type":"blank","destination_type":"local")";
  EXPECT_EQ(refusal(blank + R"(,"volume_size":5})"),
            "Ephemeral disks requested are larger than the instance type allows. If no size is "
            "given in one block device mapping, flavor ephemeral size will be used.");
  EXPECT_EQ(refusal(blank + R"(,"volume_size":1501,"guest_format":"swap"})"),
            "Swap drive requested is larger than instance type allows.");
  const std::string mebibyte = blank + R"(,"volume_size":1})";
  EXPECT_EQ(refusal(mebibyte + "," + mebibyte),
            "Block Device Mapping is Invalid: You specified more local devices than the limit "
            "allows");
  EXPECT_EQ(refusal(blank + R"(,"volume_size":1,"volume_type":"fast"})"),
            "Block Device Mapping is Invalid: Specifying a volume_type with "
            "destination_type=local is not supported.");
  EXPECT_EQ(refusal(blank + R"(,"uuid":")" + image_ + "\"}"),
            "Block Device Mapping is Invalid: Invalid device UUID.");
  EXPECT_EQ(
      refusal(R"({"source_type":"image","destination_type":"local","uuid":")" + image_ + "\"}"),
      "Block Device Mapping is Invalid: Mapping image to local is not supported.");
  EXPECT_EQ(count("nova", "SELECT COUNT(*) FROM instances"), 0);
}

}  // namespace
