#include "nova/compute/ports.hpp"

#include <algorithm>

#include "base/ids.hpp"

namespace nova::compute {
namespace {

using openstack::clients::Port;

constexpr base::Duration kLook = std::chrono::seconds{1};

bool brought_by_user(const ServerDescription& server, const std::string& port_id) {
  return std::any_of(server.networks.begin(), server.networks.end(),
                     [&](const RequestedNetwork& network) { return network.port_id == port_id; });
}

// Takes the port of that network which a former attempt made.
std::optional<Port> take_existing(std::vector<Port>& ports, const RequestedNetwork& wanted) {
  const auto found = std::find_if(ports.begin(), ports.end(), [&](const Port& port) {
    return wanted.port_id.empty() ? port.network_id == wanted.network_id
                                  : port.id == wanted.port_id;
  });
  if (found == ports.end()) return std::nullopt;
  Port port = std::move(*found);
  ports.erase(found);
  return port;
}

std::optional<std::vector<std::string>> security_group_ids(Host& host,
                                                           const ServerDescription& server,
                                                           const std::string& request_id) {
  if (server.security_groups.empty()) return std::nullopt;
  std::vector<std::string> ids;
  for (const std::string& name : server.security_groups) {
    if (base::is_uuid(name)) {
      ids.push_back(name);
      continue;
    }
    const auto found = host.neutron.find_security_groups(server.project_id, name, request_id);
    ids.insert(ids.end(), found.begin(), found.end());
  }
  return ids;
}

Port create(Host& host, const ServerDescription& server, const RequestedNetwork& wanted,
            const std::string& request_id) {
  openstack::clients::PortRequest request;
  request.network_id = wanted.network_id;
  request.project_id = server.project_id;
  request.device_id = server.id;
  request.host = host.name;
  if (!wanted.fixed_ip.empty()) request.fixed_ip = wanted.fixed_ip;
  request.security_groups = security_group_ids(host, server, request_id);
  return host.neutron.create_port(request, request_id);
}

}  // namespace

std::vector<Port> ensure_ports(Host& host, const ServerDescription& server,
                               const std::string& request_id) {
  if (server.networks.empty()) return {};
  std::vector<Port> existing = host.neutron.list_ports_of_device(server.id, request_id);
  std::vector<Port> ports;
  for (const RequestedNetwork& wanted : server.networks) {
    auto port = take_existing(existing, wanted);
    if (port && port->host == host.name) {
      ports.push_back(std::move(*port));
    } else if (port || !wanted.port_id.empty()) {
      ports.push_back(host.neutron.bind_port(port ? port->id : wanted.port_id, server.id, host.name,
                                             request_id));
    } else {
      ports.push_back(create(host, server, wanted, request_id));
    }
    if (ports.back().vif_type == "binding_failed")
      throw base::Error(base::ErrorKind::conflict,
                        "Binding failed for port " + ports.back().id +
                            ", please check neutron logs for more information.");
  }
  return ports;
}

void release_ports(Host& host, const ServerDescription& server, const std::string& request_id) {
  for (const Port& port : host.neutron.list_ports_of_device(server.id, request_id)) {
    if (brought_by_user(server, port.id))
      host.neutron.unbind_port(port.id, request_id);
    else
      host.neutron.delete_port(port.id, request_id);
  }
}

void wait_for_ports(Host& host, const std::string& server_id, const std::string& request_id) {
  if (host.vif_plugging_timeout == base::Duration{0}) return;
  const base::SteadyTime deadline = host.runtime.clock.steady() + host.vif_plugging_timeout;
  for (;;) {
    const auto ports = host.neutron.list_ports_of_device(server_id, request_id);
    const bool wired = std::all_of(ports.begin(), ports.end(),
                                   [](const Port& port) { return port.status == "ACTIVE"; });
    if (wired) return;
    const base::SteadyTime now = host.runtime.clock.steady();
    if (now > deadline)
      throw base::Error(base::ErrorKind::timeout, "Virtual Interface creation failed",
                        "ports not active in time: is the L2 agent of this host alive?");
    host.port_waits.wait(server_id, std::min(deadline, now + kLook));
  }
}

}  // namespace nova::compute
