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

// A port too many, of a create whose answer was lost, is never wired and is not waited for.
bool are_wired(const std::vector<Port>& all, const std::vector<Port>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const Port& port) {
    return std::any_of(all.begin(), all.end(), [&](const Port& other) {
      return other.id == port.id && other.status == "ACTIVE";
    });
  });
}

// Does nothing for a port that is gone.
template <class F>
void ignoring_missing(F&& change) {
  try {
    change();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
}

// Nothing if the port is gone that Nova had made.
std::optional<Port> take_over(Host& host, const ServerDescription& server,
                              const std::string& port_id, const std::string& request_id) {
  const auto still_wanted = [&] {
    const auto now = host.conductor.call(GetServer{host.name, server.id}).server;
    if (!now || now->operation_id != server.operation_id)
      throw base::Error(base::ErrorKind::conflict,
                        "The server is not built on this host any more.");
  };
  try {
    host.bindings.bind(port_id, server.id, host.name, still_wanted, request_id);
    return host.neutron.get_port(port_id, request_id);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found || brought_by_user(server, port_id)) throw;
    return std::nullopt;
  }
}

}  // namespace

std::vector<Port> ensure_ports(Host& host, const ServerDescription& server,
                               const std::string& request_id) {
  if (server.networks.empty()) return {};
  std::vector<Port> existing = host.neutron.list_ports_of_device(server.id, request_id);
  std::vector<Port> ports;
  for (const RequestedNetwork& wanted : server.networks) {
    auto port = take_existing(existing, wanted);
    if (port && port->host != host.name) port = take_over(host, server, port->id, request_id);
    if (!port && !wanted.port_id.empty())
      port = take_over(host, server, wanted.port_id, request_id);
    ports.push_back(port ? std::move(*port) : create(host, server, wanted, request_id));
    if (ports.back().vif_type == "binding_failed")
      throw base::Error(base::ErrorKind::conflict,
                        "Binding failed for port " + ports.back().id +
                            ", please check neutron logs for more information.");
  }
  return ports;
}

void release_ports(Host& host, const ServerDescription& server, Ports which,
                   const std::string& request_id) {
  for (const Port& port : host.neutron.list_ports_of_device(server.id, request_id)) {
    if (which == Ports::of_this_host && port.host != host.name) continue;
    const openstack::clients::PortBinding binding{port.id, server.id};
    ignoring_missing([&] {
      if (brought_by_user(server, port.id))
        host.bindings.release(binding, port.host, request_id);
      else
        host.bindings.remove(binding, port.host, request_id);
    });
  }
}

void wait_for_ports(Host& host, const ServerDescription& server, const std::string& request_id) {
  if (host.vif_plugging_timeout == base::Duration{0}) return;
  const base::SteadyTime deadline = host.runtime.clock.steady() + host.vif_plugging_timeout;
  for (;;) {
    if (are_wired(host.neutron.list_ports_of_device(server.id, request_id), server.ports)) return;
    const base::SteadyTime now = host.runtime.clock.steady();
    if (now > deadline)
      throw base::Error(base::ErrorKind::timeout, "Virtual Interface creation failed",
                        "ports not active in time: is the L2 agent of this host alive?");
    host.port_waits.wait(server.id, std::min(deadline, now + kLook));
  }
}

}  // namespace nova::compute
