// os-volumes, os-snapshots and os-volumes_boot: Nova's old words for what is Cinder's.
#include <gtest/gtest.h>

#include "server_world.hpp"

namespace api_edge {
namespace {

class VolumeProxies : public ServerWorld {
 protected:
  platform::http::Response ask(const std::string& method, const std::string& target,
                               const std::string& body = "", Caller caller = Caller::member,
                               const std::string& version = "2.35") {
    auto request = make_request(method, "/v2.1" + target, body);
    request.headers.set("OpenStack-API-Version", "compute " + version);
    return world_.send("nova-api", std::move(request), caller);
  }
  Json asked(const std::string& method, const std::string& target, const std::string& body = "") {
    const auto answer = ask(method, target, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.status == 200 ? base::parse_json(answer.body) : Json(base::JsonObject{});
  }
};

TEST_F(VolumeProxies, make_show_list_and_delete_volumes) {
  const Json made = asked("POST", "/os-volumes",
                          R"({"volume":{"size":"1","display_name":"v","metadata":{"a":"b"}}})")
                        .at("volume");
  const std::string id = base::get_text(made, "id");
  EXPECT_EQ(made.at("displayName"), "v");
  EXPECT_EQ(made.at("size"), 1);
  EXPECT_EQ(made.at("metadata"), base::parse_json(R"({"a":"b"})"));
  EXPECT_EQ(made.at("attachments"), base::parse_json("[{}]"));
  ASSERT_TRUE(becomes([&] { return volume_status(id) == "available"; }));
  const Json shown = asked("GET", "/os-volumes/" + id).at("volume");
  EXPECT_EQ(asked("GET", "/os-volumes/detail").at("volumes").at(0), shown);
  EXPECT_EQ(asked("GET", "/os-volumes").at("volumes").at(0), shown);
  EXPECT_EQ(asked("GET", "/os-volumes?limit=0").at("volumes").as_array().size(), 0U);
  EXPECT_EQ(asked("GET", "/os-volumes?offset=1").at("volumes").as_array().size(), 0U);

  EXPECT_EQ(ask("DELETE", "/os-volumes/" + id).status, 202);
  EXPECT_TRUE(becomes([&] { return ask("GET", "/os-volumes/" + id).status == 404; }));
}

TEST_F(VolumeProxies, tell_which_server_has_a_volume) {
  const std::string server = make_server();
  const std::string volume = make_volume();
  ASSERT_EQ(attach(server, volume).status, 200);
  ASSERT_TRUE(becomes([&] { return volume_status(volume) == "in-use"; }));
  const Json attachment =
      asked("GET", "/os-volumes/" + volume).at("volume").at("attachments").at(0);
  EXPECT_EQ(attachment.at("id"), Json(volume));
  EXPECT_EQ(attachment.at("volumeId"), Json(volume));
  EXPECT_EQ(attachment.at("serverId"), Json(server));
}

TEST_F(VolumeProxies, make_show_list_and_delete_snapshots) {
  const std::string volume = make_volume();
  const Json made =
      asked("POST", "/os-snapshots",
            R"({"snapshot":{"volume_id":")" + volume + R"(","display_name":"s","force":"True"}})")
          .at("snapshot");
  const std::string id = base::get_text(made, "id");
  EXPECT_EQ(made.at("volumeId"), Json(volume));
  EXPECT_EQ(made.at("displayName"), "s");
  ASSERT_TRUE(becomes([&] {
    return asked("GET", "/os-snapshots/" + id).at("snapshot").at("status") == "available";
  }));
  EXPECT_EQ(asked("GET", "/os-snapshots").at("snapshots").as_array().size(), 1U);
  EXPECT_EQ(asked("GET", "/os-snapshots/detail").at("snapshots").as_array().size(), 1U);
  EXPECT_EQ(ask("DELETE", "/os-snapshots/" + id).status, 202);
  EXPECT_TRUE(becomes([&] { return ask("GET", "/os-snapshots/" + id).status == 404; }));
}

TEST_F(VolumeProxies, refuse_what_cinder_refuses_and_end_with_2_35) {
  const std::string volume = make_volume();
  EXPECT_EQ(ask("GET", "/os-volumes/" + volume, "", Caller::foreign).status, 404);
  EXPECT_EQ(ask("DELETE", "/os-volumes/" + volume, "", Caller::foreign).status, 404);
  for (const char* wrong : {R"({"volume":{}})", R"({"volume":{"size":0}})",
                            R"({"volume":{"size":"large"}})", R"({"volume":{"size":1,"x":1}})"})
    EXPECT_EQ(ask("POST", "/os-volumes", wrong).status, 400) << wrong;
  EXPECT_EQ(ask("GET", "/os-volumes", "", Caller::member, "2.36").status, 404);
  EXPECT_EQ(ask("GET", "/os-snapshots", "", Caller::member, "2.36").status, 404);
}

TEST_F(VolumeProxies, servers_are_made_by_their_old_name) {
  const auto made = ask("POST", "/os-volumes_boot",
                        R"({"server":{"name":"s","flavorRef":")" + flavor_ +
                            R"(","block_device_mapping_v2":[{"boot_index":0,"uuid":")" + image_ +
                            R"(","source_type":"image","destination_type":"volume",)"
                            R"("volume_size":1,"delete_on_termination":true}]}})");
  ASSERT_EQ(made.status, 202) << made.body;
  const std::string id = base::get_text(base::parse_json(made.body).at("server"), "id");
  EXPECT_TRUE(becomes([&] { return server_status(id) == "ACTIVE"; }));
  EXPECT_EQ(ask("GET", "/os-volumes_boot/" + id).status, 200);
  EXPECT_EQ(ask("DELETE", "/os-volumes_boot/" + id).status, 204);
}

}  // namespace
}  // namespace api_edge
