#include "nova/service.hpp"

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/app/reaper.hpp"
#include "nova/conductor/conductor.hpp"
#include "nova/metadata/metadata.hpp"
#include "nova/scheduler/scheduler.hpp"
#include "nova/store/instances.hpp"
#include "platform/crypto.hpp"

namespace nova {
namespace {

platform::http::Response text_response(int status, std::string text) {
  platform::http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=UTF-8");
  response.body = std::move(text);
  return response;
}

// The metadata service for Neutron's metadata agent, which says for which server it asks and signs
// that with the secret it shares with us (nova/api/metadata/handler.py).
class MetadataService {
 public:
  explicit MetadataService(app::App& app) : app_(app) {}

  platform::http::Response answer(const platform::http::Request& request) const {
    const std::string id(request.headers.value("X-Instance-ID"));
    const std::string_view signature = request.headers.value("X-Instance-ID-Signature");
    if (id.empty()) return text_response(400, "X-Instance-ID header is missing from request.");
    if (app_.settings.metadata_secret.empty()) return text_response(403, "Forbidden");
    const std::string expected =
        base::to_hex(platform::hmac_sha256(app_.settings.metadata_secret, id));
    if (!platform::equal_in_constant_time(expected, signature))
      return text_response(403, "Invalid proxy request signature.");
    const auto server =
        app_.database.read([&](platform::Session& session) -> std::optional<ServerDescription> {
          const auto row = store::find_instance(session, id);
          if (!row) return std::nullopt;
          return store::describe(session, *row);
        });
    const std::string_view project = request.headers.value("X-Tenant-ID");
    if (!server || (!project.empty() && project != server->project_id))
      return text_response(404, "Not Found");
    auto document = metadata::answer(*server, request.path, app_.runtime.random);
    if (!document) return text_response(404, "Not Found");
    auto response = text_response(200, *std::move(document));
    if (request.path.ends_with(".json")) response.headers.set("Content-Type", "application/json");
    return response;
  }

 private:
  app::App& app_;
};

class NovaApi final : public openstack::Role {
 public:
  explicit NovaApi(const openstack::RoleEnvironment& environment)
      : app_(environment),
        api_(api::definition(app_, app_.settings.credentials.auth_url), environment.runtime,
             *environment.tokens),
        metadata_(app_) {}
  openstack::Api* api() override { return &api_; }
  platform::http::Handler extra_handler() override {
    return [this](platform::http::Request& request) {
      try {
        return metadata_.answer(request);
      } catch (const std::exception&) {
        return text_response(500, "An unknown error has occurred. Please try your request again.");
      }
    };
  }

 private:
  app::App app_;
  openstack::Api api_;
  MetadataService metadata_;
};

class NovaScheduler final : public openstack::Role {
 public:
  explicit NovaScheduler(const openstack::RoleEnvironment& environment)
      : app_(environment),
        heartbeat_(app::start_heartbeat(app_, "nova-scheduler")),
        scheduler_(app_) {}

 private:
  app::App app_;
  std::unique_ptr<platform::Periodic> heartbeat_;
  scheduler::Scheduler scheduler_;
};

class NovaConductor final : public openstack::Role {
 public:
  explicit NovaConductor(const openstack::RoleEnvironment& environment)
      : app_(environment),
        heartbeat_(app::start_heartbeat(app_, "nova-conductor")),
        conductor_(app_),
        reaper_(app_) {}

 private:
  app::App app_;
  std::unique_ptr<platform::Periodic> heartbeat_;
  conductor::Conductor conductor_;
  app::Reaper reaper_;
};

}  // namespace

std::unique_ptr<openstack::Role> make_nova_api(openstack::RoleEnvironment environment) {
  return std::make_unique<NovaApi>(environment);
}

std::unique_ptr<openstack::Role> make_nova_scheduler(openstack::RoleEnvironment environment) {
  return std::make_unique<NovaScheduler>(environment);
}

std::unique_ptr<openstack::Role> make_nova_conductor(openstack::RoleEnvironment environment) {
  return std::make_unique<NovaConductor>(environment);
}

}  // namespace nova
