// Cinder whole, in one process: its three roles on a database in memory, and a back end of files in
// a directory of its own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "answer.hpp"
#include "cinder/service.hpp"
#include "cinder/store/migrations.hpp"
#include "cinder/volume/service.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/database/migration.hpp"
#include "temporary_directory.hpp"

namespace cinder_tests {

using service_tests::Answer;

struct WorldOptions {
  // "group/name" -> value, of cinder.conf.
  std::map<std::string, std::string> config;
};

class CinderWorld {
 public:
  explicit CinderWorld(const WorldOptions& options = {});
  ~CinderWorld();

  // As a member of `project` (32 hex digits are made of its name); "admin": as an administrator.
  Answer send(const std::string& project, const std::string& method, const std::string& target,
              const std::string& body = "", const std::string& version = "",
              const std::map<std::string, std::string>& headers = {});
  Answer get(const std::string& target, const std::string& version = "") {
    return send("demo", "GET", target, "", version);
  }
  Answer post(const std::string& target, const std::string& body, const std::string& version = "") {
    return send("demo", "POST", target, body, version);
  }
  Answer act(const std::string& volume, const std::string& body) {
    return post("/v3/volumes/" + volume + "/action", body);
  }
  // The id of a volume that is available.
  std::string make_volume(const std::string& members = "");
  // The id of a snapshot that is available.
  std::string make_snapshot(const std::string& volume);
  // Waits up to 10 s until the volume, snapshot or group shows that status ("gone": 404).
  [[nodiscard]] bool wait_for(const std::string& path, const std::string& status,
                              const std::string& version = "");

  // As kill -9 and a new start would: what is in progress stays where it is. Without a start nobody
  // works on volumes.
  void stop_volume_role() { volume_.reset(); }
  void start_volume_role();
  // Without it nobody chooses pools or looks after what others left.
  void stop_scheduler_role() { scheduler_.reset(); }
  void start_scheduler_role();
  // As `nephele explain` tells it; empty: there is no such thing.
  [[nodiscard]] std::string explain(const std::string& id);
  void run_statement(const std::string& sql);
  [[nodiscard]] int64_t count(const std::string& sql);

  // Glance has an image of these bytes, with that id, which is "active" unless another status is
  // given.
  void add_image(const std::string& id, const std::string& bytes,
                 const std::string& status = "active");
  // What Glance has is no longer what it says that it has.
  void damage_image(const std::string& id);
  // Which is also there: URLs as its stores have them, told to who asks as a service.
  void add_location(const std::string& id, const std::string& url);
  // Its document, with "data"; null: Glance has no such image.
  [[nodiscard]] base::Json image(const std::string& id);
  [[nodiscard]] size_t count_images();
  // Glance answers uploads with an error from now on, or no longer.
  void refuse_uploads(bool refuses) { refuses_uploads_ = refuses; }
  // Called when Glance has made an image, before it says so; if it throws, no answer comes.
  void at_new_images(std::function<void()> call) { at_new_images_ = std::move(call); }

  // Names of the files of the back end.
  [[nodiscard]] std::vector<std::string> files(const std::string& backend = "file") const;
  [[nodiscard]] std::string path(const std::string& name,
                                 const std::string& backend = "file") const;

 private:
  [[nodiscard]] openstack::RoleEnvironment environment();
  std::string token_for(const std::string& project);
  platform::http::Response answer_as_glance(platform::http::Request& request);
  platform::http::Response answer_for_image(const platform::http::Request& request,
                                            const std::string& id);
  platform::http::Response take_image_data(platform::http::Request& request, base::Json& image);

  std::mutex images_mutex_;
  std::map<std::string, base::Json> images_;  // by id: the document, with "data"
  std::atomic<bool> refuses_uploads_ = false;
  std::function<void()> at_new_images_ = [] {};
  service_tests::TemporaryDirectory directory_;
  platform::Runtime runtime_;
  std::unique_ptr<platform::Database> database_;
  platform::Config config_;
  platform::http::LocalTransport transport_;
  std::unique_ptr<openstack::Tokens> tokens_;
  std::unique_ptr<platform::Bus> bus_;
  std::unique_ptr<openstack::Role> scheduler_;
  std::unique_ptr<openstack::Role> volume_;
  std::unique_ptr<openstack::Role> api_;
};

}  // namespace cinder_tests
