// Attachments over the API: who uses a volume, and what the volume shows of it.
#include <gtest/gtest.h>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;
using service_tests::Answer;

constexpr const char* kServer = "77777777-7777-4777-8777-777777777777";
constexpr const char* kConnector =
    R"({"initiator":"iqn.2010-10.org.test:host","host":"compute","ip":"192.0.2.9"})";

std::string path_of_volume(const std::string& id) { return "/v3/volumes/" + id; }

class Attachments : public testing::Test {
 protected:
  Answer create(const std::string& volume, const std::string& more = "") {
    return world_.post("/v3/attachments",
                       R"({"attachment":{"volume_uuid":")" + volume + R"(","instance_uuid":")" +
                           kServer + "\"" + more + "}}",
                       "3.44");
  }
  Answer connect(const std::string& id, const std::string& connector = kConnector) {
    return world_.send("demo", "PUT", "/v3/attachments/" + id,
                       R"({"attachment":{"connector":)" + connector + "}}", "3.44");
  }
  Answer complete(const std::string& id) {
    return world_.post("/v3/attachments/" + id + "/action", R"({"os-complete":null})", "3.44");
  }
  Answer remove(const std::string& id, const std::string& who = "demo") {
    return world_.send(who, "DELETE", "/v3/attachments/" + id, "", "3.44");
  }
  [[nodiscard]] std::string status_of(const std::string& volume) {
    return world_.get(path_of_volume(volume)).text("volume", "status");
  }

  CinderWorld world_;
};

TEST_F(Attachments, go_from_a_wish_to_their_end) {
  const std::string volume = world_.make_volume();
  const auto wish = create(volume);
  const std::string id = wish.text("attachment", "id");
  EXPECT_EQ(wish.status, 200);
  EXPECT_EQ(wish.text("attachment", "status"), "reserved");
  EXPECT_EQ(status_of(volume), "reserved");

  const auto connected = connect(id);
  EXPECT_EQ(connected.status, 200) << connected.body;
  EXPECT_EQ(connected.text("attachment", "connection_info", "driver_volume_type"), "iscsi");
  EXPECT_EQ(connected.text("attachment", "connection_info", "auth_method"), "CHAP");
  EXPECT_GE(connected.text("attachment", "connection_info", "auth_password").size(), 16U);
  EXPECT_EQ(status_of(volume), "attaching");
  // Asked again, the same is answered.
  EXPECT_EQ(connect(id).text("attachment", "connection_info", "auth_password"),
            connected.text("attachment", "connection_info", "auth_password"));

  EXPECT_EQ(complete(id).status, 204);
  EXPECT_EQ(complete(id).status, 204);
  const auto shown = world_.get(path_of_volume(volume));
  EXPECT_EQ(shown.text("volume", "status"), "in-use");
  EXPECT_EQ(shown.text("volume", "attachments", 0, "server_id"), kServer);
  EXPECT_EQ(shown.text("volume", "attachments", 0, "attachment_id"), id);

  const auto ended = remove(id);
  EXPECT_EQ(ended.status, 200) << ended.body;
  EXPECT_EQ(ended.at("attachments").as_array().size(), 0U);
  EXPECT_EQ(status_of(volume), "available");
  EXPECT_EQ(remove(id).status, 404);
}

TEST_F(Attachments, tell_the_hypervisor_what_it_has_to_keep_of_the_type) {
  for (const std::string consumer : {"front-end", "both", "back-end"}) {
    const auto qos = world_.send("admin", "POST", "/v3/qos-specs",
                                 R"({"qos_specs":{"name":")" + consumer + R"(","consumer":")" +
                                     consumer + R"(","total_iops_sec":"500"}})");
    const auto type = world_.send("admin", "POST", "/v3/types",
                                  R"({"volume_type":{"name":"type )" + consumer + "\"}}");
    ASSERT_EQ(world_
                  .send("admin", "GET",
                        "/v3/qos-specs/" + qos.text("qos_specs", "id") +
                            "/associate?vol_type_id=" + type.text("volume_type", "id"))
                  .status,
              202);
    const std::string volume = world_.make_volume(R"("volume_type":"type )" + consumer + "\"");

    const auto made = create(volume, std::string(R"(,"connector":)") + kConnector);

    const auto& told = made.at("attachment", "connection_info", "qos_specs");
    EXPECT_EQ(base::to_text(told), consumer == "back-end" ? "null" : R"({"total_iops_sec":"500"})");
  }
}

TEST_F(Attachments, tell_the_hypervisor_what_the_size_makes_of_promises_per_gigabyte) {
  const std::string qos =
      world_
          .send("admin", "POST", "/v3/qos-specs",
                R"({"qos_specs":{"name":"per GB","consumer":"front-end",)"
                R"("read_iops_sec_per_gb":"30","read_iops_sec_per_gb_min":"40",)"
                R"("write_iops_sec_per_gb":"10","write_iops_sec_per_gb_min":"100",)"
                R"("total_bytes_sec_per_gb":"1000","total_bytes_sec_max":"1500","other":"x"}})")
          .text("qos_specs", "id");
  const std::string type =
      world_.send("admin", "POST", "/v3/types", R"({"volume_type":{"name":"per GB"}})")
          .text("volume_type", "id");
  ASSERT_EQ(
      world_.send("admin", "GET", "/v3/qos-specs/" + qos + "/associate?vol_type_id=" + type).status,
      202);
  const std::string with_connector = std::string(R"(,"connector":)") + kConnector;
  const std::string more = R"("volume_type":"per GB","size":2)";

  const auto made = create(world_.make_volume(more), with_connector);

  EXPECT_EQ(made.at("attachment", "connection_info", "qos_specs"),
            base::parse_json(R"({"read_iops_sec":60,"write_iops_sec":100,)"
                             R"("total_bytes_sec":1500,"other":"x"})"))
      << made.body;

  ASSERT_EQ(world_
                .send("admin", "PUT", "/v3/qos-specs/" + qos,
                      R"({"qos_specs":{"read_iops_sec_per_gb":"many"}})")
                .status,
            200);
  const std::string volume = world_.make_volume(more);
  EXPECT_EQ(create(volume, with_connector).status, 400);
  EXPECT_EQ(status_of(volume), "available");
}

TEST_F(Attachments, are_made_with_a_connector_at_once) {
  const std::string volume = world_.make_volume();
  const auto made = create(volume, std::string(R"(,"connector":)") + kConnector);
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.text("attachment", "status"), "attaching");
  EXPECT_EQ(made.text("attachment", "connection_info", "driver_volume_type"), "iscsi");
}

TEST_F(Attachments, of_a_volume_are_one_unless_its_type_allows_several) {
  const std::string volume = world_.make_volume();
  ASSERT_EQ(create(volume).status, 200);
  EXPECT_EQ(create(volume).status, 400);

  ASSERT_EQ(
      world_
          .send("admin", "POST", "/v3/types",
                R"({"volume_type":{"name":"shared","extra_specs":{"multiattach":"<is> True"}}})")
          .status,
      200);
  const std::string shared = world_.make_volume(R"("volume_type":"shared")");
  EXPECT_EQ(create(shared).status, 200);
  EXPECT_EQ(create(shared).status, 200);
}

TEST_F(Attachments, without_an_initiator_are_refused_and_undone) {
  const std::string volume = world_.make_volume();
  EXPECT_EQ(create(volume, R"(,"connector":{"host":"compute"})").status, 400);
  EXPECT_EQ(status_of(volume), "available");
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM attachments"), 0);
}

TEST_F(Attachments, belong_to_one_connector) {
  const std::string id = create(world_.make_volume()).text("attachment", "id");
  ASSERT_EQ(connect(id).status, 200);
  EXPECT_EQ(connect(id, R"({"initiator":"iqn.2010-10.org.test:thief","host":"thief"})").status,
            400);
}

TEST_F(Attachments, of_another_project_are_not_there) {
  const std::string id = create(world_.make_volume()).text("attachment", "id");
  EXPECT_EQ(world_.send("other", "GET", "/v3/attachments/" + id, "", "3.44").status, 404);
  EXPECT_EQ(remove(id, "other").status, 404);
  EXPECT_EQ(world_.send("other", "GET", "/v3/attachments?all_tenants=1", "", "3.44")
                .at("attachments")
                .as_array()
                .size(),
            0U);
}

TEST_F(Attachments, keep_a_volume_from_being_deleted_also_by_force) {
  const std::string volume = world_.make_volume();
  ASSERT_EQ(create(volume).status, 200);
  EXPECT_EQ(world_.send("demo", "DELETE", path_of_volume(volume)).status, 400);
  EXPECT_EQ(
      world_.send("admin", "POST", path_of_volume(volume) + "/action", R"({"os-force_delete":{}})")
          .status,
      400);
}

TEST_F(Attachments, are_not_there_before_their_version) {
  EXPECT_EQ(world_.get("/v3/attachments", "3.26").status, 404);
}

TEST_F(Attachments, wait_for_a_back_end_that_is_away_and_end_when_it_is_back) {
  const std::string volume = world_.make_volume();
  const std::string id = create(volume).text("attachment", "id");
  ASSERT_EQ(connect(id).status, 200);
  world_.stop_volume_role();
  EXPECT_EQ(remove(id).status, 503);
  EXPECT_EQ(status_of(volume), "detaching");

  world_.start_volume_role();
  EXPECT_TRUE(world_.wait_for(path_of_volume(volume), "available"));
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM attachments"), 0);
}

TEST_F(Attachments, made_by_the_older_actions_are_the_same) {
  const std::string volume = world_.make_volume();
  ASSERT_EQ(world_.act(volume, R"({"os-reserve":{}})").status, 202);
  EXPECT_EQ(world_.act(volume, R"({"os-reserve":{}})").status, 400);
  const auto connection = world_.act(
      volume, std::string(R"({"os-initialize_connection":{"connector":)") + kConnector + "}}");
  EXPECT_EQ(connection.status, 200) << connection.body;
  EXPECT_EQ(connection.text("connection_info", "driver_volume_type"), "iscsi");
  EXPECT_FALSE(connection.text("connection_info", "data", "target_iqn").empty());

  ASSERT_EQ(world_
                .act(volume, std::string(R"({"os-attach":{"instance_uuid":")") + kServer +
                                 R"(","mountpoint":"/dev/vdc"}})")
                .status,
            202);
  const auto shown = world_.get(path_of_volume(volume));
  EXPECT_EQ(shown.text("volume", "status"), "in-use");
  EXPECT_EQ(shown.text("volume", "attachments", 0, "device"), "/dev/vdc");
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM attachments"), 1);

  EXPECT_EQ(world_.act(volume, R"({"os-begin_detaching":{}})").status, 202);
  EXPECT_EQ(status_of(volume), "detaching");
  EXPECT_EQ(world_.act(volume, R"({"os-roll_detaching":{}})").status, 202);
  EXPECT_EQ(status_of(volume), "in-use");
  EXPECT_EQ(world_
                .act(volume,
                     std::string(R"({"os-terminate_connection":{"connector":)") + kConnector + "}}")
                .status,
            202);
  EXPECT_EQ(status_of(volume), "available");
}

}  // namespace
