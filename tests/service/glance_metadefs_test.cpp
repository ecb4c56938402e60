// Metadata definitions over HTTP.
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "glance_world.hpp"

namespace tests::glance_metadefs {
namespace {

constexpr const char* kNamespaces = "/v2/metadefs/namespaces";

base::Json body_of(const platform::http::Response& response) {
  return base::parse_json(response.body);
}

class GlanceMetadefs : public testing::Test {
 protected:
  platform::http::Response as_admin(const std::string& method, const std::string& path,
                                    const std::string& body = "") {
    return world_.send("admin", method, path, body);
  }
  // Adds a namespace of the admin's, with more members as JSON text (",...").
  std::string add_namespace(const std::string& name, const std::string& more = "") {
    const auto response =
        as_admin("POST", kNamespaces, R"({"namespace":")" + name + "\"" + more + "}");
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(response.headers.value("Location"), std::string(kNamespaces) + "/" + name);
    return std::string(kNamespaces) + "/" + name;
  }
  std::vector<std::string> names(const std::string& path, const char* list, const char* member) {
    const auto response = as_admin("GET", path);
    EXPECT_EQ(response.status, 200) << response.body;
    std::vector<std::string> all;
    const auto body = body_of(response);
    for (const auto& item : body.at(list).as_array()) all.push_back(base::text_or(item, member));
    return all;
  }

  GlanceWorld world_;
};

constexpr const char* kWhole =
    R"(,"visibility":"public","display_name":"N","description":"of all kinds",)"
    R"("resource_type_associations":[{"name":"OS::Glance::Image","prefix":"hw_"}],)"
    R"("properties":{"cpu":{"title":"CPU","type":"string","enum":["a","b"]}},)"
    R"("objects":[{"name":"o","required":["x"],"properties":{"x":{"title":"X","type":"integer"}}}],)"
    R"("tags":[{"name":"t"}])";

TEST_F(GlanceMetadefs, gives_back_a_namespace_with_all_that_came_with_it) {
  const std::string path = add_namespace("n", kWhole);

  const auto shown = body_of(world_.send("p", "GET", path));

  EXPECT_EQ(base::text_or(shown, "namespace"), "n");
  EXPECT_EQ(base::text_or(shown, "self"), path);
  EXPECT_EQ(base::text_or(shown, "schema"), "/v2/schemas/metadefs/namespace");
  EXPECT_EQ(base::text_or(shown, "owner"), "admin");
  EXPECT_FALSE(base::boolean_or(shown, "protected", true));
  EXPECT_EQ(base::text_or(shown.at("properties").at("cpu"), "title"), "CPU");
  EXPECT_EQ(base::text_or(shown.at("objects").at(0), "self"), path + "/objects/o");
  EXPECT_EQ(base::text_or(shown.at("tags").at(0), "name"), "t");
  EXPECT_EQ(base::text_or(shown.at("resource_type_associations").at(0), "prefix"), "hw_");
}

TEST_F(GlanceMetadefs, names_properties_as_they_are_on_a_resource) {
  const std::string path = add_namespace("n", kWhole);

  const auto shown = body_of(as_admin("GET", path + "?resource_type=OS::Glance::Image"));

  EXPECT_EQ(base::text_or(shown.at("properties").at("hw_cpu"), "title"), "CPU");
  EXPECT_EQ(shown.at("objects").at(0).at("required").at(0).as_string(), "hw_x");
  EXPECT_TRUE(base::find(shown.at("objects").at(0).at("properties"), "hw_x"));
  const std::string type = "?resource_type=OS::Glance::Image";
  EXPECT_EQ(base::text_or(body_of(as_admin("GET", path + "/properties/hw_cpu" + type)), "name"),
            "cpu");
  EXPECT_EQ(as_admin("GET", path + "/properties/cpu" + type).status, 404);
}

TEST_F(GlanceMetadefs, hides_private_namespaces_from_other_projects) {
  const std::string path = add_namespace("secret");
  add_namespace("open", R"(,"visibility":"public")");

  EXPECT_EQ(world_.send("p", "GET", path).status, 404);
  EXPECT_EQ(world_.send("p", "GET", path + "/objects").status, 404);
  EXPECT_EQ(world_.send("p", "GET", path + "/tags").status, 404);
  const auto listed = body_of(world_.send("p", "GET", kNamespaces));
  ASSERT_EQ(listed.at("namespaces").as_array().size(), 1U);
  EXPECT_EQ(base::text_or(listed.at("namespaces").at(0), "namespace"), "open");
}

TEST_F(GlanceMetadefs, lets_only_admins_write) {
  const std::string path = add_namespace("n", kWhole);

  EXPECT_EQ(world_.send("p", "POST", kNamespaces, R"({"namespace":"m"})").status, 403);
  EXPECT_EQ(world_.send("p", "PUT", path, R"({"namespace":"n"})").status, 403);
  EXPECT_EQ(world_.send("p", "DELETE", path + "/objects").status, 403);
  EXPECT_EQ(world_.send("p", "POST", path + "/tags/x").status, 403);
}

TEST_F(GlanceMetadefs, pages_through_namespaces_by_their_own_links) {
  for (const char* name : {"a", "b", "c", "d", "e"}) add_namespace(name);
  std::vector<std::string> seen;
  std::string next = std::string(kNamespaces) + "?limit=2&sort_key=namespace&sort_dir=asc";
  while (!next.empty()) {
    const auto page = body_of(as_admin("GET", next));
    for (const auto& space : page.at("namespaces").as_array())
      seen.push_back(base::text_or(space, "namespace"));
    next = base::text_or(page, "next");
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(as_admin("GET", std::string(kNamespaces) + "?marker=none").status, 404);
  EXPECT_EQ(as_admin("GET", std::string(kNamespaces) + "?visibility=shared").status, 400);
  EXPECT_EQ(as_admin("GET", std::string(kNamespaces) + "?sort_key=owner").status, 400);
}

TEST_F(GlanceMetadefs, finds_namespaces_by_resource_type) {
  add_namespace("n", kWhole);
  add_namespace("m");

  const std::string list = std::string(kNamespaces) + "?resource_types=";
  EXPECT_EQ(names(list + "OS::Glance::Image,OS::Nova::Flavor", "namespaces", "namespace"),
            std::vector<std::string>{"n"});
  EXPECT_TRUE(names(list + "OS::Nova::Flavor", "namespaces", "namespace").empty());
  EXPECT_EQ(names("/v2/metadefs/resource_types", "resource_types", "name"),
            std::vector<std::string>{"OS::Glance::Image"});
}

TEST_F(GlanceMetadefs, keeps_nothing_of_a_namespace_that_is_refused) {
  const auto refused = as_admin("POST", kNamespaces,
                                R"({"namespace":"n","tags":[{"name":"twice"},{"name":"twice"}]})");

  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(as_admin("GET", std::string(kNamespaces) + "/n").status, 404);
}

TEST_F(GlanceMetadefs, changes_a_namespace_but_not_to_a_name_that_is_taken) {
  const std::string path = add_namespace("n", kWhole);
  add_namespace("m");

  EXPECT_EQ(as_admin("PUT", path, R"({"namespace":"m"})").status, 409);
  const auto changed =
      body_of(as_admin("PUT", path, R"({"namespace":"new","description":"other"})"));
  EXPECT_EQ(base::text_or(changed, "visibility"), "private");
  const auto shown = body_of(as_admin("GET", std::string(kNamespaces) + "/new"));
  EXPECT_EQ(base::text_or(shown, "description"), "other");
  EXPECT_FALSE(base::find(shown, "display_name"));
  EXPECT_TRUE(base::find(shown, "objects"));
}

TEST_F(GlanceMetadefs, deletes_nothing_of_a_protected_namespace) {
  const std::string path = add_namespace("n", std::string(R"(,"protected":true)") + kWhole);

  for (const char* part : {"", "/objects", "/objects/o", "/properties", "/properties/cpu", "/tags",
                           "/tags/t", "/resource_types/OS::Glance::Image"})
    EXPECT_EQ(as_admin("DELETE", path + part).status, 403) << part;
  EXPECT_EQ(as_admin("DELETE", path + "/objects/none").status, 404);
  ASSERT_EQ(as_admin("PUT", path, R"({"namespace":"n","protected":false})").status, 200);
  EXPECT_EQ(as_admin("DELETE", path).status, 204);
  EXPECT_EQ(as_admin("GET", path).status, 404);
}

TEST_F(GlanceMetadefs, refuses_what_the_schema_does_not_have) {
  for (const char* body :
       {R"({})", R"([])", R"({"namespace":1})", R"({"namespace":""})",
        R"({"namespace":"n","more":1})", R"({"namespace":"n","visibility":"shared"})",
        R"({"namespace":"n","properties":{"p":{"type":"string"}}})",
        R"({"namespace":"n","properties":{"p":{"title":"P","type":"string","more":1}}})",
        R"({"namespace":"n","objects":[{"description":"nameless"}]})"})
    EXPECT_EQ(as_admin("POST", kNamespaces, body).status, 400) << body;
  const std::string long_name(81, 'n');
  EXPECT_EQ(as_admin("POST", kNamespaces, R"({"namespace":")" + long_name + "\"}").status, 400);
  EXPECT_EQ(as_admin("POST", kNamespaces, R"({"namespace":"n","self":"s"})").status, 403);
}

TEST_F(GlanceMetadefs, keeps_objects) {
  const std::string objects = add_namespace("n") + "/objects";

  const auto created = as_admin(
      "POST", objects,
      R"({"name":"o","description":"d","properties":{"p":{"title":"P","type":"string"}}})");
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_TRUE(body_of(created).at("required").as_array().empty());
  EXPECT_EQ(as_admin("POST", objects, R"({"name":"o"})").status, 409);
  EXPECT_EQ(as_admin("POST", objects, R"({"name":"q","properties":{"p":{"title":"P"}}})").status,
            400);
  ASSERT_EQ(as_admin("POST", objects, R"({"name":"second"})").status, 201);
  EXPECT_EQ(as_admin("PUT", objects + "/o", R"({"name":"second"})").status, 409);
  ASSERT_EQ(as_admin("PUT", objects + "/o", R"({"name":"first"})").status, 200);
  EXPECT_EQ(names(objects + "?sort_key=name&sort_dir=asc", "objects", "name"),
            (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(names(objects + "?sort_key=name&sort_dir=asc&limit=1&marker=first", "objects", "name"),
            std::vector<std::string>{"second"});
  EXPECT_EQ(as_admin("DELETE", objects + "/o").status, 404);
  ASSERT_EQ(as_admin("DELETE", objects).status, 204);
  EXPECT_TRUE(names(objects, "objects", "name").empty());
}

TEST_F(GlanceMetadefs, keeps_properties) {
  const std::string properties = add_namespace("n") + "/properties";
  const std::string property = R"({"name":"p","title":"P","type":"integer","minimum":1})";

  ASSERT_EQ(as_admin("POST", properties, property).status, 201);
  EXPECT_EQ(as_admin("POST", properties, property).status, 409);
  EXPECT_EQ(as_admin("POST", properties, R"({"title":"P","type":"integer"})").status, 400);
  const auto shown = body_of(as_admin("GET", properties + "/p"));
  EXPECT_EQ(base::integer_or(shown, "minimum", 0), 1);
  const auto listed = body_of(as_admin("GET", properties)).at("properties").at("p");
  EXPECT_FALSE(base::find(listed, "name"));
  ASSERT_EQ(
      as_admin("PUT", properties + "/p", R"({"name":"q","title":"Q","type":"string"})").status,
      200);
  ASSERT_EQ(as_admin("DELETE", properties + "/q").status, 204);
  EXPECT_EQ(as_admin("GET", properties + "/q").status, 404);
}

TEST_F(GlanceMetadefs, replaces_tags_unless_told_to_append) {
  const std::string tags = add_namespace("n") + "/tags";
  const auto all = [&] { return names(tags + "?sort_key=name&sort_dir=asc", "tags", "name"); };

  ASSERT_EQ(as_admin("POST", tags, R"({"tags":[{"name":"a"},{"name":"b"}]})").status, 201);
  ASSERT_EQ(as_admin("POST", tags, R"({"tags":[{"name":"c"}]})").status, 201);
  EXPECT_EQ(all(), std::vector<std::string>{"c"});
  ASSERT_EQ(as_admin("POST", tags + "/d").status, 201);
  EXPECT_EQ(as_admin("POST", tags + "/d").status, 409);
  ASSERT_EQ(as_admin("PUT", tags + "/d", R"({"name":"e"})").status, 200);
  EXPECT_EQ(all(), (std::vector<std::string>{"c", "e"}));
  ASSERT_EQ(as_admin("DELETE", tags).status, 204);
  EXPECT_TRUE(all().empty());
}

TEST_F(GlanceMetadefs, associates_resource_types) {
  const std::string types = add_namespace("n") + "/resource_types";

  ASSERT_EQ(as_admin("POST", types, R"({"name":"OS::Nova::Flavor","prefix":"hw:"})").status, 201);
  EXPECT_EQ(as_admin("POST", types, R"({"name":"OS::Nova::Flavor"})").status, 409);
  EXPECT_EQ(names(types, "resource_type_associations", "prefix"), std::vector<std::string>{"hw:"});
  ASSERT_EQ(as_admin("DELETE", types + "/OS::Nova::Flavor").status, 204);
  EXPECT_TRUE(names(types, "resource_type_associations", "name").empty());
  EXPECT_EQ(names("/v2/metadefs/resource_types", "resource_types", "name"),
            std::vector<std::string>{"OS::Nova::Flavor"});
}

TEST_F(GlanceMetadefs, tells_its_schemas) {
  const std::vector<std::pair<std::string, std::string>> schemas{
      {"namespace", "namespace"},
      {"namespaces", "namespaces"},
      {"resource_type", "resource_type_association"},
      {"resource_types", "resource_type_associations"},
      {"property", "property"},
      {"properties", "properties"},
      {"object", "object"},
      {"objects", "objects"},
      {"tag", "tag"},
      {"tags", "tags"}};
  for (const auto& [path, name] : schemas)
    EXPECT_EQ(base::text_or(body_of(as_admin("GET", "/v2/schemas/metadefs/" + path)), "name"),
              name);
}

}  // namespace
}  // namespace tests::glance_metadefs
