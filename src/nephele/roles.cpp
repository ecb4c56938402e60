#include "nephele/roles.hpp"

#include <fmt/core.h>

#include <array>

#include "base/error.hpp"
#include "cinder/service.hpp"
#include "cinder/store/migrations.hpp"
#include "cinder/volume/service.hpp"
#include "glance/service.hpp"
#include "glance/store/migrations.hpp"
#include "keystone/service.hpp"
#include "keystone/store/migrations.hpp"
#include "neutron/agents/service.hpp"
#include "neutron/service.hpp"
#include "neutron/store/migrations.hpp"
#include "nova/compute/service.hpp"
#include "nova/service.hpp"
#include "nova/store/migrations.hpp"
#include "openstack/clients/revocation_feed.hpp"
#include "platform/bus/rabbitmq.hpp"
#include "platform/database/options.hpp"
#include "platform/http/tls_server.hpp"

namespace nephele {
namespace {

using OptionTables = std::vector<std::span<const platform::Option>>;

// In the order in which they start: who is called stands before who calls.
constexpr std::array kRoles{
    RoleEntry{"keystone", "keystone", "signs users in; projects, users, roles, catalog", true, 5000,
              0, keystone::make_keystone},
    RoleEntry{"glance-registry", "glance", "keeps image metadata", true, 0, 0,
              glance::make_glance_registry},
    RoleEntry{"glance-api", "glance", "takes, stores and hands out images", false, 9292, 0,
              glance::make_glance_api},
    RoleEntry{"neutron-server", "neutron", "networks, subnets, ports, security groups", true, 9696,
              0, neutron::make_neutron_server},
    RoleEntry{"nova-conductor", "nova", "reaches the database for compute hosts", true, 0, 0,
              nova::make_nova_conductor},
    RoleEntry{"nova-scheduler", "nova", "chooses a host for each server", true, 0, 0,
              nova::make_nova_scheduler},
    RoleEntry{"nova-api", "nova", "servers, flavors, keypairs", true, 8774, 8775,
              nova::make_nova_api},
    RoleEntry{"neutron-linuxbridge-agent", "neutron", "wires ports to bridges on this host", false,
              0, 0, neutron::agents::make_linuxbridge_agent},
    RoleEntry{"neutron-dhcp-agent", "neutron", "answers DHCP on each network", false, 0, 0,
              neutron::agents::make_dhcp_agent},
    RoleEntry{"neutron-metadata-agent", "neutron", "answers 169.254.169.254 on each network", false,
              0, 0, neutron::agents::make_metadata_agent},
    RoleEntry{"nova-compute", "nova", "runs guests on this host", false, 0, 0,
              nova::compute::make_nova_compute},
    RoleEntry{"cinder-scheduler", "cinder", "chooses a pool for each volume", true, 0, 0,
              cinder::make_cinder_scheduler},
    RoleEntry{"cinder-api", "cinder", "volumes, snapshots, volume types", true, 8776, 0,
              cinder::make_cinder_api},
    RoleEntry{"cinder-volume", "cinder", "keeps volumes in the back ends of this host", true, 0, 0,
              cinder::volume::make_cinder_volume},
};

const std::array kServices{
    ServiceEntry{"keystone", "identity", 5000, "/v3", false, keystone::store::migrations,
                 [] {
                   return OptionTables{keystone::options(), platform::http::tls_options(),
                                       platform::database_options()};
                 }},
    ServiceEntry{"glance", "image", 9292, "", true, glance::store::migrations,
                 [] {
                   return OptionTables{glance::options(), openstack::clients::auth_token_options(),
                                       platform::http::tls_options(), platform::bus_options(),
                                       platform::database_options()};
                 }},
    ServiceEntry{"cinder", "volumev3", 8776, "/v3/%(project_id)s", true, cinder::store::migrations,
                 [] {
                   return OptionTables{cinder::options(),
                                       cinder::volume::options(),
                                       openstack::clients::auth_token_options(),
                                       platform::http::tls_options(),
                                       platform::bus_options(),
                                       platform::database_options()};
                 }},
    ServiceEntry{"neutron", "network", 9696, "", true, neutron::store::migrations,
                 [] {
                   return OptionTables{neutron::options(),
                                       neutron::agents::options(),
                                       openstack::clients::auth_token_options(),
                                       platform::http::tls_options(),
                                       platform::bus_options(),
                                       platform::database_options()};
                 }},
    ServiceEntry{"nova", "compute", 8774, "/v2.1", true, nova::store::migrations,
                 [] {
                   return OptionTables{nova::options(),
                                       nova::compute::options(),
                                       openstack::clients::auth_token_options(),
                                       platform::http::tls_options(),
                                       platform::bus_options(),
                                       platform::database_options()};
                 }},
};

}  // namespace

std::span<const RoleEntry> roles() { return kRoles; }

std::span<const ServiceEntry> services() { return kServices; }

const RoleEntry& get_role(std::string_view name) {
  for (const RoleEntry& role : kRoles)
    if (role.name == name) return role;
  std::string known;
  for (const RoleEntry& role : kRoles) known += fmt::format(" {}", role.name);
  throw base::Error(base::ErrorKind::bad_request,
                    fmt::format("there is no role '{}'; known roles:{}", name, known));
}

const ServiceEntry& get_service(std::string_view name) {
  for (const ServiceEntry& service : kServices)
    if (service.name == name) return service;
  throw base::Error(base::ErrorKind::bad_request, fmt::format("there is no service '{}'", name));
}

}  // namespace nephele
