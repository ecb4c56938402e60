// Volumes that become images of Glance.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;

constexpr const char* kUploadImage = "99999999-9999-4999-8999-999999999999";

std::string uploaded_path(const std::string& id) { return "/v3/volumes/" + id; }

std::string upload_body(const std::string& more = "") {
  return R"({"os-volume_upload_image":{"image_name":"copy")" + more + "}}";
}

// Up to 10 s, until so many are neither whole nor undone.
bool wait_for_uploads(CinderWorld& world, int64_t wanted) {
  for (int i = 0; i < 2000; ++i) {
    if (world.count("SELECT COUNT(*) FROM image_uploads") == wanted) return true;
    platform::system_executor().sleep_for(std::chrono::milliseconds{5});
  }
  return false;
}

// One of no volume, that ended without an image; `age` ago it began.
void leave_upload(CinderWorld& world, const std::string& image_id, base::Duration age) {
  const auto began = platform::system_clock().now() - age;
  world.run_statement(fmt::format(
      "INSERT INTO image_uploads (image_id, volume_id, operation_id, disk_format, created_at) "
      "VALUES ('{0}', 'gone', '{0}', 'raw', {1})",
      image_id, began.time_since_epoch().count()));
}

TEST(CinderUploads, make_an_image_of_a_volume_with_what_it_knows_of_its_own) {
  CinderWorld world;
  world.add_image(kUploadImage, "image content");
  const std::string id = world.make_volume(R"("imageRef":")" + std::string(kUploadImage) + "\"");

  EXPECT_EQ(world
                .act(id, R"({"os-set_image_metadata":{"metadata":{"locations":"file:///etc",)"
                         R"("owner":"somebody","color":"blue"}}})")
                .status,
            200);

  const auto begun = world.act(id, upload_body());

  ASSERT_EQ(begun.status, 202) << begun.body;
  EXPECT_EQ(begun.text("os-volume_upload_image", "status"), "uploading");
  EXPECT_EQ(begun.text("os-volume_upload_image", "disk_format"), "raw");
  EXPECT_EQ(begun.text("os-volume_upload_image", "container_format"), "bare");
  EXPECT_EQ(begun.text("os-volume_upload_image", "volume_type", "name"), "__DEFAULT__");
  ASSERT_TRUE(world.wait_for(uploaded_path(id), "available"));
  const auto image = world.image(begun.text("os-volume_upload_image", "image_id"));
  EXPECT_EQ(base::text_or(image, "status"), "active");
  EXPECT_EQ(base::text_or(image, "data").substr(0, 13), "image content");
  EXPECT_EQ(base::integer_or(image, "size", 0), 1 << 30);
  EXPECT_EQ(base::text_or(image, "hw_disk_bus"), "scsi");
  EXPECT_EQ(base::text_or(image, "color"), "blue");
  EXPECT_NE(base::text_or(image, "owner"), "somebody");
  EXPECT_EQ(base::find(image, "image_id"), nullptr);
  EXPECT_EQ(base::text_or(image, "visibility"), "private");
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM image_uploads"), 0);
}

TEST(CinderUploads, since_3_1_say_who_sees_the_image) {
  CinderWorld world;
  const std::string id = world.make_volume();
  const auto act = [&](const std::string& project, const std::string& more,
                       const std::string& version) {
    return world.send(project, "POST", uploaded_path(id) + "/action", upload_body(more), version);
  };
  EXPECT_EQ(act("demo", R"(,"visibility":"shared")", "3.0").status, 400);
  EXPECT_EQ(act("demo", R"(,"visibility":"public")", "3.1").status, 403);
  EXPECT_EQ(act("demo", R"(,"visibility":"moon")", "3.1").status, 400);
  EXPECT_EQ(act("demo", R"(,"disk_format":"aki")", "3.1").status, 400);
  EXPECT_EQ(act("other", "", "3.1").status, 404);

  const auto begun = act("demo", R"(,"visibility":"shared","protected":"True")", "3.1");

  EXPECT_EQ(begun.text("os-volume_upload_image", "visibility"), "shared");
  EXPECT_TRUE(begun.at("os-volume_upload_image", "protected").as_bool());
  ASSERT_TRUE(world.wait_for(uploaded_path(id), "available"));
  EXPECT_TRUE(
      world.image(begun.text("os-volume_upload_image", "image_id")).at("protected").as_bool());
}

TEST(CinderUploads, convert_what_is_not_wanted_raw) {
  CinderWorld world;
  const std::string id = world.make_volume();
  std::ofstream(world.path("volume-" + id), std::ios::in | std::ios::out) << "content";

  const auto begun = world.act(id, upload_body(R"(,"disk_format":"qcow2")"));

  ASSERT_TRUE(world.wait_for(uploaded_path(id), "available"));
  const auto image = world.image(begun.text("os-volume_upload_image", "image_id"));
  EXPECT_EQ(base::text_or(image, "data").substr(0, 4), "QFI\xfb");
  EXPECT_LT(base::integer_or(image, "size", 0), 1 << 24);
  EXPECT_EQ(world.files("conversion"), std::vector<std::string>{});
}

TEST(CinderUploads, of_a_volume_that_is_not_available_are_refused) {
  CinderWorld world;
  const std::string id = world.make_volume();
  world.run_statement("UPDATE volumes SET status='in-use'");
  EXPECT_EQ(world.act(id, upload_body()).status, 400);
  EXPECT_EQ(world.act(id, upload_body(R"(,"force":true)")).status, 400);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM image_uploads"), 0);

  CinderWorld generous{{{{"DEFAULT/enable_force_upload", "true"}}}};
  const std::string used = generous.make_volume();
  generous.run_statement("UPDATE volumes SET status='in-use'");
  EXPECT_EQ(generous.act(used, upload_body()).status, 400);
  EXPECT_EQ(generous.act(used, upload_body(R"(,"force":true)")).status, 202);
  EXPECT_TRUE(generous.wait_for(uploaded_path(used), "in-use"));
}

TEST(CinderUploads, that_glance_does_not_take_leave_no_image_and_the_volume_as_it_was) {
  CinderWorld world;
  const std::string id = world.make_volume();
  world.refuse_uploads(true);

  const auto begun = world.send("demo", "POST", uploaded_path(id) + "/action",
                                upload_body(R"(,"protected":true)"), "3.1");

  ASSERT_EQ(begun.status, 202);
  EXPECT_TRUE(world.wait_for(uploaded_path(id), "available"));
  EXPECT_TRUE(wait_for_uploads(world, 0));
  EXPECT_TRUE(world.image(begun.text("os-volume_upload_image", "image_id")).is_null());
}

TEST(CinderUploads, that_a_dead_back_end_left_are_taken_up_at_its_start) {
  CinderWorld world;
  const std::string id = world.make_volume();
  world.stop_volume_role();
  const auto begun = world.act(id, upload_body());
  EXPECT_EQ(world.act(id, upload_body()).status, 400);

  world.start_volume_role();

  EXPECT_TRUE(world.wait_for(uploaded_path(id), "available"));
  const auto image = world.image(begun.text("os-volume_upload_image", "image_id"));
  EXPECT_EQ(base::text_or(image, "status"), "active");
}

TEST(CinderUploads, whose_back_end_never_comes_back_are_undone) {
  CinderWorld world{{{{"DEFAULT/report_interval", "1"}}}};
  const std::string id = world.make_volume();
  world.stop_volume_role();
  const auto begun = world.act(id, upload_body());

  world.run_statement("UPDATE volumes SET task_deadline=1, attempts=4");

  EXPECT_TRUE(world.wait_for(uploaded_path(id), "available"));
  EXPECT_TRUE(wait_for_uploads(world, 0));
  EXPECT_TRUE(world.image(begun.text("os-volume_upload_image", "image_id")).is_null());
}

TEST(CinderUploads, whose_image_comes_without_an_answer_are_undone) {
  CinderWorld world{{{{"DEFAULT/report_interval", "1"}}}};
  const std::string id = world.make_volume();
  world.at_new_images([] { throw base::Error(base::ErrorKind::timeout, "No answer came."); });

  EXPECT_GE(world.act(id, upload_body()).status, 500);

  EXPECT_TRUE(world.wait_for(uploaded_path(id), "available"));
  EXPECT_TRUE(wait_for_uploads(world, 0));
  EXPECT_EQ(world.count_images(), 0U);
}

TEST(CinderUploads, that_end_while_their_image_is_made_leave_none) {
  CinderWorld world;
  const std::string id = world.make_volume();
  world.at_new_images([&] {
    world.run_statement("UPDATE volumes SET status='available', operation_id=''");
    world.run_statement("DELETE FROM image_uploads");
  });

  EXPECT_EQ(world.act(id, upload_body()).status, 409);

  EXPECT_EQ(world.count_images(), 0U);
}

TEST(CinderUploads, whose_image_is_not_there_yet_are_not_forgotten) {
  CinderWorld world{{{{"DEFAULT/report_interval", "1"}}}};
  leave_upload(world, kUploadImage, std::chrono::seconds{0});
  // When the second old one has gone, all have been looked for.
  for (const char* const old : {"old", "older"}) {
    leave_upload(world, old, std::chrono::hours{1});
    ASSERT_TRUE(wait_for_uploads(world, 1));
  }

  world.add_image(kUploadImage, "", "queued");

  EXPECT_TRUE(wait_for_uploads(world, 0));
  EXPECT_TRUE(world.image(kUploadImage).is_null());
}

}  // namespace
