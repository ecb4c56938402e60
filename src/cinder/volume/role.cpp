#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "cinder/drivers/target/fake/fake_target.hpp"
#include "cinder/drivers/target/tgt/tgt_target.hpp"
#include "cinder/volume/exports.hpp"
#include "cinder/volume/providers.hpp"
#include "cinder/volume/service.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"

namespace cinder::volume {
namespace {

using platform::Option;
using platform::OptionType;

constexpr std::array kOptions{
    Option{"DEFAULT", "enabled_backends", OptionType::list, "file",
           "back ends of this host, each the name of a section with the options of [*]"},
    Option{"DEFAULT", "volume_reconcile_interval", OptionType::integer, "60",
           "seconds between two comparisons of what should be in a back end with what is", false,
           1},
    Option{"DEFAULT", "image_conversion_dir", OptionType::text, "",
           "directory of images while they become volumes; emptied at start; empty: conversion "
           "below state_path"},
    Option{"*", "max_over_subscription_ratio", OptionType::real, "20.0",
           "times its size that a thin pool may promise"},
    Option{"*", "filter_function", OptionType::text, "",
           "expression over stats, capabilities, volume, extra and qos: DriverFilter passes over "
           "this back end where it is not true"},
    Option{"*", "goodness_function", OptionType::text, "",
           "expression as above, 0 to 100: what GoodnessWeigher prefers"},
    Option{"*", "reserved_percentage", OptionType::integer, "0",
           "percent of the pool that no volume gets", false, 0, 100},
    Option{"*", "backend_availability_zone", OptionType::text, "",
           "zone of this back end; empty: storage_availability_zone"},
    Option{"DEFAULT", "state_path", OptionType::text, "/var/lib/nephele/volumes",
           "directory below which back ends of files keep volumes unless they name one"},
    Option{"DEFAULT", "target_helper", OptionType::text, "tgtadm",
           "what lets hosts reach volumes: tgtadm (iSCSI by a tgtd of its own), or fake for tests"},
    Option{"DEFAULT", "target_ip_address", OptionType::text, "127.0.0.1",
           "address at which compute hosts find this host's volumes"},
    Option{"DEFAULT", "target_port", OptionType::integer, "3260", "its TCP port", false, 1, 65535},
    Option{"DEFAULT", "target_prefix", OptionType::text,
           "iqn.2010-10.org.openstack:", "how the names of targets begin"},
};

// Operations mostly wait for the disk.
constexpr size_t kOperationsAtOnce = 4;
constexpr size_t kConnectionsAtOnce = 4;
constexpr base::Duration kWatchInterval = std::chrono::seconds{1};

std::string conversion_directory(const platform::Config& config) {
  return or_else(config.text("DEFAULT", "image_conversion_dir"),
                 config.text("DEFAULT", "state_path") + "/conversion");
}

// What a dead process left there is nobody's.
void empty_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  std::filesystem::create_directories(path, error);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  if (error)
    throw base::Error(base::ErrorKind::unavailable, "can not make the directory " + path,
                      error.message());
}

BackendOptions read_backend(const platform::Config& config, const std::string& section) {
  BackendOptions options;
  options.section = section;
  options.backend_name = or_else(config.text(section, "volume_backend_name"), section);
  options.zone = or_else(config.text(section, "backend_availability_zone"),
                         config.text("DEFAULT", "storage_availability_zone"));
  options.over_subscription_percent =
      static_cast<int64_t>(config.real(section, "max_over_subscription_ratio") * 100);
  options.reserved_percentage = config.integer(section, "reserved_percentage");
  options.filter_function = config.text(section, "filter_function");
  options.goodness_function = config.text(section, "goodness_function");
  options.conversion_directory = conversion_directory(config);
  return options;
}

std::string target_directory(const platform::Config& config) {
  return config.text("DEFAULT", "state_path") + "/targets";
}

std::unique_ptr<drivers::Target> make_target(const platform::Config& config,
                                             platform::Runtime runtime) {
  const std::string helper = config.text("DEFAULT", "target_helper");
  if (helper == "fake")
    return drivers::make_fake_target(std::make_shared<drivers::FakeTargetTable>());
  if (helper != "tgtadm")
    throw base::Error(base::ErrorKind::bad_request,
                      "[DEFAULT] target_helper must be tgtadm or fake, not '" + helper + "'");
  drivers::TgtOptions options;
  options.directory = target_directory(config);
  options.portal = fmt::format("{}:{}", config.text("DEFAULT", "target_ip_address"),
                               config.integer("DEFAULT", "target_port"));
  options.iqn_prefix = config.text("DEFAULT", "target_prefix");
  return drivers::make_tgt_target(std::move(options), runtime);
}

// A back end at work.
class BackendAtWork {
 public:
  BackendAtWork(app::App& app, BackendOptions options, std::unique_ptr<drivers::Provider> provider,
                const std::shared_ptr<Neighbours>& neighbours, drivers::Target& target)
      : backend_(app, std::move(options), std::move(provider), neighbours, target),
        reconciler_(backend_) {}

  // Once all back ends of the host are made: volumes move between them.
  void start(const platform::Config& config) {
    app::App& app = backend_.core;
    operations_ =
        app.bus.subscribe(backend_.topic(), dispatcher(), {"cinder-volume", kOperationsAtOnce});
    connections_ = app.bus.subscribe(connections_topic(backend_.host()), connection_dispatcher(),
                                     {"cinder-volume", kConnectionsAtOnce});
    watching_.emplace(app.runtime.executor, "cinder-volume exports", kWatchInterval,
                      [this] { watch_exports(); });
    reporting_.emplace(app.runtime.executor, "cinder-volume report", app.settings.report_interval,
                       [this] { backend_.report(); });
    reconciling_.emplace(
        app.runtime.executor, "cinder-volume reconciler",
        std::chrono::seconds{config.integer("DEFAULT", "volume_reconcile_interval")},
        [this] { reconcile(); });
  }

 private:
  platform::Dispatcher dispatcher() {
    using platform::Message;
    platform::Dispatcher dispatcher;
    dispatcher
        .on<WorkOnVolume>([this](const Message& message, const WorkOnVolume& m) {
          work_on_volume(backend_, app::origin_of(message), m);
        })
        .on<WorkOnSnapshot>(
            [this](const Message&, const WorkOnSnapshot& m) { work_on_snapshot(backend_, m); });
    return dispatcher;
  }

  platform::Dispatcher connection_dispatcher() {
    using platform::Message;
    platform::Dispatcher dispatcher;
    dispatcher
        .on<ConnectAttachment>([this](const Message&, const ConnectAttachment& m) {
          return connect_attachment(backend_, m);
        })
        .on<ListManageable>([this](const Message&, const ListManageable& m) {
          return list_manageable(backend_, m);
        })
        .on<DisconnectAttachment>([this](const Message&, const DisconnectAttachment& m) {
          disconnect_attachment(backend_, m);
          return platform::Nothing{};
        });
    return dispatcher;
  }

  // Guests wait in the middle of what they do for a target that has died.
  void watch_exports() {
    const int64_t generation = backend_.target.generation();
    if (generation == exported_in_ && !has_lost_paths()) return;
    platform::log_info("restoring exports backend={}", backend_.host());
    if (restore_exports(backend_)) exported_in_ = backend_.target.generation();
  }

  bool has_lost_paths() const {
    const auto held = backend_.provider->held_paths();
    return std::any_of(held.begin(), held.end(),
                       [](const drivers::HeldPath& path) { return path.is_lost; });
  }

  void reconcile() {
    const platform::RequestScope scope(
        {"req-" + backend_.core.uuid(), "", "", "cinder-volume", backend_.core.runtime.host});
    if (!resumed_) reconciler_.resume_operations();
    resumed_ = true;
    reconciler_.run();
  }

  Backend backend_;
  Reconciler reconciler_;
  bool resumed_ = false;     // only the reconciling task looks at it
  int64_t exported_in_ = 0;  // the target's generation; only the watching task looks at it
  std::unique_ptr<platform::Subscription> operations_;
  std::unique_ptr<platform::Subscription> connections_;
  std::optional<platform::Periodic> watching_;
  std::optional<platform::Periodic> reporting_;
  std::optional<platform::Periodic> reconciling_;
};

class CinderVolume final : public openstack::Role {
 public:
  CinderVolume(const openstack::RoleEnvironment& environment, StorageParts parts)
      : app_(environment), target_(std::move(parts.target)) {
    empty_directory(conversion_directory(environment.config));
    for (const std::string& section : environment.config.list("DEFAULT", "enabled_backends"))
      backends_.push_back(
          std::make_unique<BackendAtWork>(app_, read_backend(environment.config, section),
                                          parts.make_provider(section), neighbours_, *target_));
    for (const auto& backend : backends_) backend->start(environment.config);
  }

 private:
  app::App app_;
  std::unique_ptr<drivers::Target> target_;
  const std::shared_ptr<Neighbours> neighbours_ = std::make_shared<Neighbours>();
  std::vector<std::unique_ptr<BackendAtWork>> backends_;
};

}  // namespace

std::span<const Option> options() {
  static const std::vector<Option> all = [] {
    std::vector<Option> joined(kOptions.begin(), kOptions.end());
    const auto more = provider_options();
    joined.insert(joined.end(), more.begin(), more.end());
    return joined;
  }();
  return all;
}

std::vector<std::string> clean_host(const platform::Config& config) {
  std::vector<std::string> ended;
  const std::string directory = target_directory(config);
  if (drivers::end_tgt_daemon(directory))
    ended.push_back("ended the iSCSI target daemon of " + directory);
  for (const std::string& section : config.list("DEFAULT", "enabled_backends"))
    clean_provider(config, section, ended);
  return ended;
}

std::unique_ptr<openstack::Role> make_cinder_volume(openstack::RoleEnvironment environment) {
  const platform::Config& config = environment.config;
  const platform::Runtime& runtime = environment.runtime;
  return make_cinder_volume(environment, {[&](const std::string& section) {
                                            return make_provider(config, section, runtime.host);
                                          },
                                          make_target(config, runtime)});
}

std::unique_ptr<openstack::Role> make_cinder_volume(openstack::RoleEnvironment environment,
                                                    StorageParts parts) {
  return std::make_unique<CinderVolume>(environment, std::move(parts));
}

}  // namespace cinder::volume
