#include "neutron/host_networks.hpp"

#include "neutron/app/host_networks.hpp"

namespace neutron {

HostNetworks list_host_networks(platform::Database& database, const std::string& host) {
  return database.read(
      [&](platform::Session& session) { return app::describe_host(session, host); });
}

}  // namespace neutron
