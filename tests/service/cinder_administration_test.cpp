// What administrators say of volumes: QoS specs, encryption of types, hosts; and what users are
// told: messages, filters.
#include <gtest/gtest.h>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;
using service_tests::Answer;

Answer as_admin(CinderWorld& world, const std::string& method, const std::string& path,
                const std::string& body = "") {
  return world.send("admin", method, "/v3" + path, body);
}

std::string add_type(CinderWorld& world, const std::string& name, const std::string& more = "") {
  const auto made =
      as_admin(world, "POST", "/types", R"({"volume_type":{"name":")" + name + "\"" + more + "}}");
  EXPECT_EQ(made.status, 200) << made.body;
  return made.text("volume_type", "id");
}

TEST(CinderQosSpecs, are_made_changed_and_deleted) {
  CinderWorld world;
  const auto create = [&](const std::string& members) {
    return as_admin(world, "POST", "/qos-specs", R"({"qos_specs":{)" + members + "}}");
  };
  EXPECT_EQ(world.post("/v3/qos-specs", R"({"qos_specs":{"name":"mine"}})").status, 403);
  EXPECT_EQ(create(R"("consumer":"both")").status, 400);
  EXPECT_EQ(create(R"("name":"q","consumer":"moon")").status, 400);

  const auto made = create(R"("name":"q","consumer":"front-end","read_iops_sec":"2000")");

  ASSERT_EQ(made.status, 200) << made.body;
  const std::string path = "/qos-specs/" + made.text("qos_specs", "id");
  EXPECT_EQ(made.text("qos_specs", "specs", "read_iops_sec"), "2000");
  EXPECT_EQ(made.text("qos_specs", "consumer"), "front-end");
  EXPECT_EQ(create(R"("name":"q")").status, 409);
  EXPECT_EQ(as_admin(world, "PUT", path, R"({"qos_specs":{"total_iops_sec":500}})").status, 200);
  const auto shown = as_admin(world, "GET", path);
  EXPECT_EQ(shown.text("qos_specs", "specs", "total_iops_sec"), "500");
  EXPECT_EQ(shown.text("qos_specs", "specs", "read_iops_sec"), "2000");
  EXPECT_EQ(as_admin(world, "PUT", path + "/delete_keys", R"({"keys":["nothing"]})").status, 404);
  EXPECT_EQ(as_admin(world, "PUT", path + "/delete_keys", R"({"keys":["read_iops_sec"]})").status,
            202);
  EXPECT_EQ(base::to_text(as_admin(world, "GET", path).at("qos_specs", "specs")),
            R"({"total_iops_sec":"500"})");
  EXPECT_EQ(as_admin(world, "GET", "/qos-specs?limit=1").text("qos_specs_links", 0, "rel"), "next");
  EXPECT_EQ(as_admin(world, "DELETE", path).status, 202);
  EXPECT_EQ(as_admin(world, "GET", path).status, 404);
}

TEST(CinderQosSpecs, are_those_of_volume_types) {
  CinderWorld world;
  const std::string type = add_type(world, "fast");
  const auto make = [&](const std::string& name) {
    return as_admin(world, "POST", "/qos-specs", R"({"qos_specs":{"name":")" + name + "\"}}")
        .text("qos_specs", "id");
  };
  const std::string id = make("a");
  const std::string other = make("b");
  const auto associate = [&](const std::string& specs, const std::string& query) {
    return as_admin(world, "GET", "/qos-specs/" + specs + "/associate" + query).status;
  };
  EXPECT_EQ(associate(id, ""), 400);
  EXPECT_EQ(associate(id, "?vol_type_id=nothing"), 404);
  EXPECT_EQ(associate(id, "?vol_type_id=" + type), 202);
  EXPECT_EQ(associate(other, "?vol_type_id=" + type), 400);
  EXPECT_EQ(as_admin(world, "GET", "/types/" + type).text("volume_type", "qos_specs_id"), id);
  EXPECT_EQ(as_admin(world, "GET", "/qos-specs/" + id + "/associations")
                .text("qos_associations", 0, "name"),
            "fast");
  EXPECT_EQ(as_admin(world, "DELETE", "/qos-specs/" + id).status, 400);

  EXPECT_EQ(as_admin(world, "GET", "/qos-specs/" + id + "/disassociate?vol_type_id=" + type).status,
            202);
  EXPECT_EQ(associate(other, "?vol_type_id=" + type), 202);
  EXPECT_EQ(as_admin(world, "GET", "/qos-specs/" + other + "/disassociate_all").status, 202);
  EXPECT_EQ(associate(id, "?vol_type_id=" + type), 202);
  EXPECT_EQ(as_admin(world, "DELETE", "/qos-specs/" + id + "?force=True").status, 202);
  EXPECT_TRUE(as_admin(world, "GET", "/types/" + type).at("volume_type", "qos_specs_id").is_null());
}

TEST(CinderEncryption, is_what_a_type_asks_for_and_no_volume_gets) {
  CinderWorld world;
  const std::string type = add_type(world, "secret");
  const std::string path = "/types/" + type + "/encryption";
  const auto create = [&](const std::string& members) {
    return as_admin(world, "POST", path, R"({"encryption":{)" + members + "}}");
  };
  EXPECT_EQ(as_admin(world, "GET", path).body, "{}");
  EXPECT_EQ(create(R"("provider":"luks")").status, 400);
  EXPECT_EQ(create(R"("provider":"luks","control_location":"moon")").status, 400);
  EXPECT_EQ(create(R"("provider":"luks","control_location":"front-end","key_size":-1)").status,
            400);
  const auto made =
      create(R"("provider":"luks","control_location":"front-end","cipher":"aes","key_size":256)");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.text("encryption", "volume_type_id"), type);
  EXPECT_EQ(create(R"("provider":"luks","control_location":"front-end")").status, 400);
  EXPECT_EQ(as_admin(world, "GET", path + "/cipher").text("cipher"), "aes");
  EXPECT_EQ(as_admin(world, "GET", path + "/moon").status, 404);
  EXPECT_EQ(as_admin(world, "PUT", path + "/" + type, R"({"encryption":{"key_size":128}})").status,
            200);
  EXPECT_EQ(as_admin(world, "GET", path).at("key_size").as_int64(), 128);

  EXPECT_EQ(
      world.post("/v3/volumes", R"({"volume":{"size":1,"volume_type":")" + type + "\"}}").status,
      501);
  const std::string volume = world.make_volume();
  EXPECT_EQ(world.act(volume, R"({"os-retype":{"new_type":")" + type + "\"}}").status, 501);

  EXPECT_EQ(as_admin(world, "DELETE", path + "/" + type).status, 202);
  EXPECT_EQ(as_admin(world, "DELETE", path + "/" + type).status, 404);
  const std::string plain = world.make_volume(R"("volume_type":"secret")");
  EXPECT_EQ(create(R"("provider":"luks","control_location":"front-end")").status, 400);
}

TEST(CinderMessages, say_why_no_pool_was_found) {
  CinderWorld world;
  add_type(world, "moon", R"(,"extra_specs":{"vendor_name":"nobody"})");
  const auto made = world.post("/v3/volumes", R"({"volume":{"size":1,"volume_type":"moon"}})");
  const std::string volume = made.text("volume", "id");
  ASSERT_TRUE(world.wait_for("/v3/volumes/" + volume, "error"));

  EXPECT_EQ(world.get("/v3/messages").status, 404);
  const auto list = world.get("/v3/messages", "3.3");
  EXPECT_EQ(list.text("messages", 0, "resource_uuid"), volume);
  EXPECT_EQ(list.text("messages", 0, "event_id"), "VOLUME_VOLUME_001_003");
  EXPECT_EQ(list.text("messages", 0, "user_message"),
            "schedule allocate volume:Could not find any available weighted backend.");
  EXPECT_EQ(list.text("messages", 0, "message_level"), "ERROR");
  const std::string path = "/v3/messages/" + list.text("messages", 0, "id");
  EXPECT_EQ(world.send("other", "GET", path, "", "3.3").status, 404);
  EXPECT_EQ(world.send("other", "DELETE", path, "", "3.3").status, 404);
  EXPECT_EQ(
      world.get("/v3/messages?resource_type=SNAPSHOT", "3.5").at("messages").as_array().size(), 0U);
  EXPECT_EQ(world.get(path, "3.3").status, 200);
  EXPECT_EQ(world.send("demo", "DELETE", path, "", "3.3").status, 204);
  EXPECT_EQ(world.get(path, "3.3").status, 404);
}

TEST(CinderMessages, go_when_they_are_old) {
  CinderWorld world{{{{"DEFAULT/report_interval", "1"}, {"DEFAULT/message_ttl", "1"}}}};
  add_type(world, "moon", R"(,"extra_specs":{"vendor_name":"nobody"})");
  world.post("/v3/volumes", R"({"volume":{"size":1,"volume_type":"moon"}})");
  const auto messages = [&] { return world.count("SELECT COUNT(*) FROM messages"); };
  for (int i = 0; i < 2000 && messages() == 0; ++i)
    platform::system_executor().sleep_for(std::chrono::milliseconds{5});
  ASSERT_EQ(messages(), 1);
  for (int i = 0; i < 2000 && messages() == 1; ++i)
    platform::system_executor().sleep_for(std::chrono::milliseconds{5});
  EXPECT_EQ(messages(), 0);
}

TEST(CinderHosts, show_what_they_keep_and_can) {
  CinderWorld world;
  const std::string volume = world.make_volume(R"("size":2)");
  world.make_snapshot(volume);

  const auto shown = as_admin(world, "GET", "/os-hosts/host@file");
  EXPECT_EQ(shown.text("host", 0, "resource", "project"), "(total)");
  EXPECT_EQ(shown.text("host", 0, "resource", "total_volume_gb"), "2");
  EXPECT_EQ(shown.text("host", 1, "resource", "snapshot_count"), "1");
  EXPECT_EQ(as_admin(world, "GET", "/os-hosts/moon").status, 404);
  EXPECT_EQ(world.get("/v3/os-hosts/host@file").status, 403);

  for (const char* const name : {"host@file", "host@file%23file"})
    EXPECT_EQ(as_admin(world, "GET", std::string("/capabilities/") + name).text("storage_protocol"),
              "file");
  EXPECT_EQ(as_admin(world, "GET", "/capabilities/moon").status, 404);
}

TEST(CinderServices, a_frozen_back_end_gets_nothing_new) {
  CinderWorld world;
  const auto act = [&](const std::string& action, const std::string& host) {
    return as_admin(world, "PUT", "/os-services/" + action, R"({"host":")" + host + "\"}").status;
  };
  const auto shown = [&] {
    return as_admin(world, "GET", "/os-services?binary=cinder-volume").at("services", 0);
  };
  const std::string volume = world.make_volume();
  EXPECT_EQ(act("freeze", "moon"), 400);
  EXPECT_EQ(act("thaw", "host@file"), 400) << "it is not frozen";

  EXPECT_EQ(act("freeze", "host@file"), 202);
  EXPECT_EQ(act("freeze", "host@file"), 400) << "it is already";
  EXPECT_TRUE(shown().at("frozen").as_bool());
  EXPECT_EQ(base::get_text(shown(), "status"), "disabled");
  EXPECT_EQ(base::get_text(shown(), "disabled_reason"), "frozen");
  const auto refused = world.post("/v3/volumes", R"({"volume":{"size":1}})");
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + refused.text("volume", "id"), "error"));
  EXPECT_EQ(world.act(volume, R"({"os-extend":{"new_size":2}})").status, 202);
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + volume, "available"));

  EXPECT_EQ(act("thaw", "host@file"), 202);
  EXPECT_FALSE(shown().at("frozen").as_bool());
  world.make_volume();
  EXPECT_EQ(act("failover_host", "moon"), 400);
  EXPECT_EQ(act("failover_host", "host@file"), 501);
}

TEST(CinderFilters, are_told_since_3_33) {
  CinderWorld world;
  EXPECT_EQ(world.get("/v3/resource_filters", "3.32").status, 404);
  const auto shown = world.get("/v3/resource_filters?resource=volume", "3.33");
  EXPECT_EQ(shown.text("resource_filters", 0, "resource"), "volume");
  EXPECT_EQ(shown.at("resource_filters").as_array().size(), 1U);
}

TEST(CinderSnapshots, take_what_is_said_of_their_progress) {
  CinderWorld world;
  const std::string id = world.make_snapshot(world.make_volume());
  const std::string path = "/v3/snapshots/" + id;
  const auto report = [&](const std::string& argument) {
    return world.post(path + "/action", R"({"os-update_snapshot_status":{)" + argument + "}}")
        .status;
  };
  EXPECT_EQ(report(R"("status":"available")"), 400);
  world.run_statement("UPDATE snapshots SET status='creating'");
  EXPECT_EQ(report(R"("status":"deleting")"), 400);
  EXPECT_EQ(report(R"("status":"creating","progress":"101%")"), 400);
  EXPECT_EQ(report(R"("status":"creating","progress":"x%")"), 400);
  EXPECT_EQ(report(R"("status":"creating","progress":"40%")"), 202);
  EXPECT_EQ(report(R"("status":"error","progress":"80%")"), 202);
  const auto shown = world.get(path);
  EXPECT_EQ(shown.text("snapshot", "status"), "error");
  EXPECT_EQ(shown.text("snapshot", "os-extended-snapshot-attributes:progress"), "80%");
}

TEST(CinderApi, knows_no_path_that_ends_with_a_slash) {
  CinderWorld world;
  EXPECT_EQ(world.get("/v3/volumes").status, 200);
  EXPECT_EQ(world.get("/v3/volumes/").status, 404);
}

}  // namespace
