#include "cinder/service.hpp"

#include "cinder/api/routes.hpp"
#include "cinder/app/reaper.hpp"
#include "cinder/app/volume_types.hpp"
#include "cinder/scheduler/scheduler.hpp"
#include "cinder/store/services.hpp"

namespace cinder {
namespace {

class CinderApi final : public openstack::Role {
 public:
  explicit CinderApi(const openstack::RoleEnvironment& environment)
      : app_(environment),
        api_(api::definition(app_, app_.settings.credentials.auth_url), environment.runtime,
             *environment.tokens) {
    app::ensure_default_type(app_);
  }
  openstack::Api* api() override { return &api_; }

 private:
  app::App app_;
  openstack::Api api_;
};

class CinderScheduler final : public openstack::Role {
 public:
  explicit CinderScheduler(const openstack::RoleEnvironment& environment)
      : app_(environment),
        heartbeat_(app::start_heartbeat(app_, "cinder-scheduler")),
        scheduler_(app_),
        reaper_(app_) {}

 private:
  app::App app_;
  std::unique_ptr<platform::Periodic> heartbeat_;
  scheduler::Scheduler scheduler_;
  app::Reaper reaper_;
};

}  // namespace

std::unique_ptr<openstack::Role> make_cinder_api(openstack::RoleEnvironment environment) {
  return std::make_unique<CinderApi>(environment);
}

std::unique_ptr<openstack::Role> make_cinder_scheduler(openstack::RoleEnvironment environment) {
  return std::make_unique<CinderScheduler>(environment);
}

std::vector<std::string> list_volume_topics(platform::Database& database) {
  std::vector<std::string> topics;
  database.read([&](platform::Session& session) {
    for (const auto& service : store::list_services(session))
      if (service.binary_name == store::kVolumeBinary) topics.push_back(volume_topic(service.host));
  });
  return topics;
}

}  // namespace cinder
