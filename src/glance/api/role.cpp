#include <algorithm>
#include <atomic>
#include <optional>
#include <set>

#include "glance/api/image_api.hpp"
#include "glance/api/image_locations.hpp"
#include "glance/api/imports.hpp"
#include "glance/api/late_digests.hpp"
#include "glance/api/prefetch.hpp"
#include "glance/drivers/configured_stores.hpp"
#include "glance/service.hpp"
#include "glance/storage_quota.hpp"
#include "platform/executor.hpp"
#include "platform/http/client_web.hpp"
#include "platform/log.hpp"

namespace glance {
namespace {

constexpr base::Duration kTidyInterval = std::chrono::minutes{1};
// Most rounds look only whether something new lies in the store.
constexpr int kRoundsPerWholeTidying = 10;
constexpr base::Duration kPrefetchInterval = std::chrono::seconds{1};
// Several times within the registry's patience (kUploadPatience).
constexpr base::Duration kProlongInterval = std::chrono::seconds{5};
constexpr base::Duration kProlongTimeout = std::chrono::seconds{5};

openstack::Routes all_routes(const api::ImageApi& image_api) {
  openstack::Routes routes;
  for (openstack::Routes more :
       {api::image_routes(image_api), api::image_data_routes(image_api),
        api::image_import_routes(image_api), api::task_routes(image_api),
        api::store_routes(image_api), api::cache_routes(image_api),
        api::image_location_routes(image_api), api::image_member_routes(image_api),
        api::image_tag_routes(image_api), api::metadef_namespace_routes(image_api),
        api::metadef_object_routes(image_api), api::metadef_property_routes(image_api),
        api::metadef_tag_routes(image_api), api::metadef_resource_type_routes(image_api),
        api::schema_routes(image_api)})
    routes.insert(routes.end(), more.begin(), more.end());
  return routes;
}

openstack::ApiDefinition definition(const api::ImageApi& image_api,
                                    const platform::Config& config) {
  openstack::ApiDefinition definition;
  definition.role = "glance-api";
  definition.errors = openstack::ErrorStyle::glance;
  definition.prefix = "/v2";
  definition.routes = all_routes(image_api);
  definition.public_routes = api::version_routes(image_api);
  definition.policies = api::policies();
  definition.keystone_url = config.text("keystone_authtoken", "www_authenticate_uri");
  return definition;
}

// Imports have several files of one upload, each with an ending of its own.
std::string upload_of(const std::string& name) {
  const size_t operation = name.find('.');
  return operation == std::string::npos ? name : name.substr(0, name.find('.', operation + 1));
}

std::shared_ptr<api::ImageCache> make_cache(const openstack::RoleEnvironment& environment) {
  const platform::Config& config = environment.config;
  api::CacheOptions options;
  options.directory = config.text("DEFAULT", "image_cache_dir");
  if (options.directory.empty()) return nullptr;
  options.max_size = static_cast<uint64_t>(config.integer("DEFAULT", "image_cache_max_size"));
  options.stall_time = std::chrono::seconds{config.integer("DEFAULT", "image_cache_stall_time")};
  return std::make_shared<api::ImageCache>(std::move(options), environment.runtime);
}

api::Catalog catalog_of(const openstack::RoleEnvironment& environment) {
  std::string url = environment.config.text("keystone_authtoken", "www_authenticate_uri");
  if (url.ends_with('/')) url.pop_back();
  if (url.ends_with("/v3")) url.resize(url.size() - 3);
  return {environment.transport, std::move(url)};
}

std::shared_ptr<const drivers::WebSource> make_web_source(
    const platform::Config& config, std::shared_ptr<platform::http::Transport> transport) {
  return std::make_shared<drivers::WebSource>(
      std::move(transport), [filter = api::read_import_rules(config).web](
                                const platform::http::WebUrl& url) { return filter.passes(url); });
}

class ApiRole final : public openstack::Role {
 public:
  ApiRole(openstack::RoleEnvironment environment, drivers::Stores stores,
          std::unique_ptr<drivers::ImageStore> staging,
          std::shared_ptr<const drivers::WebSource> web)
      : web_(std::move(web)),
        catalog_(catalog_of(environment)),
        stores_(std::move(stores)),
        staging_(std::move(staging)),
        image_api_{environment.runtime,
                   environment.bus,
                   stores_,
                   *staging_,
                   running_uploads_,
                   running_imports_,
                   environment.config.integer("DEFAULT", "api_limit_max"),
                   environment.config.integer("DEFAULT", "limit_param_default"),
                   environment.config.integer("DEFAULT", "image_size_cap"),
                   {environment.config.boolean("image_format", "require_image_format_match"),
                    environment.config.boolean("image_format", "gpt_safety_checks_nonfatal"),
                    environment.config.list("image_format", "vmdk_allowed_types")},
                   {environment.config.integer("DEFAULT", "image_member_quota"),
                    environment.config.integer("DEFAULT", "image_property_quota"),
                    environment.config.integer("DEFAULT", "image_tag_quota"),
                    environment.config.integer("DEFAULT", "image_location_quota"),
                    parse_storage_quota(environment.config.text("DEFAULT", "user_storage_quota"))},
                   api::read_image_formats(environment.config),
                   api::read_import_rules(environment.config),
                   api::read_property_protection(environment.config),
                   make_cache(environment),
                   *web_,
                   catalog_,
                   environment.config.boolean("DEFAULT", "show_multiple_locations"),
                   environment.config.boolean("DEFAULT", "show_image_direct_url")},
        api_(definition(image_api_, environment.config), environment.runtime, *environment.tokens) {
    platform::Dispatcher dispatcher;
    dispatcher.on<RemoveImageData>(
        [this](const platform::Message& message, const RemoveImageData& removal) {
          remove_data(message, removal);
        });
    dispatcher.on<RunImport>([this](const platform::Message& message, const RunImport& run) {
      imports_.take(message.request_id, run);
    });
    dispatcher.on<ComputeDigests>(
        [this](const platform::Message& message, const ComputeDigests& wanted) {
          late_digests_.compute(message.request_id, wanted.id);
        });
    image_api_.run_here = [this](const openstack::Context& context, const std::string& task_id,
                                 const std::string& token) {
      imports_.take(context.request_id, {task_id}, token);
    };
    casts_ =
        environment.bus.subscribe(std::string(kApiTopic), std::move(dispatcher), {"glance-api", 1});
    tidying_.emplace(environment.runtime.executor, "glance-api tidying", kTidyInterval,
                     [this] { tidy_stores(); });
    prolonging_.emplace(environment.runtime.executor, "glance-api heartbeats", kProlongInterval,
                        [this] {
                          prolong(running_uploads_);
                          prolong(running_imports_);
                        });
    if (image_api_.cache)
      prefetching_.emplace(
          environment.runtime.executor, "glance-api prefetching", kPrefetchInterval,
          [this] { api::prefetch_queued(image_api_, [this] { return ending_.load(); }); });
  }

  ~ApiRole() override { ending_ = true; }

  openstack::Api* api() override { return &api_; }

 private:
  void remove_data(const platform::Message& message, const RemoveImageData& removal) {
    holding(removal.location).remove(removal.location);
    openstack::Context context;
    context.request_id = message.request_id;
    static_cast<void>(image_api_.registry(context, ForgetLocation{removal.id}));
  }

  drivers::ImageStore& holding(const std::string& location) {
    return staging_->holds(location) ? *staging_ : stores_.holding(location);
  }

  // A store that is not reached is tidied another time.
  [[nodiscard]] std::vector<drivers::ImageStore::Stored> list_stored() {
    auto all = staging_->list();
    for (const drivers::NamedStore& store : stores_.all()) {
      try {
        for (auto& stored : store.store->list()) all.push_back(std::move(stored));
      } catch (const base::Error& error) {
        platform::log_warning("store not listed store={} error={}", store.id, error.what());
      }
    }
    return all;
  }

  // Removes what has no owner: of uploads whose end was not heard of, or whose glance-api died.
  // The stores are listed first: what comes later belongs to an upload that is not in the list.
  void tidy_stores() {
    const auto all = list_stored();
    const bool whole = tidying_rounds_++ % kRoundsPerWholeTidying == 0;
    const bool news = std::any_of(all.begin(), all.end(), [this](const auto& stored) {
      return !known_locations_.contains(stored.location);
    });
    if (all.empty() || !(whole || news)) return;
    const OwnedData owned = image_api_.registry(openstack::Context{}, ListOwnedData{});
    std::set<std::string> locations(owned.locations.begin(), owned.locations.end());
    const std::set<std::string> uploads(owned.uploads.begin(), owned.uploads.end());
    for (const auto& stored : all) {
      if (locations.contains(stored.location) || uploads.contains(upload_of(stored.name))) continue;
      platform::log_warning("removing data without an image location={}", stored.location);
      holding(stored.location).remove(stored.location);
    }
    known_locations_ = std::move(locations);
  }

  // One that the registry does not know any more finds out when it ends.
  template <class Heartbeat>
  void prolong(const api::RunningWork<Heartbeat>& running) {
    for (const Heartbeat& heartbeat : running.list()) {
      try {
        static_cast<void>(image_api_.registry(openstack::Context{}, heartbeat, kProlongTimeout));
      } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::conflict) throw;
      }
    }
  }

  std::shared_ptr<const drivers::WebSource> web_;
  const api::Catalog catalog_;
  drivers::Stores stores_;
  std::unique_ptr<drivers::ImageStore> staging_;
  api::RunningWork<ContinueUpload> running_uploads_;
  api::RunningWork<ContinueImport> running_imports_;
  api::ImageApi image_api_;
  openstack::Api api_;
  api::Imports imports_{image_api_};
  api::LateDigests late_digests_{image_api_};
  std::unique_ptr<platform::Subscription> casts_;
  std::set<std::string> known_locations_;  // of images, at the last look
  int tidying_rounds_ = 0;
  std::optional<platform::Periodic> tidying_;
  std::optional<platform::Periodic> prolonging_;
  std::atomic<bool> ending_ = false;
  std::optional<platform::Periodic> prefetching_;
};

}  // namespace

std::unique_ptr<openstack::Role> make_glance_api(openstack::RoleEnvironment environment) {
  const auto web = make_web_source(
      environment.config,
      platform::http::make_web_transport({}, api::read_address_rule(environment.config)));
  return std::make_unique<ApiRole>(
      environment,
      drivers::make_configured_stores(environment.config,
                                      {environment.transport, environment.runtime, web}),
      drivers::make_staging_store(environment.config), web);
}

std::unique_ptr<openstack::Role> make_glance_api(openstack::RoleEnvironment environment,
                                                 std::unique_ptr<drivers::ImageStore> store,
                                                 std::unique_ptr<drivers::ImageStore> staging) {
  const std::shared_ptr<platform::http::Transport> not_owned(std::shared_ptr<void>(),
                                                             &environment.transport);
  return std::make_unique<ApiRole>(environment, drivers::Stores(std::move(store)),
                                   std::move(staging),
                                   make_web_source(environment.config, not_owned));
}

}  // namespace glance
