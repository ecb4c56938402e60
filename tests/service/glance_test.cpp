#include <gtest/gtest.h>
#include <unistd.h>

#include "base/json.hpp"
#include "glance_world.hpp"
#include "platform/crypto.hpp"

namespace tests {
namespace {

constexpr const char* kBytes = "application/octet-stream";

std::string id_of(const platform::http::Response& response) {
  return base::get_text(base::parse_json(response.body), "id");
}

std::string create(GlanceWorld& world, const std::string& project, const std::string& more = "") {
  const auto response =
      world.send(project, "POST", "/v2/images",
                 R"({"name":"i","disk_format":"raw","container_format":"bare")" + more + "}");
  EXPECT_EQ(response.status, 201) << response.body;
  return id_of(response);
}

std::string qcow2_header(uint64_t backing_offset, uint64_t features) {
  std::string header = std::string("QFI\xfb", 4) + std::string("\0\0\0\3", 4);
  const auto append = [&](uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
      header += static_cast<char>(value >> shift & 255);
  };
  append(backing_offset, 8);
  append(backing_offset ? 8 : 0, 4);
  append(16, 4);
  append(1ULL << 30, 8);
  header.resize(72, '\0');
  append(features, 8);
  header.resize(512, '\0');
  return header;
}

TEST(Glance, gives_back_what_was_uploaded_with_its_digests) {
  GlanceWorld world;
  const std::string id = create(world, "p");

  ASSERT_EQ(world.send("p", "PUT", "/v2/images/" + id + "/file", "hello image", kBytes).status,
            204);

  const auto shown = base::parse_json(world.send("p", "GET", "/v2/images/" + id).body);
  EXPECT_EQ(base::text_or(shown, "status"), "active");
  EXPECT_EQ(base::integer_or(shown, "size", 0), 11);
  platform::Digest digest("sha512");
  digest.update("hello image");
  EXPECT_EQ(base::text_or(shown, "os_hash_value"), digest.finish_hex());
  EXPECT_EQ(GlanceWorld::content(world.send("p", "GET", "/v2/images/" + id + "/file")),
            "hello image");
}

TEST(Glance, hides_an_image_from_other_projects) {
  GlanceWorld world;
  const std::string id = create(world, "p");

  EXPECT_EQ(world.send("other", "GET", "/v2/images/" + id).status, 404);
  EXPECT_EQ(world.send("other", "DELETE", "/v2/images/" + id).status, 404);
  EXPECT_EQ(world.send("admin", "GET", "/v2/images/" + id).status, 200);
}

TEST(Glance, finds_no_image_without_an_id) {
  GlanceWorld world;
  for (const char* method : {"GET", "DELETE"})
    EXPECT_EQ(world.send("p", method, "/v2/images/").status, 404) << method;
}

TEST(Glance, shares_an_image_with_members_that_accept) {
  GlanceWorld world;
  const std::string id = create(world, "p");
  const std::string members = "/v2/images/" + id + "/members";

  ASSERT_EQ(world.send("p", "POST", members, R"({"member":"q"})").status, 200);
  EXPECT_EQ(world.send("q", "GET", "/v2/images/" + id).status, 200);
  const auto listed = [&] {
    return base::parse_json(world.send("q", "GET", "/v2/images").body)
        .at("images")
        .as_array()
        .size();
  };
  EXPECT_EQ(listed(), 0U);
  ASSERT_EQ(world.send("q", "PUT", members + "/q", R"({"status":"accepted"})").status, 200);
  EXPECT_EQ(listed(), 1U);
  EXPECT_EQ(world.send("q", "DELETE", "/v2/images/" + id).status, 403);
}

TEST(Glance, refuses_a_qcow2_that_reaches_outside_itself) {
  GlanceWorld world;
  for (const std::string& bytes :
       {qcow2_header(600, 0), qcow2_header(0, 4), std::string("no qcow2")}) {
    const auto created = world.send("p", "POST", "/v2/images",
                                    R"({"disk_format":"qcow2","container_format":"bare"})");
    const std::string path = "/v2/images/" + id_of(created);
    EXPECT_EQ(world.send("p", "PUT", path + "/file", bytes, kBytes).status, 415);
    EXPECT_EQ(base::text_or(base::parse_json(world.send("p", "GET", path).body), "status"),
              "queued");
  }
  EXPECT_TRUE(std::filesystem::is_empty(world.images_directory() + "/images"));
}

// Uploads, and gives the status and the image after it.
std::pair<int, base::Json> uploaded(GlanceWorld& world, const std::string& disk_format,
                                    const std::string& bytes,
                                    const std::string& container_format = "bare") {
  const auto created = world.send("p", "POST", "/v2/images",
                                  R"({"disk_format":")" + disk_format +
                                      R"(","container_format":")" + container_format + R"("})");
  EXPECT_EQ(created.status, 201) << created.body;
  const std::string path = "/v2/images/" + id_of(created);
  const int status = world.send("p", "PUT", path + "/file", bytes, kBytes).status;
  return {status, base::parse_json(world.send("p", "GET", path).body)};
}

TEST(Glance, refuses_bytes_that_are_not_of_the_declared_format) {
  GlanceWorld world;
  const std::string flat = "# Disk DescriptorFile\nversion=1\nRW 1 FLAT \"/etc/shadow\" 0\n";
  for (const char* format : {"qcow2", "vhd", "vhdx", "vmdk", "vdi", "iso", "ploop", "luks", "gpt"})
    EXPECT_EQ(uploaded(world, format, "nothing of the kind").first, 415) << format;
  for (const char* format : {"raw", "ami", "aki", "ari", "vmdk", "vdi"}) {
    EXPECT_EQ(uploaded(world, format, flat).first, 415) << format;
    EXPECT_EQ(uploaded(world, format, qcow2_header(0, 0)).first, 415) << format;
  }
  EXPECT_EQ(uploaded(world, "qcow2", "").first, 415);
  EXPECT_EQ(uploaded(world, "vmdk", flat, "ova").first, 415);
  EXPECT_TRUE(std::filesystem::is_empty(world.images_directory() + "/images"));
}

TEST(Glance, takes_kernels_archives_and_disks_with_partitions) {
  GlanceWorld world;
  for (const char* format : {"aki", "ari", "ami", "raw"})
    EXPECT_EQ(uploaded(world, format, "bytes").first, 204) << format;
  for (const char* container : {"ova", "docker", "compressed"}) {
    const auto [status, image] = uploaded(world, "vmdk", "a tar", container);
    EXPECT_EQ(status, 204) << container;
    EXPECT_TRUE(image.at("virtual_size").is_null());
  }
  std::string disk(4096, '\0');
  disk[450] = '\x83';
  disk[510] = '\x55';
  disk[511] = '\xaa';
  for (const char* format : {"gpt", "raw"}) {
    const auto [status, image] = uploaded(world, format, disk);
    EXPECT_EQ(status, 204) << format;
    EXPECT_EQ(base::integer_or(image, "virtual_size", 0), 4096);
  }
}

TEST(Glance, takes_a_flat_qcow2_and_knows_its_virtual_size) {
  GlanceWorld world;
  const auto created =
      world.send("p", "POST", "/v2/images", R"({"disk_format":"qcow2","container_format":"bare"})");
  const std::string path = "/v2/images/" + id_of(created);

  ASSERT_EQ(world.send("p", "PUT", path + "/file", qcow2_header(0, 0), kBytes).status, 204);

  const auto shown = base::parse_json(world.send("p", "GET", path).body);
  EXPECT_EQ(base::integer_or(shown, "virtual_size", 0), 1 << 30);
}

TEST(Glance, changes_by_json_patch_and_keeps_what_is_read_only) {
  GlanceWorld world;
  const std::string path = "/v2/images/" + create(world, "p", R"(,"colour":"red")");
  constexpr const char* kPatch = "application/openstack-images-v2.1-json-patch";

  const auto changed = world.send(
      "p", "PATCH", path,
      R"([{"op":"replace","path":"/name","value":"new"},{"op":"remove","path":"/colour"},)"
      R"({"op":"add","path":"/size_class","value":"big"}])",
      kPatch);
  ASSERT_EQ(changed.status, 200) << changed.body;
  const auto image = base::parse_json(changed.body);
  EXPECT_EQ(base::text_or(image, "name"), "new");
  EXPECT_EQ(base::text_or(image, "size_class"), "big");
  EXPECT_FALSE(base::find(image, "colour"));
  EXPECT_EQ(world
                .send("p", "PATCH", path, R"([{"op":"replace","path":"/status","value":"active"}])",
                      kPatch)
                .status,
            403);
  EXPECT_EQ(world.send("p", "PATCH", path, R"([])").status, 415);
}

TEST(Glance, patches_no_parts_and_no_locations) {
  GlanceWorld world;
  const std::string path = "/v2/images/" + create(world, "p");
  const auto patch = [&](const std::string& operation) {
    // Removing locations is for admins.
    return world.send(operation.find("remove") == std::string::npos ? "p" : "admin", "PATCH", path,
                      "[" + operation + "]", "application/openstack-images-v2.1-json-patch");
  };
  const auto refused = [&](const std::string& operation, int status, const std::string& why) {
    const auto response = patch(operation);
    EXPECT_EQ(response.status, status) << operation;
    EXPECT_NE(response.body.find(why), std::string::npos) << response.body;
  };
  refused(R"({"op":"add","path":"/a/b","value":"1"})", 400,
          "Invalid JSON pointer for this resource: '/a/b'");
  refused(R"({"op":"add","path":"/locations","value":[]})", 400,
          "Invalid JSON pointer for this resource: '/locations'");
  refused(R"({"op":"add","path":"/a//b","value":"1"})", 400, "contains adjacent");
  refused(R"({"op":"add","path":"/locations/-","value":{"url":"file:///x","metadata":{}}})", 403,
          "It's not allowed to add locations if locations are invisible.");
  refused(R"({"op":"remove","path":"/locations/0"})", 403,
          "It's not allowed to remove locations if locations are invisible.");
  refused(R"({"op":"replace","path":"/locations","value":[{"url":"file:///x","metadata":{}}]})",
          403, "It's not allowed to update locations if locations are invisible.");
  refused(R"({"op":"replace","path":"/locations","value":[]})", 403,
          "Cannot set locations to empty list.");
  const auto escaped = patch(R"({"op":"add","path":"/a~1b~0c","value":"1"})");
  ASSERT_EQ(escaped.status, 200) << escaped.body;
  EXPECT_EQ(base::text_or(base::parse_json(escaped.body), "a/b~c"), "1");
}

TEST(Glance, pages_through_a_list_by_its_own_links) {
  GlanceWorld world;
  for (int i = 0; i < 5; ++i) create(world, "p");
  size_t seen = 0;
  std::string next = "/v2/images?limit=2";
  while (!next.empty()) {
    const auto page = base::parse_json(world.send("p", "GET", next).body);
    seen += page.at("images").as_array().size();
    next = base::text_or(page, "next");
  }
  EXPECT_EQ(seen, 5U);
  EXPECT_EQ(world.send("p", "GET", "/v2/images?limit=-1").status, 400);
}

TEST(Glance, deletes_an_image_with_its_bytes) {
  GlanceWorld world;
  const std::string id = create(world, "p");
  ASSERT_EQ(world.send("p", "PUT", "/v2/images/" + id + "/file", "bytes", kBytes).status, 204);

  ASSERT_EQ(world.send("p", "DELETE", "/v2/images/" + id).status, 204);

  EXPECT_EQ(world.send("p", "GET", "/v2/images/" + id).status, 404);
  for (int i = 0; i < 500 && !std::filesystem::is_empty(world.images_directory() + "/images"); ++i)
    ::usleep(10'000);
  EXPECT_TRUE(std::filesystem::is_empty(world.images_directory() + "/images"));
}

TEST(Glance, protects_an_image_from_deletion) {
  GlanceWorld world;
  const std::string id = create(world, "p", R"(,"protected":true)");
  EXPECT_EQ(world.send("p", "DELETE", "/v2/images/" + id).status, 403);
}

// Some bytes, then something happens, then the end.
class EventfulReader final : public platform::http::BodyReader {
 public:
  explicit EventfulReader(std::function<void()> event) : event_(std::move(event)) {}
  size_t read(char* buffer, size_t size) override {
    if (++reads_ > 2) return 0;
    if (reads_ == 2) event_();
    buffer[0] = 'x';
    return std::min<size_t>(size, 1);
  }

 private:
  std::function<void()> event_;
  int reads_ = 0;
};

TEST(Glance, an_upload_goes_on_while_another_api_of_its_host_starts) {
  GlanceWorld world;
  const std::string id = create(world, "p");

  const auto response = world.upload(
      "p", id, std::make_shared<EventfulReader>([&world] { world.start_another_api(); }));

  EXPECT_EQ(response.status, 204) << response.body;
  EXPECT_EQ(GlanceWorld::content(world.send("p", "GET", "/v2/images/" + id + "/file")), "xx");
}

}  // namespace
}  // namespace tests
