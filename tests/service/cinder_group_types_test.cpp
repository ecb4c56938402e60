// Types of groups of volumes, and their specs.
#include <gtest/gtest.h>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;
using service_tests::Answer;

class CinderGroupTypes : public testing::Test {
 protected:
  Answer send(const std::string& method, const std::string& path, const std::string& body = "",
              const std::string& who = "admin") {
    return world_.send(who, method, "/v3/group_types" + path, body, "3.11");
  }
  std::string make(const std::string& name, const std::string& more = "") {
    const auto made = send("POST", "", R"({"group_type":{"name":")" + name + "\"" + more + "}}");
    EXPECT_EQ(made.status, 202) << made.body;
    return made.text("group_type", "id");
  }
  // Names in order, each with a blank behind it.
  std::string names(const std::string& query, const std::string& who = "admin") {
    std::string all;
    const auto listed = send("GET", query, "", who);
    for (const base::Json& type : listed.at("group_types").as_array())
      all += base::get_text(type, "name") + " ";
    return all;
  }

  CinderWorld world_;
};

TEST_F(CinderGroupTypes, are_made_shown_changed_and_deleted) {
  const std::string id =
      make("gold", R"(,"description":"d","group_specs":{"key":"value"},"is_public":false)");

  const auto shown = send("GET", "/" + id);
  EXPECT_EQ(shown.body, R"({"group_type":{"id":")" + id +
                            R"(","name":"gold","description":"d","is_public":false,)"
                            R"("group_specs":{"key":"value"}}})");
  // Users are not told what back ends are asked for.
  EXPECT_EQ(send("GET", "/" + id, "", "demo").body.find("group_specs"), std::string::npos);

  const auto changed =
      send("PUT", "/" + id, R"({"group_type":{"name":"silver","is_public":true}})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.text("group_type", "name"), "silver");
  EXPECT_EQ(changed.text("group_type", "description"), "d");

  EXPECT_EQ(send("DELETE", "/" + id).status, 202);
  EXPECT_EQ(send("GET", "/" + id).status, 404);
  EXPECT_EQ(send("DELETE", "/" + id).status, 404);
}

TEST_F(CinderGroupTypes, are_refused_for_what_is_wrong) {
  make("gold");
  const std::string other = make("silver");
  EXPECT_EQ(send("POST", "", R"({"group_type":{"name":"gold"}})").status, 409);
  EXPECT_EQ(send("PUT", "/" + other, R"({"group_type":{"name":"gold"}})").status, 409);
  EXPECT_EQ(send("PUT", "/" + other, R"({"group_type":{}})").status, 400);
  EXPECT_EQ(send("PUT", "/" + other, R"({"group_type":{"name":" "}})").status, 400);
  EXPECT_EQ(send("POST", "", R"({"group_type":{"description":"d"}})").status, 400);
  EXPECT_EQ(send("POST", "", R"({"group_type":{"name":"n","group_specs":{"a/b":"v"}}})").status,
            400);
  EXPECT_EQ(send("GET", "/default").status, 404);
  EXPECT_EQ(send("POST", "", R"({"group_type":{"name":"mine"}})", "demo").status, 403);
  EXPECT_EQ(world_.send("admin", "GET", "/v3/group_types", "", "3.10").status, 404);
}

TEST_F(CinderGroupTypes, are_listed_by_who_may_see_them_in_pages) {
  for (const char* const name : {"a", "b"}) make(name);
  make("hidden", R"(,"is_public":false)");
  EXPECT_EQ(names("?sort=name:asc"), "a b ");
  EXPECT_EQ(names("?sort=name:desc&is_public=None"), "hidden b a ");
  EXPECT_EQ(names("?is_public=false"), "hidden ");
  EXPECT_EQ(names("?is_public=None&sort=name:asc", "demo"), "a b ");
  EXPECT_EQ(names("?sort=name:asc&limit=1&offset=1"), "b ");
  EXPECT_EQ(names("?limit=0"), "");
  const auto page = send("GET", "?sort=name:asc&limit=1");
  EXPECT_EQ(page.text("group_type_links", 0, "rel"), "next");
  EXPECT_EQ(names("?sort=name:asc&limit=1&marker=" + page.text("group_types", 0, "id")), "b ");
  EXPECT_EQ(send("GET", "?is_public=perhaps").status, 400);
}

TEST_F(CinderGroupTypes, have_specs) {
  const std::string specs = "/" + make("gold") + "/group_specs";
  const auto made = send("POST", specs, R"({"group_specs":{"key1":"value","key2":null}})");
  EXPECT_EQ(made.status, 202);
  EXPECT_EQ(made.body, R"({"group_specs":{"key1":"value","key2":null}})");
  EXPECT_EQ(send("PUT", specs + "/key1", R"({"key1":"other"})").body, R"({"key1":"other"})");
  EXPECT_EQ(send("GET", specs + "/key1").body, R"({"key1":"other"})");
  EXPECT_EQ(send("GET", specs).body, R"({"group_specs":{"key1":"other","key2":null}})");

  EXPECT_EQ(send("PUT", specs + "/key1", R"({"key2":"other"})").status, 400);
  EXPECT_EQ(send("PUT", specs + "/key1", R"({"key1":"a","key2":"b"})").status, 400);
  EXPECT_EQ(send("GET", specs, "", "demo").status, 403);
  EXPECT_EQ(send("DELETE", specs + "/key1").status, 202);
  EXPECT_EQ(send("DELETE", specs + "/key1").status, 404);
  EXPECT_EQ(send("GET", specs + "/key1").status, 404);
  EXPECT_EQ(send("GET", "/moon/group_specs").status, 404);
}

}  // namespace
