// Images of servers that boot from a local disk, and backups of them.
#include <gtest/gtest.h>

#include "server_world.hpp"

namespace api_edge {
namespace {

class ServerImages : public ServerWorld {
 protected:
  platform::http::Response act(const std::string& server, const std::string& action,
                               Caller caller = Caller::member) {
    return send("nova-api", "POST", "/v2.1/servers/" + server + "/action", action, caller);
  }
  std::string image_of(const platform::http::Response& answer) {
    EXPECT_EQ(answer.status, 202) << answer.body;
    return answer.status == 202 ? base::get_text(base::parse_json(answer.body), "image_id") : "";
  }
  [[nodiscard]] std::string image_status(const std::string& id) {
    const auto answer = send("glance-api", "GET", "/v2/images/" + id);
    return answer.status == 404 ? "gone" : base::get_text(base::parse_json(answer.body), "status");
  }
  [[nodiscard]] bool is_idle(const std::string& server) {
    const Json shown = must("nova-api", "GET", "/v2.1/servers/" + server).at("server");
    return shown.at("OS-EXT-STS:task_state").is_null();
  }
  std::string make_image(const std::string& server, const std::string& action) {
    std::string id = image_of(act(server, action));
    EXPECT_TRUE(becomes([&] { return image_status(id) == "active"; })) << image_status(id);
    EXPECT_TRUE(becomes([&] { return is_idle(server); }));
    return id;
  }
  [[nodiscard]] Json last_action_of(const std::string& server) {
    return must("nova-api", "GET", "/v2.1/servers/" + server + "/os-instance-actions")
        .at("instanceActions")
        .at(0);
  }
  [[nodiscard]] int64_t unsettled_images() {
    return count("nova", "SELECT COUNT(*) FROM server_images");
  }
};

TEST_F(ServerImages, inherit_what_their_server_was_made_of) {
  auto change = make_request("PATCH", "/v2/images/" + image_,
                             R"([{"op":"add","path":"/hw_disk_bus","value":"virtio"},)"
                             R"({"op":"add","path":"/flavour","value":"mint"},)"
                             R"({"op":"add","path":"/cache_in_nova","value":"True"},)"
                             R"({"op":"replace","path":"/min_ram","value":16}])");
  change.headers.set("Content-Type", "application/openstack-images-v2.1-json-patch");
  (void)world_.must("glance-api", std::move(change), Caller::member);
  const std::string server = make_server();

  const std::string id =
      make_image(server, R"({"createImage":{"name":"kept","metadata":{"colour":"blue"}}})");

  const Json image = must("glance-api", "GET", "/v2/images/" + id);
  EXPECT_EQ(base::text_or(image, "name"), "kept");
  EXPECT_EQ(base::text_or(image, "colour"), "blue");
  EXPECT_EQ(base::text_or(image, "hw_disk_bus"), "virtio");
  EXPECT_EQ(base::text_or(image, "flavour"), "mint");
  EXPECT_EQ(base::text_or(image, "cache_in_nova"), "");
  EXPECT_EQ(base::text_or(image, "image_type"), "snapshot");
  EXPECT_EQ(base::text_or(image, "instance_uuid"), server);
  EXPECT_EQ(base::text_or(image, "base_image_ref"), image_);
  EXPECT_EQ(base::text_or(image, "disk_format"), "qcow2");
  EXPECT_EQ(base::text_or(image, "container_format"), "bare");
  EXPECT_EQ(base::text_or(image, "visibility"), "private");
  EXPECT_EQ(base::text_or(image, "owner"), world_.project("demo"));
  EXPECT_EQ(base::integer_or(image, "min_ram", -1), 16);
  EXPECT_EQ(base::integer_or(image, "min_disk", -1), 1);
  EXPECT_GT(base::integer_or(image, "size", -1), 0);
  const Json action = last_action_of(server);
  EXPECT_EQ(base::text_or(action, "action"), "createImage");
  EXPECT_TRUE(action.at("message").is_null());
  EXPECT_EQ(unsettled_images(), 0);
  EXPECT_EQ(server_status(make_server(R"("imageRef":")" + id + "\"")), "ACTIVE");
}

TEST_F(ServerImages, are_made_of_servers_that_are_paused_or_stopped) {
  const std::string server = make_server();
  EXPECT_EQ(act(server, R"({"pause":null})").status, 202);
  EXPECT_TRUE(becomes([&] { return server_status(server) == "PAUSED"; }));
  (void)make_image(server, R"({"createImage":{"name":"paused"}})");
  EXPECT_EQ(server_status(server), "PAUSED");

  EXPECT_EQ(act(server, R"({"unpause":null})").status, 202);
  EXPECT_TRUE(becomes([&] { return server_status(server) == "ACTIVE"; }));
  EXPECT_EQ(act(server, R"({"os-stop":null})").status, 202);
  EXPECT_TRUE(becomes([&] { return server_status(server) == "SHUTOFF"; }));
  (void)make_image(server, R"({"createImage":{"name":"stopped"}})");
  EXPECT_EQ(server_status(server), "SHUTOFF");
}

TEST_F(ServerImages, that_glance_refuses_leave_nothing) {
  const std::string server = make_server();
  const auto refused =
      act(server, R"({"createImage":{"name":"n","metadata":{"owner":"another"}}})");
  EXPECT_EQ(refused.status, 403) << refused.body;
  EXPECT_TRUE(is_idle(server));
  EXPECT_EQ(unsettled_images(), 0);
  EXPECT_EQ(base::text_or(last_action_of(server), "message"), "Error");
}

TEST_F(ServerImages, of_others_are_not_made) {
  const std::string server = make_server();
  EXPECT_EQ(act(server, R"({"createImage":{"name":"n"}})", Caller::foreign).status, 404);
  EXPECT_EQ(act(server, R"({"createImage":{"name":"n"}})", Caller::reader).status, 403);
}

TEST_F(ServerImages, are_named_by_their_place_before_2_45) {
  const std::string server = make_server();
  auto request = make_request("POST", "/v2.1/servers/" + server + "/action",
                              R"({"createImage":{"name":"n"}})");
  request.headers.set("OpenStack-API-Version", "compute 2.1");
  const auto answer = world_.send("nova-api", std::move(request), Caller::member);
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "");
  const std::string place(answer.headers.value("Location"));
  const std::string id = place.substr(place.rfind('/') + 1);
  EXPECT_TRUE(becomes([&] { return image_status(id) == "active"; })) << place;
}

// Their server's operation ended without them; or its host had no time to say that one is whole.
TEST_F(ServerImages, that_were_not_made_are_removed_and_those_that_are_whole_stay) {
  const std::string server = make_server();
  const std::string whole = make_image(server, R"({"createImage":{"name":"whole"}})");
  const std::string lost = "33333333-3333-4333-8333-333333333333";
  (void)must(
      "glance-api", "POST", "/v2/images",
      R"({"id":")" + lost + R"(","name":"i","disk_format":"qcow2","container_format":"bare"})");
  world_.database("nova").write("lost", [&](platform::Session& session) {
    for (const std::string& id : {whole, lost})
      session.execute("INSERT INTO server_images VALUES (?,?,?,'',0,1,0)", {id, server, id});
  });
  EXPECT_TRUE(becomes([&] { return image_status(lost) == "gone"; }));
  EXPECT_TRUE(becomes([&] { return unsettled_images() == 0; }));
  EXPECT_EQ(image_status(whole), "active");
}

TEST_F(ServerImages, backups_take_the_place_of_the_oldest_of_their_type) {
  const std::string server = make_server();
  const auto backup = [](const std::string& name, const std::string& type, int rotation) {
    return R"({"createBackup":{"name":")" + name + R"(","backup_type":")" + type +
           R"(","rotation":)" + std::to_string(rotation) + "}}";
  };
  const std::string first = make_image(server, backup("first", "daily", 2));
  const std::string other = make_image(server, backup("other", "weekly", 1));
  // Nobody loses a backup by what others say of their images.
  const std::string forged = base::get_text(
      must("glance-api", "POST", "/v2/images",
           R"({"name":"f","image_type":"backup","backup_type":"daily","instance_uuid":")" + server +
               "\"}",
           Caller::foreign),
      "id");
  const std::string second = make_image(server, backup("second", "daily", 2));
  EXPECT_EQ(image_status(first), "active");
  const std::string third = make_image(server, backup("third", "daily", 2));

  EXPECT_TRUE(becomes([&] { return image_status(first) == "gone"; }));
  for (const std::string& id : {other, second, third}) EXPECT_EQ(image_status(id), "active");
  EXPECT_EQ(send("glance-api", "GET", "/v2/images/" + forged, "", Caller::foreign).status, 200);
  const Json image = must("glance-api", "GET", "/v2/images/" + third);
  EXPECT_EQ(base::text_or(image, "image_type"), "backup");
  EXPECT_EQ(base::text_or(image, "backup_type"), "daily");
  EXPECT_EQ(base::text_or(last_action_of(server), "action"), "createBackup");
}

TEST_F(ServerImages, backups_of_volumes_are_refused) {
  const std::string server = make_server(
      R"("block_device_mapping_v2":[{"boot_index":0,"source_type":"image","uuid":")" + image_ +
      R"(","destination_type":"volume","volume_size":1,"delete_on_termination":true}])");
  EXPECT_EQ(
      act(server, R"({"createBackup":{"name":"b","backup_type":"daily","rotation":1}})").status,
      400);
  (void)image_of(act(server, R"({"createImage":{"name":"of volumes"}})"));
  EXPECT_EQ(base::text_or(last_action_of(server), "action"), "createImage");
}

}  // namespace
}  // namespace api_edge
