// Metadata definitions from files and into files.
#include <gtest/gtest.h>

#include <fstream>

#include "base/json.hpp"
#include "glance/registry/metadef_files.hpp"
#include "glance_world.hpp"
#include "temporary_directory.hpp"

namespace tests::glance_metadef_files {
namespace {

namespace fs = std::filesystem;

using glance::registry::IfThere;
using glance::registry::LoadedMetadefs;

// As Glance's own files are.
constexpr const char* kFile = R"({
  "namespace": "OS::Test", "display_name": "A test & more", "description": "of files",
  "visibility": "public", "protected": true,
  "resource_type_associations": [
    {"name": "OS::Nova::Flavor", "prefix": "hw:", "properties_target": null},
    {"name": "OS::Glance::Image"}],
  "properties": {"mode": {"title": "Mode", "type": "string", "enum": ["a", "b"]}},
  "objects": [{"name": "Limits", "description": "of it",
    "properties": {"least": {"title": "Least", "type": "integer", "default": 1}}}],
  "tags": [{"name": "fast"}]})";

class GlanceMetadefFiles : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_.path() + "/" + name) << text;
  }
  LoadedMetadefs load(IfThere if_there = IfThere::skip) {
    return glance::registry::load_metadefs(world_.runtime(), world_.database(), directory_.path(),
                                           if_there);
  }
  base::Json show() {
    const auto response = world_.send("p", "GET", "/v2/metadefs/namespaces/OS::Test");
    EXPECT_EQ(response.status, 200) << response.body;
    return base::parse_json(response.body);
  }
  // The file with other text in place of a part of it.
  static std::string changed(const std::string& part, const std::string& other) {
    std::string text = kFile;
    const size_t at = text.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return text.replace(at, part.size(), other);
  }
  void expect_all_of_the_file() {
    const base::Json shown = show();
    EXPECT_EQ(base::text_or(shown, "display_name"), "A test & more");
    EXPECT_EQ(base::text_or(shown, "owner"), "admin");
    EXPECT_TRUE(base::boolean_or(shown, "protected", false));
    EXPECT_EQ(base::text_or(shown.at("properties").at("mode"), "title"), "Mode");
    EXPECT_EQ(base::text_or(shown.at("objects").at(0), "name"), "Limits");
    EXPECT_EQ(base::text_or(shown.at("objects").at(0).at("properties").at("least"), "title"),
              "Least");
    EXPECT_EQ(base::text_or(shown.at("tags").at(0), "name"), "fast");
    EXPECT_EQ(shown.at("resource_type_associations").as_array().size(), 2U);
    EXPECT_FALSE(base::find(shown.at("resource_type_associations").at(0), "properties_target"));
  }

  GlanceWorld world_;
  const service_tests::TemporaryDirectory directory_{"metadefs"};
};

TEST_F(GlanceMetadefFiles, are_loaded_for_all_to_see) {
  write("test.json", kFile);
  write("README", "no definitions");

  EXPECT_EQ(load().loaded, std::vector<std::string>{directory_.path() + "/test.json"});

  expect_all_of_the_file();
  const auto types = world_.send("p", "GET", "/v2/metadefs/resource_types");
  EXPECT_NE(types.body.find("OS::Nova::Flavor"), std::string::npos);
}

TEST_F(GlanceMetadefFiles, leave_namespaces_as_they_are_unless_told_otherwise) {
  write("test.json", kFile);
  EXPECT_EQ(load().loaded.size(), 1U);
  write("test.json", changed(R"("title": "Mode")", R"("title": "Way")"));

  EXPECT_EQ(load().skipped.size(), 1U);
  EXPECT_EQ(load(IfThere::merge).loaded.size(), 1U);
  EXPECT_EQ(base::text_or(show().at("properties").at("mode"), "title"), "Mode");
  EXPECT_EQ(load(IfThere::prefer_new).loaded.size(), 1U);
  EXPECT_EQ(base::text_or(show().at("properties").at("mode"), "title"), "Way");
}

TEST_F(GlanceMetadefFiles, are_merged_or_replace_what_is_there) {
  write("test.json", kFile);
  EXPECT_EQ(load().loaded.size(), 1U);
  write("test.json", changed(R"("mode": {"title": "Mode")", R"("other": {"title": "Other")"));

  EXPECT_EQ(load(IfThere::merge).loaded.size(), 1U);
  EXPECT_EQ(show().at("properties").as_object().size(), 2U);
  EXPECT_EQ(load(IfThere::overwrite).loaded.size(), 1U);
  EXPECT_EQ(show().at("properties").as_object().size(), 1U);
  EXPECT_TRUE(show().at("properties").as_object().contains("other"));
}

TEST_F(GlanceMetadefFiles, that_are_wrong_do_not_keep_others_out) {
  write("a.json", "{");
  write("b.json", R"({"namespace":"","visibility":"public"})");
  write("c.json", changed(R"("tags": [)", R"("tags": [{"nam": "x"}, )"));
  write("d.json",
        changed(R"("least": {)", R"("least": {"x": ")" + std::string(70'000, 'x') + R"(", )"));
  write("test.json", kFile);

  const LoadedMetadefs report = load();

  EXPECT_EQ(report.failures.size(), 4U);
  EXPECT_EQ(report.loaded.size(), 1U);
  expect_all_of_the_file();
  EXPECT_THROW(
      static_cast<void>(glance::registry::load_metadefs(
          world_.runtime(), world_.database(), directory_.path() + "/none", IfThere::skip)),
      base::Error);
}

TEST_F(GlanceMetadefFiles, that_are_exported_are_loaded_again) {
  write("test.json", kFile);
  EXPECT_EQ(load().loaded.size(), 1U);

  const auto files = glance::registry::export_metadefs(world_.database(), directory_.path());
  glance::registry::unload_metadefs(world_.database());

  EXPECT_EQ(files, std::vector<std::string>{directory_.path() + "/Atestmore.json"});
  EXPECT_EQ(world_.send("p", "GET", "/v2/metadefs/namespaces/OS::Test").status, 404);
  const auto types = world_.send("p", "GET", "/v2/metadefs/resource_types");
  EXPECT_EQ(types.body.find("OS::Nova::Flavor"), std::string::npos);
  fs::remove(directory_.path() + "/test.json");
  EXPECT_EQ(load().loaded.size(), 1U);
  expect_all_of_the_file();
}

}  // namespace
}  // namespace tests::glance_metadef_files
