// /locations of images, with a store of type http among others.
#include <fmt/core.h>

#include "base/text.hpp"
#include "glance_import_world.hpp"
#include "platform/http/server.hpp"

namespace tests::glance_import {
namespace {

using platform::http::Request;
using platform::http::Response;

constexpr const char* kPatch = "application/openstack-images-v2.1-json-patch";
constexpr const char* kCopy = R"({"method":{"name":"copy-image"},"stores":["slow"]})";

// Serves what is at /image, at /disk what pretends to be a QCOW2 image.
class LocationServer {
 protected:
  LocationServer() {
    port_ = server_.listen({.handler = [](Request& request) {
      Response response;
      if (request.path == "/image")
        response.body = "bytes of the web" + request.query_text;
      else if (request.path == "/disk")
        response.body = "no disk at all";
      else
        response.status = 404;
      return response;
    }});
  }
  [[nodiscard]] std::string url(const std::string& path = "/image") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  uint16_t port_ = 0;

 private:
  platform::http::Server server_{{}};
};

class GlanceLocations : protected LocationServer, public GlanceImport {
 protected:
  explicit GlanceLocations(const std::vector<GlanceOption>& more = {})
      : GlanceImport(Stores::two, options(more)) {}

  std::vector<GlanceOption> options(const std::vector<GlanceOption>& more) {
    std::vector<GlanceOption> all{
        {"DEFAULT", "enabled_backends", "fast:file,slow:file,web:http"},
        {"DEFAULT", "show_multiple_locations", "true"},
        {"DEFAULT", "show_image_direct_url", "true"},
        {"DEFAULT", "image_location_quota", "3"},
        {"slow", "weight", "5"},
        {"import_filtering_opts", "allowed_ports", fmt::format("[80,'{}']", port_)},
        {"import_filtering_opts", "allowed_networks", "127.0.0.1/32"}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Response patch(const std::string& image, const std::string& operation,
                 const std::string& project = "p") {
    return world_.send(project, "PATCH", image, "[" + operation + "]", kPatch);
  }
  static std::string location(const std::string& where, const std::string& more = "") {
    return fmt::format(R"({{"url":"{}","metadata":{{}}{}}})", where, more);
  }
  static std::string add(const std::string& value, const std::string& position = "-") {
    return fmt::format(R"({{"op":"add","path":"/locations/{}","value":{}}})", position, value);
  }
  std::string at(const std::string& where) {
    const std::string image = create();
    const auto answer = patch(image, add(location(where)));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return image;
  }
  std::string stores(const std::string& image) { return base::text_or(show(image), "stores"); }
  std::vector<std::string> urls(const std::string& image, const std::string& project = "p") {
    const base::Json shown = body_of(world_.send(project, "GET", image));
    std::vector<std::string> all;
    for (const base::Json& one : shown.at("locations").as_array())
      all.push_back(base::get_text(one, "url"));
    return all;
  }
  std::string in_fast_and_slow() {
    const std::string image = uploaded();
    EXPECT_EQ(import(image, kCopy, "admin").status, 202);
    EXPECT_EQ(base::text_or(ended_task(image), "status"), "success");
    return image;
  }
  void refused(const std::string& image, const std::string& operation, int status,
               const std::string& message, const std::string& project = "p") {
    const auto answer = patch(image, operation, project);
    EXPECT_EQ(answer.status, status) << operation << answer.body;
    EXPECT_NE(answer.body.find(message), std::string::npos) << answer.body;
  }
};

TEST_F(GlanceLocations, are_told_to_services_the_best_first) {
  const std::string image = in_fast_and_slow();

  const auto told = world_.send("service", "GET", image + "/locations");

  ASSERT_EQ(told.status, 200) << told.body;
  const base::Json locations = body_of(told);
  ASSERT_EQ(locations.as_array().size(), 2U);
  EXPECT_EQ(base::text_or(locations.at(0).at("metadata"), "store"), "slow");
  EXPECT_TRUE(base::text_or(locations.at(0), "url").starts_with("file:"));
  for (const char* const who : {"p", "q", "admin"})
    EXPECT_EQ(world_.send(who, "GET", image + "/locations").status, 403) << who;
}

TEST_F(GlanceLocations, make_a_queued_image_active) {
  const std::string image = create();

  const auto answer = patch(
      image, add(fmt::format(R"({{"url":"{}","metadata":{{"rack":"7","store":"fast"}}}})", url())));

  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto shown = body_of(answer);
  EXPECT_EQ(base::text_or(shown, "status"), "active");
  EXPECT_EQ(base::integer_or(shown, "size", 0), 16);
  EXPECT_EQ(base::text_or(shown, "stores"), "web");
  EXPECT_EQ(base::text_or(shown, "direct_url"), url());
  EXPECT_EQ(base::to_text(shown.at("locations")),
            fmt::format(R"([{{"url":"{}","metadata":{{"rack":"7","store":"web"}}}}])", url()));
  EXPECT_EQ(data(image), "bytes of the web");
  platform::http::Headers part;
  part.set("Range", "bytes=9-11");
  const auto some = world_.send("p", "GET", image + "/file", "", "", part);
  EXPECT_EQ(some.status, 206);
  EXPECT_EQ(GlanceWorld::content(some), "the");
  const auto listed = body_of(world_.send("p", "GET", "/v2/images")).at("images").at(0);
  EXPECT_EQ(base::text_or(listed, "direct_url"), url());
  EXPECT_EQ(world_.send("p", "DELETE", image).status, 204);
}

TEST_F(GlanceLocations, take_hashes_along) {
  const std::string hash(128, 'a');
  const auto with = [&](const std::string& data) {
    return add(location(url(), ",\"validation_data\":{" + data + "}"));
  };
  const std::string good = R"("os_hash_algo":"sha512","os_hash_value":")" + hash + "\"";
  const std::string image = create();
  refused(image, with(R"("os_hash_algo":"sha512")"), 400, "os_hash_value");
  refused(image, with(R"("os_hash_algo":"md5","os_hash_value":")" + hash + "\""), 409,
          "os_hash_algo must be sha512, not md5");
  refused(image, with(R"("os_hash_algo":"sha512","os_hash_value":"xy")"), 409,
          "not a valid hexadecimal value");
  refused(image, with(R"("os_hash_algo":"sha512","os_hash_value":"ab")"), 409,
          "should be 64 bytes");

  ASSERT_EQ(patch(image, with(good + R"(,"checksum":")" + std::string(32, 'b') + "\"")).status,
            200);

  EXPECT_EQ(base::text_or(show(image), "os_hash_value"), hash);
  EXPECT_EQ(base::text_or(show(image), "checksum"), std::string(32, 'b'));
  refused(image,
          add(location(url("/image?"), R"(,"validation_data":{"os_hash_algo":"sha512",)"
                                       R"("os_hash_value":")" +
                                           std::string(128, 'c') + "\"}")),
          409, "os_hash_value is already set with a different value");
  refused(uploaded(), with(good), 409, "already set with a different value");
  const std::string without = at(url());
  refused(without, with(good), 409, "may only be provided when image status is 'queued'");
}

TEST_F(GlanceLocations, refuse_what_leads_to_no_bytes_or_to_those_of_others) {
  const std::string image = create();
  const std::string other = uploaded();
  const std::string file = urls(other).front();
  for (const std::string& bad :
       {url("/none"), std::string("file:///etc/passwd"), file, std::string("ftp://127.0.0.1/x"),
        std::string("http://127.0.0.2/x"), std::string("nowhere"), url("/") + file.substr(7),
        std::string("swift://x/y")})
    refused(image, add(location(bad)), 400, "Invalid location");
  refused(image, add(R"({"url":"http://example.org"})"), 400, "metadata");
  refused(image, add(location(url(), R"(,"more":{}})").substr(0, 30)), 400, "");
  refused(image, add(fmt::format(R"({{"url":"{}","metadata":{{"n":1}}}})", url())), 400,
          "invalid type");
  refused(image, add(location(url()), "x"), 400, "Invalid position for adding a location.");
  EXPECT_EQ(status(image), "queued");
  const auto bare = body_of(world_.send("p", "POST", "/v2/images", R"({"name":"i"})"));
  refused("/v2/images/" + base::get_text(bare, "id"), add(location(url())), 400,
          "disk_format, container_format must be set");
}

TEST_F(GlanceLocations, are_added_up_to_a_quota) {
  const std::string image = at(url());
  refused(image, add(location(url())), 400, "already exists");
  ASSERT_EQ(patch(image, add(location(url("/image?2")), "0")).status, 200);
  ASSERT_EQ(patch(image, add(location(url("/image?3")), "1")).status, 200);
  EXPECT_EQ(urls(image),
            (std::vector<std::string>{url("/image?2"), url("/image?3"), url("/image")}));
  refused(image, add(location(url("/image?4"))), 413, "image locations. Attempted: 4, Maximum: 3");
  EXPECT_EQ(data(image), "bytes of the web2");
}

TEST_F(GlanceLocations, are_replaced_only_by_themselves) {
  const std::string image = at(url());
  ASSERT_EQ(patch(image, add(location(url("/image?2")))).status, 200);
  const auto replace = [&](const std::string& list) {
    return R"({"op":"replace","path":"/locations","value":[)" + list + "]}";
  };
  refused(image, replace(location(url("/image?3"))), 400, "Original locations is not empty");
  refused(image, replace(""), 403, "Cannot set locations to empty list.");

  ASSERT_EQ(patch(image, replace(location(url("/image?2")) + "," + location(url()))).status, 200);

  EXPECT_EQ(urls(image), (std::vector<std::string>{url("/image?2"), url()}));
  const std::string queued = create();
  ASSERT_EQ(patch(queued, replace(location(url("/image?5")))).status, 200);
  EXPECT_EQ(data(queued), "bytes of the web5");
}

TEST_F(GlanceLocations, are_removed_with_their_bytes) {
  const std::string image = in_fast_and_slow();
  EXPECT_EQ(stores(image), "fast,slow");
  const std::string remove = R"({"op":"remove","path":"/locations/0"})";
  refused(image, remove, 403, "not authorized");
  refused(image, R"({"op":"remove","path":"/locations/2"})", 400,
          "Invalid position for removing a location.", "admin");

  ASSERT_EQ(patch(image, remove, "admin").status, 200);

  EXPECT_EQ(stores(image), "slow");
  EXPECT_TRUE(soon_empty("images"));
  EXPECT_EQ(data(image), "bytes");
  refused(image, remove, 403, "Cannot remove last location in the image.", "admin");
  refused(create(), remove, 409, "if image status is queued", "admin");
}

TEST_F(GlanceLocations, are_shown_to_who_owns_the_image) {
  const std::string image = uploaded();
  ASSERT_EQ(
      patch(image, R"({"op":"replace","path":"/visibility","value":"public"})", "admin").status,
      200);
  EXPECT_EQ(urls(image).size(), 1U);
  EXPECT_EQ(urls(image, "admin").size(), 1U);

  EXPECT_TRUE(urls(image, "q").empty());

  const auto shown = body_of(world_.send("q", "GET", image));
  EXPECT_FALSE(base::find(shown, "direct_url"));
  EXPECT_EQ(patch(image, add(location(url())), "q").status, 403);
}

TEST_F(GlanceLocations, are_inspected_as_their_bytes_pass) {
  const auto created = body_of(world_.send("p", "POST", "/v2/images",
                                           R"({"disk_format":"qcow2","container_format":"bare"})"));
  const std::string image = "/v2/images/" + base::get_text(created, "id");
  ASSERT_EQ(patch(image, add(location(url("/disk")))).status, 200);

  EXPECT_THROW(static_cast<void>(data(image)), base::Error);
}

TEST_F(GlanceLocations, of_the_store_that_weighs_most_are_read_first) {
  const std::string image = in_fast_and_slow();
  const auto all = urls(image);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(base::text_or(show(image), "direct_url"), all.back());
  fs::remove_all(world_.images_directory() + "/images");

  EXPECT_EQ(data(image), "bytes");

  const auto listed = body_of(world_.send("admin", "GET", "/v2/info/stores/detail")).at("stores");
  EXPECT_EQ(base::integer_or(listed.at(1), "weight", 0), 5);
  EXPECT_EQ(base::text_or(listed.at(2), "read-only"), "true");
}

TEST_F(GlanceLocations, of_one_store_are_removed_as_glance_does) {
  const std::string image = uploaded();
  const std::string id = image.substr(std::string("/v2/images/").size());
  const auto remove = [&](const std::string& store) {
    return world_.send("admin", "DELETE", "/v2/stores/" + store + "/" + id);
  };
  EXPECT_EQ(remove("none").status, 409);
  EXPECT_EQ(remove("slow").status, 403);
  ASSERT_EQ(patch(image, add(location(url()))).status, 200);
  EXPECT_EQ(remove("slow").status, 404);
  EXPECT_EQ(remove("fast").status, 204);
  EXPECT_EQ(stores(image), "web");
  EXPECT_TRUE(soon_empty("images"));
}

TEST_F(GlanceLocations, are_what_a_read_only_store_is_for) {
  const std::string image = create();
  platform::http::Headers to_web;
  to_web.set("X-Image-Meta-Store", "web");
  EXPECT_EQ(world_.send("p", "PUT", image + "/file", "x", kBytes, to_web).status, 410);
  EXPECT_EQ(status(image), "queued");
  const std::string waiting = staged();
  EXPECT_EQ(import(waiting, R"({"method":{"name":"glance-direct"},"stores":["web"]})").status, 409);
  ASSERT_EQ(import(waiting, R"({"method":{"name":"glance-direct"},"all_stores":true})").status,
            202);
  EXPECT_EQ(base::text_or(ended_task(waiting), "status"), "success");
  EXPECT_EQ(stores(waiting), "fast,slow");
}

TEST(GlanceWithoutNames, has_one_location_whose_metadata_clients_set) {
  GlanceWorld world(Stores::one, {{"DEFAULT", "show_multiple_locations", "true"}});
  const auto created = body_of(
      world.send("p", "POST", "/v2/images", R"({"disk_format":"raw","container_format":"bare"})"));
  EXPECT_EQ(base::to_text(created.at("locations")), "[]");
  const std::string image = "/v2/images/" + base::get_text(created, "id");
  ASSERT_EQ(world.send("p", "PUT", image + "/file", "bytes", kBytes).status, 204);
  const auto location = body_of(world.send("p", "GET", image)).at("locations").at(0);
  EXPECT_EQ(base::to_text(location.at("metadata")), "{}");

  const std::string patch = fmt::format(
      R"([{{"op":"replace","path":"/locations","value":[{{"url":"{}","metadata":{{"a":"b"}}}}]}}])",
      base::get_text(location, "url"));
  ASSERT_EQ(world.send("p", "PATCH", image, patch, kPatch).status, 200);

  const auto listed = body_of(world.send("p", "GET", "/v2/images")).at("images").at(0);
  EXPECT_EQ(base::to_text(listed.at("locations").at(0).at("metadata")), R"({"a":"b"})");
  EXPECT_FALSE(base::find(listed, "stores"));
}

class GlanceLocationsQuota : public GlanceLocations {
 protected:
  GlanceLocationsQuota() : GlanceLocations({{"DEFAULT", "user_storage_quota", "40"}}) {}
};

TEST_F(GlanceLocationsQuota, counts_each_of_them) {
  const std::string image = at(url());
  ASSERT_EQ(patch(image, add(location(url("/image?2")))).status, 200);
  refused(image, add(location(url("/image?3"))), 413, "storage quota");
  EXPECT_EQ(urls(image).size(), 2U);
}

}  // namespace
}  // namespace tests::glance_import
