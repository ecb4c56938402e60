// The configuration of neutron-server, read once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "platform/config.hpp"

namespace neutron::app {

struct VniRange {
  int64_t first = 0;
  int64_t last = 0;
};

struct TypeDriverSettings {
  std::vector<std::string> type_drivers;
  std::vector<std::string> tenant_network_types;
  std::vector<std::string> flat_networks;  // "*": any
  std::vector<VniRange> vni_ranges;
};

struct Settings {
  TypeDriverSettings type_drivers;
  int64_t global_physnet_mtu = 1500;
  int64_t path_mtu = 0;                         // 0: as global_physnet_mtu
  std::map<std::string, int64_t> physnet_mtus;  // where it differs
  base::Duration agent_down_time{};
  int64_t dhcp_agents_per_network = 1;
  std::string dns_domain;
  std::string base_mac;
  int64_t max_fixed_ips_per_port = 5;
  int64_t max_dns_nameservers = 5;
  int64_t max_subnet_host_routes = 20;
  int64_t max_allowed_address_pair = 10;
  std::map<std::string, int64_t> quotas;  // resource -> default limit, -1: none
};

// Throws base::Error(bad_request) that names the option, for values that make no sense.
[[nodiscard]] Settings read_settings(const platform::Config& config);
[[nodiscard]] std::span<const platform::Option> server_options();

}  // namespace neutron::app
