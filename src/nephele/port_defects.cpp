#include "nephele/port_defects.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "neutron/host_networks.hpp"
#include "nova/leftovers.hpp"

namespace nephele {
namespace {

using Servers = std::map<std::string, nova::ServerPorts>;

void report(std::vector<Defect>& defects, const neutron::ServerPort& port, std::string text,
            std::string advice) {
  defects.push_back(
      {{platform::Severity::problem, "port " + port.id, std::move(text), std::move(advice)},
       nullptr});
}

void compare(const neutron::ServerPort& port, const Servers& servers,
             std::vector<Defect>& defects) {
  const auto found = servers.find(port.server_id);
  if (found == servers.end())
    return report(defects, port, fmt::format("is of server {}, which is not there", port.server_id),
                  fmt::format("openstack port delete {}", port.id));
  const nova::ServerPorts& server = found->second;
  if (!server.settled || server.host.empty()) return;
  const auto& known = server.ports;
  if (std::find(known.begin(), known.end(), port.id) == known.end())
    report(defects, port, fmt::format("is of server {}, which does not know it", port.server_id),
           fmt::format("openstack port unset --device {}, or port delete", port.id));
  else if (port.host != server.host)
    report(defects, port,
           fmt::format("is bound to host '{}', and its server {} is on {}", port.host,
                       port.server_id, server.host),
           fmt::format("openstack port set --host {} {}", server.host, port.id));
}

}  // namespace

void compare_ports(const CommandLine& line, std::vector<Defect>& defects) {
  const auto neutron = find_database_of(line, "neutron");
  const auto nova = find_database_of(line, "nova");
  if (!neutron || !nova) return;
  // Ports first: one that comes meanwhile may have a server that came meanwhile.
  const auto ports = neutron::list_server_ports(*neutron);
  const Servers servers = nova::list_server_ports(*nova);
  for (const neutron::ServerPort& port : ports) compare(port, servers, defects);
}

}  // namespace nephele
