#include "nova/metadata/metadata.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace nova::metadata {
namespace {

// The versions of Nova's layout, and since when a file is part of it (nova/api/metadata/base.py).
constexpr std::string_view kLatest = "latest";
constexpr std::array<std::string_view, 10> kOpenStackVersions{
    "2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30",
    "2016-10-06", "2017-02-22", "2018-08-27", "2020-10-14", kLatest};
struct Since {
  std::string_view file;
  std::string_view version;
};
constexpr std::array<Since, 3> kSince{{{"vendor_data.json", "2013-10-17"},
                                       {"network_data.json", "2015-10-15"},
                                       {"vendor_data2.json", "2016-10-06"}}};
constexpr std::array<std::string_view, 10> kEc2Versions{
    "1.0",        "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10",
    "2007-12-15", "2008-02-01", "2008-09-01", "2009-04-04", kLatest};
// Those that a config drive has.
constexpr std::array<std::string_view, 2> kEc2DriveVersions{"2009-04-04", kLatest};
constexpr size_t kSeedBytes = 512;

std::string user_data(const ServerDescription& server) {
  return base::from_base64(server.user_data).value_or("");
}

std::string fixed_address(const ServerDescription& server) {
  for (const auto& port : server.ports)
    for (const auto& address : port.fixed_ips)
      if (address.ip_address.find(':') == std::string::npos) return address.ip_address;
  return {};
}

// EC2 ids are eight hex digits; they are derived from the UUID, which is unique enough on one
// network.
std::string ec2_id(std::string_view prefix, const std::string& uuid) {
  return fmt::format("{}-{}", prefix, uuid.substr(0, 8));
}

void write_tags(base::JsonWriter& json, const std::string& tag) {
  json.key("tags");
  json.begin_array();
  json.value(tag);
  json.end_array();
}

// Those that were given tags (2.32), so that programs in the guest find them: by their MAC address
// or serial, for where on its buses they are is the guest's to say.
void write_devices(base::JsonWriter& json, const ServerDescription& server) {
  json.key("devices");
  json.begin_array();
  for (size_t i = 0; i < std::min(server.ports.size(), server.networks.size()); ++i) {
    if (server.networks[i].tag.empty()) continue;
    json.begin_object();
    json.field("type", "nic");
    json.field("bus", "pci");
    json.field("mac", server.ports[i].mac_address);
    write_tags(json, server.networks[i].tag);
    json.end_object();
  }
  for (const ServerVolume& volume : server.volumes) {
    if (volume.tag.empty() || volume.state == "attaching") continue;
    json.begin_object();
    json.field("type", "disk");
    json.field("bus", "pci");
    json.field("serial", volume.volume_id);
    json.field("path", volume.device_name);
    write_tags(json, volume.tag);
    json.end_object();
  }
  json.end_array();
}

std::string meta_data_json(const ServerDescription& server, platform::Random& random) {
  base::JsonWriter json;
  json.begin_object();
  json.field("uuid", server.id);
  json.field("name", server.name);
  json.field("hostname", server.hostname + ".novalocal");
  json.field("launch_index", server.launch_index);
  json.field("availability_zone", server.availability_zone);
  json.field("project_id", server.project_id);
  json.field("random_seed", base::to_base64(random.bytes(kSeedBytes)));
  json.key("meta");
  json.begin_object();
  for (const auto& [name, value] : server.metadata) json.field(name, value);
  json.end_object();
  if (!server.admin_password.empty()) json.field("admin_pass", server.admin_password);
  if (!server.public_key.empty()) {
    json.key("public_keys");
    json.begin_object();
    json.field(server.key_name, server.public_key);
    json.end_object();
    json.key("keys");
    json.begin_array();
    json.begin_object();
    json.field("name", server.key_name);
    json.field("type", "ssh");
    json.field("data", server.public_key);
    json.end_object();
    json.end_array();
  }
  write_devices(json, server);
  json.end_object();
  return json.take();
}

std::string link_name(const openstack::clients::Port& port) {
  return "tap" + port.id.substr(0, 11);
}

void write_links(base::JsonWriter& json, const ServerDescription& server) {
  json.key("links");
  json.begin_array();
  for (const auto& port : server.ports) {
    json.begin_object();
    json.field("id", link_name(port));
    json.field("vif_id", port.id);
    json.field("type", "bridge");
    json.field("ethernet_mac_address", port.mac_address);
    json.end_object();
  }
  json.end_array();
}

void write_networks(base::JsonWriter& json, const ServerDescription& server) {
  json.key("networks");
  json.begin_array();
  for (size_t i = 0; i < server.ports.size(); ++i) {
    json.begin_object();
    json.field("id", fmt::format("network{}", i));
    json.field("type", "ipv4_dhcp");
    json.field("link", link_name(server.ports[i]));
    json.field("network_id", server.ports[i].network_id);
    json.end_object();
  }
  json.end_array();
}

std::string network_data_json(const ServerDescription& server) {
  base::JsonWriter json;
  json.begin_object();
  write_links(json, server);
  write_networks(json, server);
  json.key("services");
  json.begin_array();
  json.end_array();
  json.end_object();
  return json.take();
}

using Files = std::map<std::string, std::string>;

Files openstack_files(const ServerDescription& server, platform::Random& random) {
  Files files{{"meta_data.json", meta_data_json(server, random)},
              {"network_data.json", network_data_json(server)},
              {"vendor_data.json", "{}"},
              {"vendor_data2.json", "{}"}};
  if (!server.user_data.empty()) files["user_data"] = user_data(server);
  return files;
}

// As a directory tree: openstack/VERSION/FILE for all versions.
Files openstack_tree(const ServerDescription& server, platform::Random& random) {
  Files files;
  const Files newest = openstack_files(server, random);
  for (const std::string_view version : kOpenStackVersions)
    for (const auto& [name, text] : newest) {
      const bool later = std::any_of(kSince.begin(), kSince.end(), [&](const Since& since) {
        return since.file == name && version < since.version;
      });
      if (!later) files[fmt::format("openstack/{}/{}", version, name)] = text;
    }
  return files;
}

Files ec2_meta_data(const ServerDescription& server) {
  const std::string address = fixed_address(server);
  Files files{
      {"ami-id", ec2_id("ami", server.image_id.empty() ? server.id : server.image_id)},
      {"ami-launch-index", fmt::format("{}", server.launch_index)},
      {"ami-manifest-path", ""},
      {"block-device-mapping/ami", "vda"},
      {"block-device-mapping/root", "/dev/vda"},
      {"hostname", server.hostname + ".novalocal"},
      {"instance-action", "none"},
      {"instance-id", ec2_id("i", server.id)},
      {"instance-type", server.flavor_name},
      {"local-hostname", server.hostname + ".novalocal"},
      {"local-ipv4", address},
      {"placement/availability-zone", server.availability_zone},
      {"public-hostname", server.hostname + ".novalocal"},
      {"public-ipv4", ""},
      {"reservation-id", server.reservation_id},
  };
  size_t ephemeral = 0;
  for (const LocalDisk& disk : server.local_disks) {
    const std::string name =
        disk.format == "swap" ? disk.format : fmt::format("ephemeral{}", ephemeral++);
    files["block-device-mapping/" + name] = disk.device_name;
  }
  if (!server.public_key.empty()) files["public-keys/0/openssh-key"] = server.public_key;
  return files;
}

// All paths below the root of the metadata service.
Files tree(const ServerDescription& server, platform::Random& random) {
  Files files = openstack_tree(server, random);
  const Files classic = ec2_meta_data(server);
  for (const std::string_view version : kEc2Versions) {
    for (const auto& [path, text] : classic)
      files[fmt::format("{}/meta-data/{}", version, path)] = text;
    if (!server.user_data.empty()) files[fmt::format("{}/user-data", version)] = user_data(server);
  }
  return files;
}

// The names directly below `directory` ("" or "a/b/"), directories of EC2 with a slash at the end.
std::optional<std::string> listing(const ServerDescription& server, const Files& files,
                                   const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& [path, text] : files) {
    if (!path.starts_with(directory)) continue;
    const std::string rest = path.substr(directory.size());
    const size_t slash = rest.find('/');
    std::string name = rest.substr(0, slash);
    const bool classic = directory.find("meta-data/") != std::string::npos;
    if (slash != std::string::npos && classic) name += "/";
    if (directory.ends_with("public-keys/")) name = "0=" + server.key_name;
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  if (names.empty()) return std::nullopt;
  return base::join(names, "\n");
}

}  // namespace

std::optional<std::string> answer(const ServerDescription& server, std::string_view path,
                                  platform::Random& random) {
  std::string name;
  for (const std::string_view part : base::split(path, '/'))
    if (!part.empty()) name += (name.empty() ? "" : "/") + std::string(part);
  const Files files = tree(server, random);
  if (const auto file = files.find(name); file != files.end()) return file->second;
  return listing(server, files, name.empty() ? name : name + "/");
}

std::map<std::string, std::string> config_drive_files(const ServerDescription& server,
                                                      platform::Random& random) {
  Files files = openstack_tree(server, random);
  base::JsonWriter classic;
  classic.begin_object();
  for (const auto& [name, text] : ec2_meta_data(server))
    if (name.find('/') == std::string::npos) classic.field(name, text);
  classic.end_object();
  const std::string meta_data = classic.take();
  for (const std::string_view version : kEc2DriveVersions) {
    files[fmt::format("ec2/{}/meta-data.json", version)] = meta_data;
    if (!server.user_data.empty())
      files[fmt::format("ec2/{}/user-data", version)] = user_data(server);
  }
  return files;
}

}  // namespace nova::metadata
