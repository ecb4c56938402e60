// Staging, import, copies among stores, tasks.
#include <fmt/core.h>

#include "glance_import_world.hpp"

namespace tests::glance_import {
namespace {

constexpr const char* kDirect = R"({"method":{"name":"glance-direct"}})";

TEST_F(GlanceImport, imports_what_was_staged) {
  const std::string image = staged();
  EXPECT_EQ(status(image), "uploading");

  const auto answer = import(image, kDirect);

  ASSERT_EQ(answer.status, 202) << answer.body;
  const auto task = ended_task(image);
  EXPECT_EQ(base::text_or(task, "status"), "success") << base::to_text(task);
  EXPECT_EQ(base::text_or(task, "type"), "api_image_import");
  EXPECT_EQ(base::text_or(task, "request_id"), answer.headers.value("x-openstack-request-id"));
  EXPECT_EQ(base::text_or(task.at("input").at("import_req").at("method"), "name"), "glance-direct");
  const auto shown = show(image);
  EXPECT_EQ(base::text_or(shown, "status"), "active");
  EXPECT_EQ(base::integer_or(shown, "size", 0), 12);
  EXPECT_FALSE(base::find(shown, "os_glance_import_task"));
  EXPECT_FALSE(base::find(shown, "stores"));
  EXPECT_EQ(data(image), "staged bytes");
  EXPECT_TRUE(soon_empty("staging"));
}

TEST_F(GlanceImport, queues_an_image_again_whose_bytes_are_not_what_they_should_be) {
  const auto created = world_.send("p", "POST", "/v2/images",
                                   R"({"disk_format":"qcow2","container_format":"bare"})");
  const std::string image = "/v2/images/" + base::get_text(body_of(created), "id");
  ASSERT_EQ(world_.send("p", "PUT", image + "/stage", "no qcow2", kBytes).status, 204);

  ASSERT_EQ(import(image, kDirect).status, 202);

  const auto task = ended_task(image);
  EXPECT_EQ(base::text_or(task, "status"), "failure");
  EXPECT_NE(base::text_or(task, "message"), "");
  EXPECT_EQ(status(image), "queued");
  EXPECT_TRUE(soon_empty("staging"));
  EXPECT_TRUE(soon_empty("images"));
}

TEST_F(GlanceImport, refuses_what_the_images_state_does_not_allow) {
  const std::string queued = create();
  const std::string active = uploaded();
  EXPECT_EQ(import(queued, kDirect).status, 409);
  EXPECT_EQ(import(active, kDirect).status, 409);
  EXPECT_EQ(import(queued, R"({"method":{"name":"copy-image"}})", "admin").status, 409);
  EXPECT_EQ(world_.send("p", "PUT", active + "/stage", "x", kBytes).status, 409);
  const std::string waiting = staged();
  EXPECT_EQ(world_.send("p", "PUT", waiting + "/stage", "x", kBytes).status, 409);
  EXPECT_EQ(world_.send("p", "PUT", waiting + "/file", "x", kBytes).status, 409);
  EXPECT_EQ(world_.send("q", "POST", waiting + "/import", kDirect).status, 404);
}

TEST_F(GlanceImport, refuses_requests_that_make_no_sense) {
  const std::string image = staged();
  for (const char* body :
       {R"({})", R"([])", R"({"method":{}})", R"({"method":{"name":"conjure"}})",
        R"({"method":{"name":"glance-direct"},"all_stores":1})",
        R"({"method":{"name":"glance-direct"},"all_stores_must_succeed":"no"})",
        R"({"method":{"name":"glance-direct"},"all_stores_must_succeed":false})"})
    EXPECT_EQ(import(image, body).status, 400) << body;
  EXPECT_EQ(status(image), "uploading");
}

TEST_F(GlanceImport, removes_staged_bytes_with_their_image) {
  const std::string image = staged();

  ASSERT_EQ(world_.send("p", "DELETE", image).status, 204);

  EXPECT_TRUE(soon_empty("staging"));
}

TEST_F(GlanceImport, tells_tasks_to_admins_only) {
  const std::string image = staged();
  ASSERT_EQ(import(image, kDirect).status, 202);
  const std::string task = "/v2/tasks/" + base::text_or(ended_task(image), "id");

  EXPECT_EQ(world_.send("p", "GET", "/v2/tasks").status, 403);
  const auto listed = body_of(world_.send("admin", "GET", "/v2/tasks?limit=1&status=success"));
  EXPECT_EQ("/v2/tasks/" + base::text_or(listed.at("tasks").at(0), "id"), task);
  EXPECT_TRUE(base::find(listed, "next"));
  const auto shown = body_of(world_.send("admin", "GET", task));
  EXPECT_EQ("/v2/images/" + base::text_or(shown.at("result"), "image_id"), image);
  EXPECT_EQ(world_.send("admin", "DELETE", task).status, 405);
  EXPECT_EQ(world_.send("admin", "GET", "/v2/tasks/none").status, 404);
}

TEST_F(GlanceImport, tells_how_to_import_and_that_there_are_no_named_stores) {
  const auto methods = body_of(world_.send("p", "GET", "/v2/info/import")).at("import-methods");
  EXPECT_EQ(base::to_text(methods.at("value")), R"(["glance-direct","web-download","copy-image"])");
  EXPECT_EQ(world_.send("p", "GET", "/v2/info/usage").body, R"({"usage":{}})");
  EXPECT_EQ(world_.send("p", "GET", "/v2/info/stores").status, 404);
  const auto created = world_.send("p", "POST", "/v2/images", R"({"name":"i"})");
  EXPECT_EQ(created.headers.value("OpenStack-image-import-methods"),
            "glance-direct,web-download,copy-image");
  EXPECT_FALSE(created.headers.get("OpenStack-image-store-ids"));
  EXPECT_EQ(world_.send("admin", "DELETE", "/v2/stores/fast/x").status, 404);
}

class GlanceStores : public GlanceImport {
 protected:
  GlanceStores() : GlanceImport(Stores::two) {}
  std::string stores(const std::string& image) { return base::text_or(show(image), "stores"); }
};

TEST_F(GlanceStores, tells_which_there_are) {
  const auto listed = body_of(world_.send("p", "GET", "/v2/info/stores")).at("stores");
  EXPECT_EQ(base::text_or(listed.at(0), "id"), "fast");
  EXPECT_EQ(base::text_or(listed.at(0), "default"), "true");
  EXPECT_EQ(base::text_or(listed.at(1), "description"), "slow but large");
  EXPECT_EQ(world_.send("p", "GET", "/v2/info/stores/detail").status, 403);
  const auto detailed = body_of(world_.send("admin", "GET", "/v2/info/stores/detail")).at("stores");
  EXPECT_EQ(detailed.at(0).at("properties").at("thin_provisioning"), base::Json(true));
  const auto created = world_.send("p", "POST", "/v2/images", R"({"name":"i"})");
  EXPECT_EQ(created.headers.value("OpenStack-image-store-ids"), "fast,slow");
  const auto versions = body_of(world_.send("p", "GET", "/versions")).at("versions");
  EXPECT_EQ(base::text_or(versions.at(0), "id"), "v2.15");
}

TEST_F(GlanceStores, imports_into_all_of_them) {
  const std::string image = staged();

  ASSERT_EQ(import(image, R"({"method":{"name":"glance-direct"},"all_stores":true})").status, 202);

  EXPECT_EQ(base::text_or(ended_task(image), "status"), "success");
  EXPECT_EQ(stores(image), "fast,slow");
  EXPECT_EQ(base::text_or(show(image), "os_glance_importing_to_stores", "?"), "");
  EXPECT_EQ(base::text_or(show(image), "os_glance_failed_import", "?"), "");
  const auto listed = body_of(world_.send("p", "GET", "/v2/images"));
  EXPECT_EQ(base::text_or(listed.at("images").at(0), "stores"), "fast,slow");
}

TEST_F(GlanceStores, imports_into_the_one_that_is_named) {
  const std::string image = staged();
  EXPECT_EQ(import(image, R"({"method":{"name":"glance-direct"},"stores":["none"]})").status, 409);
  EXPECT_EQ(
      import(image, R"({"method":{"name":"glance-direct"},"stores":["slow"],"all_stores":true})")
          .status,
      400);

  ASSERT_EQ(import(image, R"({"method":{"name":"glance-direct"},"stores":["slow"]})").status, 202);

  EXPECT_EQ(base::text_or(ended_task(image), "status"), "success");
  EXPECT_EQ(stores(image), "slow");
  EXPECT_EQ(data(image), "staged bytes");
}

TEST_F(GlanceStores, copies_an_image_to_where_it_is_missing) {
  const std::string image = uploaded();
  EXPECT_EQ(stores(image), "fast");
  const std::string copy = R"({"method":{"name":"copy-image"},"stores":["slow"]})";
  EXPECT_EQ(import(image, copy).status, 403);

  ASSERT_EQ(import(image, copy, "admin").status, 202);

  EXPECT_EQ(base::text_or(ended_task(image), "status"), "success");
  EXPECT_EQ(stores(image), "fast,slow");
  EXPECT_EQ(status(image), "active");
  EXPECT_EQ(import(image, copy, "admin").status, 400);
  EXPECT_EQ(import(image, R"({"method":{"name":"copy-image"},"all_stores":true})", "admin").status,
            202);
}

TEST_F(GlanceStores, reads_a_copy_if_the_first_store_has_lost_the_bytes) {
  const std::string image = staged();
  ASSERT_EQ(import(image, R"({"method":{"name":"glance-direct"},"all_stores":true})").status, 202);
  static_cast<void>(ended_task(image));
  for (const auto& file : fs::directory_iterator(world_.images_directory() + "/images"))
    fs::remove(file.path());

  EXPECT_EQ(data(image), "staged bytes");

  for (const auto& file : fs::directory_iterator(world_.images_directory() + "/slow"))
    fs::remove(file.path());
  EXPECT_EQ(world_.send("p", "GET", image + "/file").status, 404);
}

TEST_F(GlanceStores, keeps_the_stores_that_worked_if_not_all_must) {
  const std::string image = uploaded("bytes that will be damaged");
  for (const auto& file : fs::directory_iterator(world_.images_directory() + "/images"))
    fs::resize_file(file.path(), 3);

  ASSERT_EQ(import(image,
                   R"({"method":{"name":"copy-image"},"stores":["slow"],)"
                   R"("all_stores_must_succeed":false})",
                   "admin")
                .status,
            202);

  static_cast<void>(ended_task(image));
  EXPECT_EQ(base::text_or(show(image), "os_glance_failed_import"), "slow");
  EXPECT_EQ(stores(image), "fast");
  EXPECT_TRUE(soon_empty("slow"));
}

TEST_F(GlanceStores, deletes_an_image_from_one_store_but_not_from_the_last) {
  const std::string image = staged();
  ASSERT_EQ(import(image, R"({"method":{"name":"glance-direct"},"all_stores":true})").status, 202);
  static_cast<void>(ended_task(image));
  const std::string id = image.substr(std::string("/v2/images/").size());

  EXPECT_EQ(world_.send("p", "DELETE", "/v2/stores/fast/" + id).status, 403);
  ASSERT_EQ(world_.send("admin", "DELETE", "/v2/stores/fast/" + id).status, 204);
  EXPECT_EQ(stores(image), "slow");
  EXPECT_TRUE(soon_empty("images"));
  EXPECT_EQ(data(image), "staged bytes");
  for (const char* store : {"fast", "slow"})
    EXPECT_EQ(world_.send("admin", "DELETE", fmt::format("/v2/stores/{}/{}", store, id)).status,
              403);
  ASSERT_EQ(world_.send("p", "DELETE", image).status, 204);
  EXPECT_TRUE(soon_empty("slow"));
}

}  // namespace
}  // namespace tests::glance_import
