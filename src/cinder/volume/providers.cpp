#include "cinder/volume/providers.hpp"

#include <array>
#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cinder/drivers/volume/file/disk_exports.hpp"
#include "cinder/drivers/volume/file/file_provider.hpp"
#include "cinder/drivers/volume/lvm/lvm_provider.hpp"
#include "cinder/drivers/volume/nfs/nfs_provider.hpp"
#include "cinder/drivers/volume/rbd/rbd_provider.hpp"

namespace cinder::volume {
namespace {

using platform::Option;
using platform::OptionType;

constexpr std::array kProviderOptions{
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
};

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

void end_exports(const std::string& directory, std::vector<std::string>& ended) {
  if (!std::filesystem::exists(directory)) return;
  const drivers::DiskExports exports(directory);
  for (const auto& one : exports.list())
    if (one.runs) ended.push_back("ended the storage daemon of volume " + one.name);
  exports.end_all("");
}

}  // namespace

std::span<const Option> provider_options() { return kProviderOptions; }

std::string or_else(const std::string& text, const std::string& fallback) {
  return text.empty() ? fallback : text;
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

void clean_provider(const platform::Config& config, const std::string& section,
                    std::vector<std::string>& ended) {
  end_exports(exports_directory(config, section), ended);
  // A provider's mounts are undone with it.
  if (config.text(section, "volume_driver") == "nfs") make_shares(config, section).reset();
}

}  // namespace cinder::volume
