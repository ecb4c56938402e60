// https://docs.openstack.org/api-ref/network/v2/
#include "openstack/clients/neutron.hpp"

#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "openstack/clients/port_bindings.hpp"

namespace openstack::clients {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonArray;
using base::JsonObject;

// Nova's owner of a port is "compute:" and the availability zone.
constexpr const char* kDeviceOwner = "compute:nova";

const JsonArray& array_of(const Json& json, std::string_view key) {
  static const JsonArray kNone;
  const Json* found = base::find(json, key);
  return found && found->is_array() ? found->get_array() : kNone;
}

const Json& object_of(const Json& json, std::string_view key) {
  const Json* found = base::find(json, key);
  if (!found || !found->is_object())
    throw Error(ErrorKind::bad_gateway, "The network service gave an answer without its resource.");
  return *found;
}

std::vector<std::string> texts_of(const JsonArray& array) {
  std::vector<std::string> texts;
  for (const Json& item : array)
    if (item.is_string()) texts.emplace_back(item.get_string());
  return texts;
}

std::string project_of(const Json& json) {
  return base::text_or(json, "project_id", base::text_or(json, "tenant_id"));
}

Port port_of(const Json& json) {
  Port port;
  port.id = base::text_or(json, "id");
  port.network_id = base::text_or(json, "network_id");
  port.project_id = project_of(json);
  port.mac_address = base::text_or(json, "mac_address");
  port.status = base::text_or(json, "status");
  port.device_id = base::text_or(json, "device_id");
  port.device_owner = base::text_or(json, "device_owner");
  port.host = base::text_or(json, "binding:host_id");
  port.vif_type = base::text_or(json, "binding:vif_type");
  for (const Json& ip : array_of(json, "fixed_ips"))
    port.fixed_ips.push_back({base::text_or(ip, "subnet_id"), base::text_or(ip, "ip_address")});
  port.security_groups = texts_of(array_of(json, "security_groups"));
  return port;
}

Network network_of(const Json& json) {
  Network network;
  network.id = base::text_or(json, "id");
  network.name = base::text_or(json, "name");
  network.project_id = project_of(json);
  network.mtu = base::integer_or(json, "mtu", network.mtu);
  network.shared = base::boolean_or(json, "shared", false);
  return network;
}

Subnet subnet_of(const Json& json) {
  Subnet subnet;
  subnet.id = base::text_or(json, "id");
  subnet.network_id = base::text_or(json, "network_id");
  subnet.cidr = base::text_or(json, "cidr");
  subnet.gateway_ip = base::text_or(json, "gateway_ip");
  subnet.ip_version = base::integer_or(json, "ip_version", subnet.ip_version);
  subnet.enable_dhcp = base::boolean_or(json, "enable_dhcp", subnet.enable_dhcp);
  subnet.dns_nameservers = texts_of(array_of(json, "dns_nameservers"));
  return subnet;
}

JsonObject body_of(const PortRequest& request) {
  JsonObject port{{"network_id", request.network_id},
                  {"tenant_id", request.project_id},
                  {"device_id", request.device_id},
                  {"device_owner", kDeviceOwner},
                  {"name", request.name},
                  {"binding:profile", JsonObject{{kMadeByNova, true}}},
                  {"admin_state_up", true}};
  if (!request.host.empty()) port["binding:host_id"] = request.host;
  if (request.fixed_ip)
    port["fixed_ips"] = JsonArray{JsonObject{{"ip_address", *request.fixed_ip}}};
  if (request.mac_address) port["mac_address"] = *request.mac_address;
  if (request.security_groups) {
    JsonArray groups;
    for (const std::string& id : *request.security_groups) groups.emplace_back(id);
    port["security_groups"] = std::move(groups);
  }
  return port;
}

std::string target_of(std::string_view collection, const std::string& id) {
  return "/v2.0/" + std::string(collection) + "/" + base::percent_encode(id);
}
std::string query_of(std::string_view collection, const std::string& name,
                     const std::string& value) {
  return "/v2.0/" + std::string(collection) + "?" + name + "=" + base::percent_encode(value);
}

}  // namespace

// As Nova asks: once for the project's own networks and once for the shared ones.
std::vector<Network> Neutron::list_networks(const std::string& project_id,
                                            const std::string& request_id) {
  std::vector<Network> networks;
  std::set<std::string> seen;
  for (const std::string& target :
       {query_of("networks", "tenant_id", project_id), query_of("networks", "shared", "True")}) {
    const Json answer = session_.call(url_base_, "GET", target, nullptr, request_id);
    for (const Json& json : array_of(answer, "networks")) {
      Network network = network_of(json);
      if (seen.insert(network.id).second) networks.push_back(std::move(network));
    }
  }
  return networks;
}

Network Neutron::get_network(const std::string& id, const std::string& request_id) {
  const Json answer =
      session_.call(url_base_, "GET", target_of("networks", id), nullptr, request_id);
  return network_of(object_of(answer, "network"));
}

std::vector<Subnet> Neutron::list_subnets(const std::string& network_id,
                                          const std::string& request_id) {
  const Json answer = session_.call(url_base_, "GET", query_of("subnets", "network_id", network_id),
                                    nullptr, request_id);
  std::vector<Subnet> subnets;
  for (const Json& json : array_of(answer, "subnets")) subnets.push_back(subnet_of(json));
  return subnets;
}

std::vector<std::string> Neutron::find_security_groups(const std::string& project_id,
                                                       const std::string& name_or_id,
                                                       const std::string& request_id) {
  std::vector<std::string> ids;
  for (const auto& [id, name] : list_security_groups(project_id, request_id)) {
    // An id means that group alone, whatever others are called.
    if (id == name_or_id) return {id};
    if (name == name_or_id) ids.push_back(id);
  }
  return ids;
}

std::vector<std::pair<std::string, std::string>> Neutron::list_security_groups(
    const std::string& project_id, const std::string& request_id) {
  const std::string target =
      query_of("security-groups", "tenant_id", project_id) + "&fields=id&fields=name";
  const Json answer = session_.call(url_base_, "GET", target, nullptr, request_id);
  std::vector<std::pair<std::string, std::string>> groups;
  for (const Json& json : array_of(answer, "security_groups"))
    groups.emplace_back(base::text_or(json, "id"), base::text_or(json, "name"));
  return groups;
}

Port Neutron::get_port(const std::string& id, const std::string& request_id) {
  const Json answer = session_.call(url_base_, "GET", target_of("ports", id), nullptr, request_id);
  return port_of(object_of(answer, "port"));
}

std::vector<Port> Neutron::list_ports_of_device(const std::string& device_id,
                                                const std::string& request_id) {
  const Json answer = session_.call(url_base_, "GET", query_of("ports", "device_id", device_id),
                                    nullptr, request_id);
  std::vector<Port> ports;
  for (const Json& json : array_of(answer, "ports")) ports.push_back(port_of(json));
  return ports;
}

Port Neutron::create_port(const PortRequest& port, const std::string& request_id) {
  const Json answer = session_.call(url_base_, "POST", "/v2.0/ports",
                                    JsonObject{{"port", body_of(port)}}, request_id);
  return port_of(object_of(answer, "port"));
}

void Neutron::delete_port(const std::string& port_id, const std::string& request_id) {
  try {
    session_.call(url_base_, "DELETE", target_of("ports", port_id), nullptr, request_id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }
}

}  // namespace openstack::clients
