#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"

#include <algorithm>
#include <array>

namespace nova::drivers {
namespace {

struct LimitName {
  const char* name;
  const char* qemu;
};
constexpr std::array kLimitNames{LimitName{"total_bytes_sec", "bps"},
                                 LimitName{"read_bytes_sec", "bps_rd"},
                                 LimitName{"write_bytes_sec", "bps_wr"},
                                 LimitName{"total_iops_sec", "iops"},
                                 LimitName{"read_iops_sec", "iops_rd"},
                                 LimitName{"write_iops_sec", "iops_wr"},
                                 LimitName{"total_bytes_sec_max", "bps_max"},
                                 LimitName{"read_bytes_sec_max", "bps_rd_max"},
                                 LimitName{"write_bytes_sec_max", "bps_wr_max"},
                                 LimitName{"total_iops_sec_max", "iops_max"},
                                 LimitName{"read_iops_sec_max", "iops_rd_max"},
                                 LimitName{"write_iops_sec_max", "iops_wr_max"},
                                 LimitName{"size_iops_sec", "iops_size"}};

using base::Json;
using base::JsonObject;

// Of the 128 bits of a UUID, 96 tell the volumes of one guest apart.
std::string short_name(std::string_view prefix, const std::string& serial) {
  std::string name = serial;
  std::erase(name, '-');
  return std::string(prefix) + name.substr(0, 24);
}

// docs: qemu-qmp-ref(7), BlockdevOptionsRbd.
JsonObject rbd_node(const RbdDisk& rbd, const std::string& serial) {
  JsonObject node{{"driver", "rbd"}, {"pool", rbd.pool}, {"image", rbd.image}, {"user", rbd.user}};
  if (!rbd.configuration.empty()) node["conf"] = rbd.configuration;
  if (rbd.has_key) node["key-secret"] = volume_secret(serial);
  base::JsonArray monitors;
  for (size_t i = 0; i < std::min(rbd.hosts.size(), rbd.ports.size()); ++i)
    monitors.push_back(JsonObject{{"host", rbd.hosts[i]}, {"port", rbd.ports[i]}});
  if (!monitors.empty()) node["server"] = std::move(monitors);
  return node;
}

JsonObject file_node(const GuestDisk& disk) {
  if (disk.rbd) return rbd_node(*disk.rbd, disk.serial);
  if (!disk.iscsi) return {{"driver", "file"}, {"filename", disk.path}, {"aio", "threads"}};
  const IscsiDisk& iscsi = *disk.iscsi;
  return {{"driver", "iscsi"},      {"transport", "tcp"},
          {"portal", iscsi.portal}, {"target", iscsi.target},
          {"lun", iscsi.lun},       {"initiator-name", iscsi.initiator},
          {"user", iscsi.username}, {"password-secret", volume_secret(disk.serial)}};
}

}  // namespace

std::string local_disk_node(size_t index) { return "disk" + std::to_string(index); }
std::string volume_node(const std::string& serial) { return short_name("volume-", serial); }
std::string volume_device(const std::string& serial) { return short_name("disk-", serial); }
std::string volume_secret(const std::string& serial) { return short_name("secret-", serial); }

Json block_node(const GuestDisk& disk, const std::string& node_name) {
  return JsonObject{{"driver", disk.format},
                    {"node-name", node_name},
                    {"read-only", disk.read_only},
                    {"discard", "unmap"},
                    {"file", file_node(disk)}};
}

Json limited_node(const GuestDisk& disk, const std::string& node_name, int64_t bytes) {
  Json node = block_node(disk, node_name);
  node.as_object()["size"] = bytes;
  node.as_object()["file"].as_object()["node-name"] = short_name("file-", disk.serial);
  return node;
}

Json unlimited_node(const GuestDisk& disk, const std::string& node_name) {
  Json node = block_node(disk, node_name);
  node.as_object()["file"] = short_name("file-", disk.serial);
  return node;
}

bool has_secret(const GuestDisk& disk) { return disk.iscsi || (disk.rbd && disk.rbd->has_key); }

Json secret_object(const GuestFiles& files, const GuestDisk& disk) {
  JsonObject object{{"qom-type", "secret"},
                    {"id", volume_secret(disk.serial)},
                    {"file", files.secret(disk.serial)}};
  if (disk.rbd) object["format"] = "base64";
  return object;
}

Json volume_device_arguments(const GuestDisk& disk, const std::string& bus) {
  return JsonObject{{"driver", "virtio-blk-pci"},
                    {"drive", volume_node(disk.serial)},
                    {"id", volume_device(name_in_guest(disk))},
                    {"serial", disk.serial},
                    {"bus", bus}};
}

// QEMU takes all of them at once; 0 is no limit.
Json throttle_arguments(const GuestDisk& disk) {
  JsonObject arguments{
      {"id", "/machine/peripheral/" + volume_device(name_in_guest(disk)) + "/virtio-backend"}};
  for (const LimitName& limit : kLimitNames) {
    const auto found = disk.limits.find(limit.name);
    arguments[limit.qemu] = found == disk.limits.end() ? 0 : found->second;
  }
  return arguments;
}

}  // namespace nova::drivers
