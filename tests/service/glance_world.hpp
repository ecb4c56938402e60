// Glance whole, in one process: both roles on a database in memory and a directory of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "glance/service.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/database/migration.hpp"
#include "temporary_directory.hpp"

namespace glance::store {
std::span<const platform::Migration> migrations();
}

namespace tests {

// The one without a name, or "fast" (the default; the same directory) and "slow".
enum class Stores { one, two };

// A line of glance.conf.
struct GlanceOption {
  std::string group;
  std::string name;
  std::string value;
};

class GlanceWorld {
 public:
  explicit GlanceWorld(Stores stores = Stores::one, const std::vector<GlanceOption>& options = {});
  ~GlanceWorld();
  // Sends as a member of `project` ("admin": as an admin). `body` goes as JSON unless `type` is
  // given; to a route that streams it goes as a stream.
  platform::http::Response send(const std::string& project, const std::string& method,
                                const std::string& target, const std::string& body = "",
                                const std::string& type = "application/json",
                                const platform::http::Headers& more = {});
  // Sends bytes that come as `reader` gives them.
  platform::http::Response upload(const std::string& project, const std::string& image_id,
                                  std::shared_ptr<platform::http::BodyReader> reader);
  // The bytes of an answer.
  [[nodiscard]] static std::string content(const platform::http::Response& response);
  // Whether it comes true within some seconds.
  [[nodiscard]] static bool soon(const std::function<bool()>& condition);
  // One more glance-api on the same host and data.
  void start_another_api();
  [[nodiscard]] const std::string& images_directory() const { return directory_.path(); }
  // What commands beside the roles work on.
  [[nodiscard]] platform::Database& database() { return *database_; }
  [[nodiscard]] const platform::Runtime& runtime() const { return runtime_; }

 private:
  [[nodiscard]] openstack::RoleEnvironment environment();
  std::string token_for(const std::string& project);

  service_tests::TemporaryDirectory directory_;
  platform::Runtime runtime_;
  std::unique_ptr<platform::Database> database_;
  platform::Config config_;
  std::unique_ptr<platform::http::Transport> curl_ = platform::http::make_curl_transport();
  platform::http::LocalTransport transport_{curl_.get()};
  std::unique_ptr<openstack::Tokens> tokens_;
  std::unique_ptr<platform::Bus> bus_;
  std::unique_ptr<openstack::Role> registry_;
  std::unique_ptr<openstack::Role> api_;
  std::unique_ptr<openstack::Role> other_api_;
};

}  // namespace tests
