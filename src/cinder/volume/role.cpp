#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cinder/drivers/target/fake/fake_target.hpp"
#include "cinder/drivers/target/tgt/tgt_target.hpp"
#include "cinder/drivers/volume/file/disk_exports.hpp"
#include "cinder/drivers/volume/file/file_provider.hpp"
#include "cinder/drivers/volume/lvm/lvm_provider.hpp"
#include "cinder/drivers/volume/nfs/nfs_provider.hpp"
#include "cinder/drivers/volume/rbd/rbd_provider.hpp"
#include "cinder/volume/exports.hpp"
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
    Option{"*", "volume_driver", OptionType::text, "file",
           "what keeps the volumes of this back end: file (files of a directory), nfs (of shares), "
           "lvm (a thin pool) or rbd (images of a Ceph pool)"},
    Option{"*", "volume_backend_name", OptionType::text, "",
           "name of its pool, which volume types ask for; empty: the section's"},
    Option{"*", "volumes_path", OptionType::text, "",
           "directory of a back end of files; empty: the section's name below state_path"},
    Option{"*", "volume_format", OptionType::text, "raw",
           "how files hold volumes: raw, or qcow2, which needs FUSE and a qemu-storage-daemon for "
           "each volume in use"},
    Option{
        "*", "volume_group", OptionType::text, "cinder-volumes",
        "volume group of a back end of LVM; its thin pool is GROUP-pool, made if it is not there"},
    Option{"*", "nfs_shares_config", OptionType::text, "/etc/cinder/nfs_shares",
           "file with the shares of a back end of NFS, a line each: SERVER:/PATH [-o OPTIONS]"},
    Option{"*", "nfs_mount_point_base", OptionType::text, "",
           "directory below which shares are mounted; empty: mnt below state_path"},
    Option{"*", "nfs_mount_options", OptionType::text, "",
           "options of mount(8) for all shares; see nfs(5)"},
    Option{"*", "nfs_qcow2_volumes", OptionType::boolean, "false",
           "volumes of shares are QCOW2, as with volume_format of files"},
    Option{"*", "rbd_pool", OptionType::text, "rbd",
           "pool of a back end in Ceph, which must be its alone"},
    Option{"*", "rbd_user", OptionType::text, "admin",
           "as whom it signs in at Ceph, and hosts do, without \"client.\""},
    Option{"*", "rbd_ceph_conf", OptionType::text, "",
           "path of Ceph's configuration, which names the keyring; empty: /etc/ceph/CLUSTER.conf"},
    Option{"*", "rbd_cluster_name", OptionType::text, "ceph", "name of the Ceph cluster"},
    Option{"*", "rbd_secret_uuid", OptionType::text, "",
           "by which hosts know the key of rbd_user (secrets_path of nova-compute, secrets of "
           "libvirt); "
           "empty: they find it by their ceph.conf"},
    Option{"*", "rbd_flatten_volume_from_snapshot", OptionType::boolean, "false",
           "volumes of snapshots get their own bytes, instead of being clones"},
    Option{"*", "rbd_max_clone_depth", OptionType::integer, "5",
           "generations of clones after which a copy gets its own bytes; 0: every copy", false, 0},
    Option{"*", "rbd_store_chunk_size", OptionType::integer, "4",
           "MiB of an object of a volume, a power of two", false, 1, 32},
    Option{"*", "rados_connect_timeout", OptionType::integer, "60",
           "seconds that Ceph may take to answer: then the operation fails; 0 or less: 60"},
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

std::string or_else(const std::string& text, const std::string& fallback) {
  return text.empty() ? fallback : text;
}

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

// Where the files of what is in images of QEMU's are mounted.
std::string exports_directory(const platform::Config& config, const std::string& section) {
  return config.text("DEFAULT", "state_path") + "/exports/" + section;
}

std::unique_ptr<drivers::FileFormat> make_format(const platform::Config& config,
                                                 const std::string& section,
                                                 const std::string& format) {
  if (format == "raw") return drivers::make_raw_format();
  if (format == "qcow2") return drivers::make_qcow2_format(exports_directory(config, section));
  throw base::Error(base::ErrorKind::bad_request,
                    "[" + section + "] volume_format must be raw or qcow2, not '" + format + "'");
}

drivers::NfsOptions read_nfs_options(const platform::Config& config, const std::string& section) {
  const std::string path = config.text(section, "nfs_shares_config");
  std::ifstream file(path);
  if (!file)
    throw base::Error(base::ErrorKind::bad_request,
                      "[" + section + "] nfs_shares_config: can not read " + path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return {drivers::parse_shares(text), or_else(config.text(section, "nfs_mount_point_base"),
                                               config.text("DEFAULT", "state_path") + "/mnt")};
}

std::unique_ptr<drivers::Provider> make_shares(const platform::Config& config,
                                               const std::string& section) {
  const char* const format = config.boolean(section, "nfs_qcow2_volumes") ? "qcow2" : "raw";
  return drivers::make_nfs_provider(
      read_nfs_options(config, section),
      drivers::make_nfs_mounter(config.text(section, "nfs_mount_options")),
      make_format(config, section, format));
}

drivers::RbdOptions read_rbd_options(const platform::Config& config, const std::string& section,
                                     const std::string& host) {
  drivers::RbdOptions options;
  options.owner = host + "@" + section;
  options.pool.configuration = config.text(section, "rbd_ceph_conf");
  options.pool.cluster = config.text(section, "rbd_cluster_name");
  options.pool.user = config.text(section, "rbd_user");
  options.pool.pool = config.text(section, "rbd_pool");
  if (const int64_t seconds = config.integer(section, "rados_connect_timeout"); seconds > 0)
    options.pool.patience = std::chrono::seconds{seconds};
  options.object_bytes = static_cast<uint64_t>(config.integer(section, "rbd_store_chunk_size"))
                         << 20;
  if (!std::has_single_bit(options.object_bytes))
    throw base::Error(base::ErrorKind::bad_request,
                      "[" + section + "] rbd_store_chunk_size must be a power of two");
  options.max_clone_depth = config.integer(section, "rbd_max_clone_depth");
  options.flatten_from_snapshot = config.boolean(section, "rbd_flatten_volume_from_snapshot");
  options.secret_uuid = config.text(section, "rbd_secret_uuid");
  return options;
}

std::unique_ptr<drivers::Provider> make_provider(const platform::Config& config,
                                                 const std::string& section,
                                                 const std::string& host) {
  const std::string driver = config.text(section, "volume_driver");
  if (driver == "nfs") return make_shares(config, section);
  if (driver == "lvm") return drivers::make_lvm_provider(config.text(section, "volume_group"));
  if (driver == "rbd") return drivers::make_rbd_provider(read_rbd_options(config, section, host));
  if (driver != "file")
    throw base::Error(
        base::ErrorKind::bad_request,
        "[" + section + "] volume_driver must be file, nfs, lvm or rbd, not '" + driver + "'");
  return drivers::make_file_provider(
      or_else(config.text(section, "volumes_path"),
              config.text("DEFAULT", "state_path") + "/" + section),
      make_format(config, section, config.text(section, "volume_format")));
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

void end_exports(const std::string& directory, std::vector<std::string>& ended) {
  if (!std::filesystem::exists(directory)) return;
  const drivers::DiskExports exports(directory);
  for (const auto& one : exports.list())
    if (one.runs) ended.push_back("ended the storage daemon of volume " + one.name);
  exports.end_all("");
}

// A back end at work.
class BackendAtWork {
 public:
  BackendAtWork(app::App& app, const platform::Config& config, const std::string& section,
                const std::shared_ptr<Neighbours>& neighbours, drivers::Target& target)
      : backend_(app, read_backend(config, section),
                 make_provider(config, section, app.runtime.host), neighbours, target),
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
  explicit CinderVolume(const openstack::RoleEnvironment& environment)
      : app_(environment), target_(make_target(environment.config, environment.runtime)) {
    empty_directory(conversion_directory(environment.config));
    for (const std::string& section : environment.config.list("DEFAULT", "enabled_backends"))
      backends_.push_back(std::make_unique<BackendAtWork>(app_, environment.config, section,
                                                          neighbours_, *target_));
    for (const auto& backend : backends_) backend->start(environment.config);
  }

 private:
  app::App app_;
  std::unique_ptr<drivers::Target> target_;
  const std::shared_ptr<Neighbours> neighbours_ = std::make_shared<Neighbours>();
  std::vector<std::unique_ptr<BackendAtWork>> backends_;
};

}  // namespace

std::span<const Option> options() { return kOptions; }

std::vector<std::string> clean_host(const platform::Config& config) {
  std::vector<std::string> ended;
  const std::string directory = target_directory(config);
  if (drivers::end_tgt_daemon(directory))
    ended.push_back("ended the iSCSI target daemon of " + directory);
  for (const std::string& section : config.list("DEFAULT", "enabled_backends"))
    end_exports(exports_directory(config, section), ended);
  // A provider's mounts are undone with it.
  for (const std::string& section : config.list("DEFAULT", "enabled_backends"))
    if (config.text(section, "volume_driver") == "nfs") make_shares(config, section).reset();
  return ended;
}

std::unique_ptr<openstack::Role> make_cinder_volume(openstack::RoleEnvironment environment) {
  return std::make_unique<CinderVolume>(environment);
}

}  // namespace cinder::volume
