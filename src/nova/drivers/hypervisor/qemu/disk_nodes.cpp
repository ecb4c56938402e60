#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"

namespace nova::drivers {
namespace {

using base::Json;
using base::JsonObject;

// Of the 128 bits of a UUID, 96 tell the volumes of one guest apart.
std::string short_name(std::string_view prefix, const std::string& serial) {
  std::string name = serial;
  std::erase(name, '-');
  return std::string(prefix) + name.substr(0, 24);
}

JsonObject file_node(const GuestDisk& disk) {
  if (!disk.iscsi) return {{"driver", "file"}, {"filename", disk.path}, {"aio", "threads"}};
  const IscsiDisk& iscsi = *disk.iscsi;
  return {{"driver", "iscsi"},      {"transport", "tcp"},
          {"portal", iscsi.portal}, {"target", iscsi.target},
          {"lun", iscsi.lun},       {"initiator-name", iscsi.initiator},
          {"user", iscsi.username}, {"password-secret", volume_secret(disk.serial)}};
}

}  // namespace

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

Json secret_object(const GuestFiles& files, const std::string& serial) {
  return JsonObject{
      {"qom-type", "secret"}, {"id", volume_secret(serial)}, {"file", files.secret(serial)}};
}

Json volume_device_arguments(const std::string& serial, const std::string& bus) {
  return JsonObject{{"driver", "virtio-blk-pci"},
                    {"drive", volume_node(serial)},
                    {"id", volume_device(serial)},
                    {"serial", serial},
                    {"bus", bus}};
}

}  // namespace nova::drivers
