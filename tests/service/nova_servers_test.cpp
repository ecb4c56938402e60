// The life of a server over the API, with scheduler, conductor and played compute hosts.
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "nova_world.hpp"
#include "platform/crypto.hpp"

namespace {

using nova_tests::Conduct;
using nova_tests::kImage;
using nova_tests::NovaWorld;

std::string server_path(const std::string& id, const std::string& rest = "") {
  return "/v2.1/servers/" + id + rest;
}

TEST(NovaServers, are_built_shown_and_deleted) {
  NovaWorld world;
  world.make_flavor();

  const std::string id = world.make_server();

  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));
  const auto shown = world.send("admin", "GET", server_path(id));
  EXPECT_EQ(shown.text("server", "addresses", "net", 0, "addr"), "10.0.0.5");
  EXPECT_EQ(shown.text("server", "OS-EXT-SRV-ATTR:host"), "host-a");
  EXPECT_EQ(shown.text("server", "OS-EXT-SRV-ATTR:instance_name"), "instance-00000001");
  EXPECT_EQ(shown.text("server", "flavor", "id"), "1");
  EXPECT_EQ(world.send("demo", "DELETE", server_path(id)).status, 204);
  EXPECT_TRUE(world.wait_for_status(id, "gone"));
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM allocations"), 0);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM instance_system"), 0);
}

TEST(NovaServers, answer_of_a_create_has_id_link_and_password) {
  NovaWorld world;
  world.make_flavor();

  const auto answer = world.post(
      "/v2.1/servers",
      std::string(R"({"server":{"name":"s","flavorRef":"1","imageRef":")") + kImage + "\"}}");

  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(answer.text("server", "links", 0, "href"),
            "http://nova.test:8774/v2.1/servers/" + answer.text("server", "id"));
  EXPECT_FALSE(answer.text("server", "adminPass").empty());
  EXPECT_TRUE(answer.headers.get("x-compute-request-id"));
}

TEST(NovaServers, refuse_what_does_not_exist) {
  NovaWorld world;
  world.make_flavor();
  const auto create = [&](const std::string& members) {
    return world.post("/v2.1/servers", R"({"server":{"name":"s",)" + members + "}}");
  };
  const std::string image = std::string(R"("imageRef":")") + kImage + "\"";

  EXPECT_EQ(create(image + R"(,"flavorRef":"nope")").message(), "Flavor nope could not be found.");
  EXPECT_EQ(
      create(R"("flavorRef":"1","imageRef":"11111111-1111-4111-8111-111111111111")").message(),
      "Can not find requested image");
  EXPECT_EQ(create(image + R"(,"flavorRef":"1","key_name":"none")").message(),
            "Invalid key_name provided.");
  EXPECT_EQ(
      create(image +
             R"(,"flavorRef":"1","networks":[{"uuid":"11111111-1111-4111-8111-111111111111"}])")
          .status,
      400);
  EXPECT_EQ(create(image + R"(,"flavorRef":"1","security_groups":[{"name":"nope"}])").status, 400);
  EXPECT_EQ(create(image + R"(,"flavorRef":"1","surprise":1)").status, 400);
  EXPECT_EQ(create(R"("flavorRef":"1")").status, 400);
  EXPECT_EQ(create(image + R"(,"flavorRef":"1","min_count":3,"max_count":2)").message(),
            "min_count must be <= max_count");
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM instances"), 0);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM outbox"), 0);
}

TEST(NovaServers, need_a_choice_between_networks) {
  NovaWorld world;
  world.make_flavor();
  world.networks.emplace_back("55555555-5555-4555-8555-555555555555");

  const auto answer = world.post(
      "/v2.1/servers",
      std::string(R"({"server":{"name":"s","flavorRef":"1","imageRef":")") + kImage + "\"}}");

  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.message(),
            "Multiple possible networks found, use a Network ID to be more specific.");
}

TEST(NovaServers, are_held_to_the_quota) {
  NovaWorld world({{"host-a"}, {{"quota/instances", "2"}}});
  world.make_flavor();
  world.make_server();

  const auto too_many = world.post(
      "/v2.1/servers",
      std::string(R"({"server":{"name":"s","flavorRef":"1","min_count":2,"imageRef":")") + kImage +
          "\"}}");
  const auto some =
      world.post("/v2.1/servers",
                 std::string(R"({"server":{"name":"s","flavorRef":"1","min_count":1,"max_count":9,)"
                             R"("imageRef":")") +
                     kImage + "\"}}");

  EXPECT_EQ(too_many.status, 403);
  EXPECT_EQ(too_many.message(),
            "Quota exceeded for instances: Requested 2, but already used 1 of 2 instances");
  EXPECT_EQ(some.status, 202);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM instances"), 2);
}

TEST(NovaServers, of_others_are_not_found) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();

  EXPECT_EQ(world.send("other", "GET", server_path(id)).status, 404);
  EXPECT_EQ(world.send("other", "DELETE", server_path(id)).status, 404);
  EXPECT_EQ(world.send("other", "GET", "/v2.1/servers").at("servers").as_array().size(), 0U);
  EXPECT_EQ(world.send("other", "GET", "/v2.1/servers?all_tenants=1").status, 403);
  EXPECT_EQ(
      world.send("admin", "GET", "/v2.1/servers?all_tenants=1").at("servers").as_array().size(),
      1U);
  EXPECT_EQ(world.send("reader", "POST", "/v2.1/servers", "{}").status, 403);
}

TEST(NovaServers, change_power_as_their_state_allows) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));

  const auto refused = world.act(id, R"({"os-start":null})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.message(), "Cannot 'start' instance " + id + " while it is in vm_state active");
  EXPECT_EQ(world.act(id, R"({"os-stop":null})").status, 202);
  EXPECT_TRUE(world.wait_for_status(id, "SHUTOFF"));
  EXPECT_EQ(world.act(id, R"({"os-start":null})").status, 202);
  EXPECT_TRUE(world.wait_for_status(id, "ACTIVE"));
  EXPECT_EQ(world.act(id, R"({"reboot":{"type":"HARD"}})").status, 202);
  EXPECT_TRUE(world.wait_for_status(id, "ACTIVE"));
  EXPECT_EQ(world.act(id, R"({"pause":null})").status, 202);
  EXPECT_TRUE(world.wait_for_status(id, "PAUSED"));
  EXPECT_EQ(world.act(id, R"({"reboot":{"type":"soft"}})").status, 409);
}

TEST(NovaServers, refuse_actions_that_are_not_built_or_known) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));

  EXPECT_EQ(world.act(id, R"({"rebuild":{"imageRef":"x"}})").status, 400);
  EXPECT_EQ(world.act(id, R"({"resize":{"flavorRef":""}})").status, 400);
  EXPECT_EQ(world.act(id, R"({"confirmResize":null})").status, 409);
  EXPECT_EQ(world.act(id, R"({"dance":null})").message(), "There is no such action: dance");
  EXPECT_EQ(world.act(id, R"({"reboot":{"type":"odd"}})").status, 400);
  EXPECT_EQ(world.act("missing", R"({"os-stop":null})").status, 404);
}

TEST(NovaServers, show_the_end_of_their_console) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));

  EXPECT_EQ(world.act(id, R"({"os-getConsoleOutput":{"length":2}})").text("output"),
            "two\nthree\n");
  EXPECT_EQ(world.act(id, R"({"os-getConsoleOutput":{}})").text("output"), "one\ntwo\nthree\n");
}

TEST(NovaServers, that_are_locked_stay_as_they_are) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));

  EXPECT_EQ(world.act(id, R"({"lock":null})").status, 202);

  EXPECT_EQ(world.act(id, R"({"os-stop":null})").message(), "Instance " + id + " is locked");
  EXPECT_EQ(world.send("demo", "DELETE", server_path(id)).status, 409);
  EXPECT_TRUE(world.get(server_path(id), "2.9").at("server", "locked").as_bool());
  EXPECT_EQ(world.act(id, R"({"unlock":null})").status, 202);
  EXPECT_EQ(world.act(id, R"({"os-stop":null})").status, 202);
}

TEST(NovaServers, have_the_shape_of_each_microversion) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));
  const auto has = [&](const std::string& version, const char* field) {
    return world.get(server_path(id), version).at("server").as_object().contains(field);
  };

  EXPECT_FALSE(has("2.8", "locked"));
  EXPECT_TRUE(has("2.9", "locked"));
  EXPECT_FALSE(has("2.18", "description"));
  EXPECT_TRUE(has("2.19", "description"));
  EXPECT_FALSE(has("2.25", "tags"));
  EXPECT_TRUE(has("2.26", "tags"));
  EXPECT_EQ(world.get(server_path(id), "2.47").text("server", "flavor", "original_name"),
            "flavor-1");
  EXPECT_TRUE(has("2.71", "server_groups"));
  EXPECT_FALSE(has("2.79", "OS-EXT-SRV-ATTR:host")) << "only administrators see the host";
  EXPECT_EQ(world.get(server_path(id), "2.80").status, 406);
  EXPECT_EQ(world.get(server_path(id), "latest").headers.value("OpenStack-API-Version"),
            "compute 2.79");
}

TEST(NovaServers, are_listed_by_filters_and_pages) {
  NovaWorld world;
  world.make_flavor();
  for (const char* name : {"alpha", "beta", "gamma"})
    ASSERT_EQ(world
                  .post("/v2.1/servers", std::string(R"({"server":{"flavorRef":"1","name":")") +
                                             name + R"(","imageRef":")" + kImage + "\"}}")
                  .status,
              202);
  const auto listed = [&](const std::string& query) {
    const auto answer = world.get("/v2.1/servers/detail?" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::string names;
    for (const auto& server : answer.at("servers").as_array())
      names += (names.empty() ? "" : ",") + base::text_or(server, "name");
    return names;
  };

  EXPECT_EQ(listed("sort_key=display_name&sort_dir=asc"), "alpha,beta,gamma");
  EXPECT_EQ(listed("name=^a"), "alpha");
  EXPECT_EQ(listed("name=a$&sort_key=display_name&sort_dir=desc"), "gamma,beta,alpha");
  EXPECT_EQ(listed("name=et"), "beta");
  EXPECT_EQ(listed("status=shutoff"), "");
  EXPECT_EQ(listed("flavor=2"), "");
  EXPECT_EQ(listed("status=nonsense"), "");
  const auto first = world.get("/v2.1/servers?limit=2&sort_key=display_name&sort_dir=asc");
  ASSERT_EQ(first.at("servers").as_array().size(), 2U);
  const std::string next = first.text("servers_links", 0, "href");
  const auto second = world.get(next.substr(next.find("/v2.1")));
  ASSERT_EQ(second.at("servers").as_array().size(), 1U);
  EXPECT_EQ(second.text("servers", 0, "name"), "gamma");
  EXPECT_EQ(world.get("/v2.1/servers?limit=-1").status, 400);
  EXPECT_EQ(world.get("/v2.1/servers?marker=none").status, 400);
  EXPECT_EQ(
      world.get("/v2.1/servers?changes-since=2999-01-01T00:00:00Z").at("servers").as_array().size(),
      0U);
  EXPECT_EQ(world.get("/v2.1/servers?changes-since=yesterday").status, 400);
}

TEST(NovaServers, keep_metadata_and_tags) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server(R"("metadata":{"a":"1"})");
  const std::string metadata = server_path(id, "/metadata");

  EXPECT_EQ(world.post(metadata, R"({"metadata":{"b":"2"}})").body,
            R"({"metadata":{"a":"1","b":"2"}})");
  EXPECT_EQ(world.get(metadata + "/b").body, R"({"meta":{"b":"2"}})");
  EXPECT_EQ(world.send("demo", "PUT", metadata + "/b", R"({"meta":{"c":"2"}})").status, 400);
  EXPECT_EQ(world.send("demo", "DELETE", metadata + "/b").status, 204);
  EXPECT_EQ(world.get(metadata + "/b").status, 404);
  EXPECT_EQ(world.get(server_path(id, "/tags"), "2.25").status, 404);
  EXPECT_EQ(world.send("demo", "PUT", server_path(id, "/tags/red"), "", "2.26").status, 201);
  EXPECT_EQ(world.send("demo", "PUT", server_path(id, "/tags/red"), "", "2.26").status, 204);
  EXPECT_EQ(world.get(server_path(id, "/tags"), "2.26").body, R"({"tags":["red"]})");
  EXPECT_EQ(world.get("/v2.1/servers?tags=red", "2.26").at("servers").as_array().size(), 1U);
  EXPECT_EQ(world.get("/v2.1/servers?not-tags=red", "2.26").at("servers").as_array().size(), 0U);
  EXPECT_EQ(world.get("/v2.1/servers?tags=re", "2.26").at("servers").as_array().size(), 0U);
}

TEST(NovaServers, remember_what_was_done_to_them) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));
  const auto stop = world.act(id, R"({"os-stop":null})");
  ASSERT_TRUE(world.wait_for_status(id, "SHUTOFF"));

  const auto actions = world.get(server_path(id, "/os-instance-actions"));

  EXPECT_EQ(actions.text("instanceActions", 0, "action"), "stop");
  EXPECT_EQ(actions.text("instanceActions", 1, "action"), "create");
  const std::string request(stop.headers.value("x-compute-request-id"));
  EXPECT_EQ(actions.text("instanceActions", 0, "request_id"), request);
  const auto shown = world.get(server_path(id, "/os-instance-actions/") + request, "2.62");
  EXPECT_EQ(shown.text("instanceAction", "events", 0, "event"), "compute_stop_instance");
  EXPECT_EQ(shown.text("instanceAction", "events", 0, "result"), "Success");
}

TEST(NovaServers, have_metadata_for_who_signs_for_them) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  const auto ask = [&](const std::string& secret) {
    platform::http::Request request;
    request.path = "/openstack/latest/meta_data.json";
    request.headers.set("X-Instance-ID", id);
    request.headers.set("X-Instance-ID-Signature", base::to_hex(platform::hmac_sha256(secret, id)));
    return world.api().extra_handler()(request);
  };

  const auto answer = ask("shared secret");

  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(base::text_or(base::parse_json(answer.body), "uuid"), id);
  EXPECT_EQ(ask("guessed").status, 403);
}

}  // namespace
