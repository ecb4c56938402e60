#include "nova/metadata/metadata.hpp"

#include <fmt/core.h>

#include <array>

#include "base/text.hpp"

namespace nova::metadata {
namespace {

constexpr std::array<std::string_view, 6> kOpenStackVersions{
    "2012-08-10", "2013-10-17", "2015-10-15", "2016-06-30", "2017-02-22", "2018-08-27"};
constexpr std::array<std::string_view, 3> kEc2Versions{"1.0", "2007-01-19", "2009-04-04"};

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

std::string meta_data_json(const ServerDescription& server) {
  base::JsonWriter json;
  json.begin_object();
  json.field("uuid", server.id);
  json.field("name", server.name);
  json.field("hostname", server.hostname + ".novalocal");
  json.field("launch_index", server.launch_index);
  json.field("availability_zone", server.availability_zone);
  json.field("project_id", server.project_id);
  json.field("random_seed", base::to_base64(server.id + server.operation_id));
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
  json.key("devices");
  json.begin_array();
  json.end_array();
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

Files openstack_files(const ServerDescription& server) {
  Files files{{"meta_data.json", meta_data_json(server)},
              {"network_data.json", network_data_json(server)},
              {"vendor_data.json", "{}"},
              {"vendor_data2.json", "{}"}};
  if (!server.user_data.empty()) files["user_data"] = user_data(server);
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
  if (!server.public_key.empty()) files["public-keys/0/openssh-key"] = server.public_key;
  return files;
}

// All paths below the root of the metadata service.
Files tree(const ServerDescription& server) {
  Files files;
  const auto put = [&](const std::string& prefix, const Files& more) {
    for (const auto& [path, text] : more) files[prefix + path] = text;
  };
  const Files modern = openstack_files(server);
  for (const std::string_view version : kOpenStackVersions)
    put(fmt::format("openstack/{}/", version), modern);
  put("openstack/latest/", modern);
  const Files classic = ec2_meta_data(server);
  const auto put_classic = [&](std::string_view version) {
    put(fmt::format("{}/meta-data/", version), classic);
    if (!server.user_data.empty()) files[fmt::format("{}/user-data", version)] = user_data(server);
  };
  for (const std::string_view version : kEc2Versions) put_classic(version);
  put_classic("latest");
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

std::optional<std::string> answer(const ServerDescription& server, std::string_view path) {
  std::string name;
  for (const std::string_view part : base::split(path, '/'))
    if (!part.empty()) name += (name.empty() ? "" : "/") + std::string(part);
  const Files files = tree(server);
  if (const auto file = files.find(name); file != files.end()) return file->second;
  return listing(server, files, name.empty() ? name : name + "/");
}

std::map<std::string, std::string> config_drive_files(const ServerDescription& server) {
  std::map<std::string, std::string> files;
  for (const auto& [name, text] : openstack_files(server)) {
    files["openstack/latest/" + name] = text;
    files["openstack/2018-08-27/" + name] = text;
  }
  base::JsonWriter classic;
  classic.begin_object();
  for (const auto& [name, text] : ec2_meta_data(server))
    if (name.find('/') == std::string::npos) classic.field(name, text);
  classic.end_object();
  files["ec2/latest/meta-data.json"] = classic.take();
  if (!server.user_data.empty()) files["ec2/latest/user-data"] = user_data(server);
  return files;
}

}  // namespace nova::metadata
