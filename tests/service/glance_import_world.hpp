// What the tests of imports do with a Glance.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/json.hpp"
#include "glance_world.hpp"

namespace tests::glance_import {

namespace fs = std::filesystem;

inline constexpr const char* kBytes = "application/octet-stream";

inline base::Json body_of(const platform::http::Response& response) {
  return base::parse_json(response.body);
}

class GlanceImport : public testing::Test {
 protected:
  explicit GlanceImport(Stores stores = Stores::one, const std::vector<GlanceOption>& options = {})
      : world_(stores, options) {}

  std::string create(const std::string& format = "raw") {
    const auto response =
        world_.send("p", "POST", "/v2/images",
                    R"({"name":"i","container_format":"bare","disk_format":")" + format + "\"}");
    EXPECT_EQ(response.status, 201) << response.body;
    return "/v2/images/" + base::get_text(body_of(response), "id");
  }
  std::string staged(const std::string& bytes = "staged bytes") {
    const std::string image = create();
    EXPECT_EQ(world_.send("p", "PUT", image + "/stage", bytes, kBytes).status, 204);
    return image;
  }
  std::string uploaded(const std::string& bytes = "bytes") {
    const std::string image = create();
    EXPECT_EQ(world_.send("p", "PUT", image + "/file", bytes, kBytes).status, 204);
    return image;
  }
  platform::http::Response import(const std::string& image, const std::string& body,
                                  const std::string& project = "p") {
    return world_.send(project, "POST", image + "/import", body);
  }
  base::Json show(const std::string& image) { return body_of(world_.send("p", "GET", image)); }
  std::string status(const std::string& image) { return base::text_or(show(image), "status"); }
  // The image's newest task when it has ended.
  base::Json ended_task(const std::string& image, const std::string& project = "p") {
    base::Json task;
    EXPECT_TRUE(world_.soon([&] {
      const auto tasks = body_of(world_.send(project, "GET", image + "/tasks"));
      task = tasks.at("tasks").at(0);
      const std::string now = base::text_or(task, "status");
      return now == "success" || now == "failure";
    }));
    return task;
  }
  std::string data(const std::string& image) {
    return GlanceWorld::content(world_.send("p", "GET", image + "/file"));
  }
  bool soon_empty(const std::string& directory) {
    return world_.soon([&] { return fs::is_empty(world_.images_directory() + "/" + directory); });
  }

  GlanceWorld world_;
};

}  // namespace tests::glance_import
