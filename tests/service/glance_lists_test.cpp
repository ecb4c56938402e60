// Filters, order and pages of GET /v2/images, and what is refused of them.
#include <fmt/core.h>

#include "base/text.hpp"
#include "glance_import_world.hpp"

namespace tests::glance_import {
namespace {

using platform::http::Response;

class GlanceLists : public GlanceImport {
 protected:
  void make(const std::string& name, const std::string& more = "", const std::string& by = "p") {
    const auto response =
        world_.send(by, "POST", "/v2/images", R"({"name":")" + name + "\"" + more + "}");
    ASSERT_EQ(response.status, 201) << response.body;
    ids_[name] = base::get_text(body_of(response), "id");
  }
  // Names of what is listed, joined.
  std::string names(const std::string& query, const std::string& project = "p") {
    const auto response = world_.send(project, "GET", "/v2/images?" + query);
    EXPECT_EQ(response.status, 200) << response.body;
    if (response.status != 200) return response.body;
    std::vector<std::string> names;
    const base::Json page = body_of(response);
    for (const auto& image : page.at("images").as_array())
      names.push_back(base::get_text(image, "name"));
    return base::join(names, " ");
  }
  std::string sorted(const std::string& query) { return names(query + "&sort=name:asc"); }
  void expect_refused(const std::string& query, const std::string& why) {
    const auto response = world_.send("p", "GET", "/v2/images?" + query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_NE(response.body.find(why), std::string::npos) << response.body;
  }

  std::map<std::string, std::string> ids_;
};

TEST_F(GlanceLists, take_several_values_of_one_attribute) {
  make("a", R"(,"disk_format":"raw")");
  make("b", R"(,"disk_format":"qcow2","container_format":"bare")");
  make("c,d", R"(,"disk_format":"iso","container_format":"ova")");

  EXPECT_EQ(sorted("name=in:a,b"), "a b");
  EXPECT_EQ(sorted("name=in:a,%22c,d%22"), "a c,d");
  EXPECT_EQ(sorted("name=eq:a"), "a");
  EXPECT_EQ(sorted("name=in:"), "");
  EXPECT_EQ(sorted("disk_format=in:raw,iso"), "a c,d");
  EXPECT_EQ(sorted("container_format=in:bare,ova"), "b c,d");
  EXPECT_EQ(sorted("status=in:active,queued"), "a b c,d");
  EXPECT_EQ(sorted("id=in:" + ids_["a"] + "," + ids_["b"]), "a b");
  expect_refused("name=like:a", "Unable to filter by unknown operator 'like'.");
  expect_refused("name=in:%22a%22b", "There is no comma after closing quotation mark.");
  expect_refused("name=in:a%22b%22", "There is no comma before opening quotation mark.");
  expect_refused("name=in:%22a", "The quote is not closed.");
}

TEST_F(GlanceLists, compare_times_and_amounts) {
  make("a", R"(,"min_ram":5)");
  make("b", R"(,"min_ram":9)");

  EXPECT_EQ(sorted("created_at=gt:2020-01-01T00:00:00Z"), "a b");
  EXPECT_EQ(sorted("created_at=lt:2020-01-01T00:00:00Z"), "");
  EXPECT_EQ(sorted("updated_at=neq:2020-01-01T00:00:00Z"), "a b");
  EXPECT_EQ(sorted("updated_at=2020-01-01T00:00:00Z"), "");
  EXPECT_EQ(sorted("min_ram_min=6"), "b");
  EXPECT_EQ(sorted("min_ram_max=6"), "a");
  EXPECT_EQ(sorted("min_ram=9"), "b");
  EXPECT_EQ(sorted("size_min=1"), "");
  expect_refused("size_min=x", "Unable to filter on a range with a non-numeric value.");
  expect_refused("created_at=gt:yesterday", "Use ISO 8601 DateTime notation.");
  expect_refused("created_at=about:2020-01-01T00:00:00Z", "unknown operator");
}

TEST_F(GlanceLists, take_tags_flags_and_properties) {
  make("a", R"(,"tags":["x","y"],"colour":"red")");
  make("b", R"(,"tags":["x"],"protected":true)");
  make("c", R"(,"os_hidden":true)");

  EXPECT_EQ(sorted("tag=x"), "a b");
  EXPECT_EQ(sorted("tag=x&tag=y"), "a");
  EXPECT_EQ(sorted("colour=red"), "a");
  EXPECT_EQ(sorted("colour_max=red"), "");
  EXPECT_EQ(sorted("protected=true"), "b");
  EXPECT_EQ(sorted("os_hidden=True"), "c");
  EXPECT_EQ(sorted("owner=p"), "a b");
  expect_refused("protected=yes",
                 "Invalid value 'yes' for 'protected' filter. Valid values are 'true' or 'false'.");
  expect_refused("os_hidden=1", "for 'os_hidden' filter");
  expect_refused("visibility=secret", "Invalid visibility value: secret");
  expect_refused("member_status=maybe", "Invalid status: maybe");
  expect_refused("changes-since=2020", "no longer available on v2.");
}

TEST_F(GlanceLists, find_images_by_their_digests) {
  const std::string image = uploaded("bytes");
  uploaded("others");
  const auto shown = show(image);
  for (const char* digest : {"checksum", "os_hash_value"}) {
    const auto page = body_of(world_.send(
        "p", "GET", fmt::format("/v2/images?{}={}", digest, base::get_text(shown, digest))));
    ASSERT_EQ(page.at("images").as_array().size(), 1U) << digest;
    EXPECT_EQ(page.at("images").at(0).at("id"), shown.at("id"));
  }
}

TEST_F(GlanceLists, show_community_images_of_others_only_by_name) {
  make("mine", R"(,"visibility":"community")");
  make("theirs", R"(,"visibility":"community")", "q");

  EXPECT_EQ(sorted(""), "mine");
  EXPECT_EQ(sorted("visibility=community"), "mine theirs");
  EXPECT_EQ(sorted("visibility=all"), "mine theirs");
  EXPECT_EQ(names("", "admin"), "");
}

TEST_F(GlanceLists, are_sorted_by_several_keys) {
  make("b", R"(,"disk_format":"raw")");
  make("a", R"(,"disk_format":"raw")");
  make("c", R"(,"disk_format":"iso")");

  EXPECT_EQ(names("sort=disk_format:desc,name:asc"), "a b c");
  EXPECT_EQ(names("sort=disk_format:asc,name"), "c b a");
  EXPECT_EQ(names("sort_key=disk_format&sort_key=name&sort_dir=asc&sort_dir=desc"), "c b a");
  EXPECT_EQ(names("sort_key=disk_format&sort_key=name&sort_dir=asc"), "c a b");
  EXPECT_EQ(names("sort_key=name&sort_dir=asc&marker=" + ids_["a"]), "b c");
  EXPECT_EQ(names("sort_key=name&sort_dir=asc&limit=1&marker=" + ids_["a"]), "b");
  EXPECT_EQ(names("limit=0"), "");
  expect_refused("sort=owner:asc",
                 "Invalid sort key: owner. It must be one of the following: name, status, "
                 "container_format, disk_format, size, id, created_at, updated_at.");
  expect_refused("sort=name:up", "Invalid sort direction: up");
  expect_refused("sort_key=name&sort_dir=asc&sort_dir=desc",
                 "Number of sort dirs does not match the number of sort keys");
  expect_refused("sort=name&sort_key=name", "Old and new sorting syntax cannot be combined");
  expect_refused("limit=x", "limit param must be an integer");
  expect_refused("limit=-1", "limit param must be positive");
}

TEST_F(GlanceLists, take_no_marker_that_the_caller_may_not_see) {
  make("theirs", "", "q");
  expect_refused("marker=" + ids_["theirs"], "No image found with ID " + ids_["theirs"]);
  expect_refused("marker=nothing", "No image found with ID nothing");
}

}  // namespace
}  // namespace tests::glance_import
