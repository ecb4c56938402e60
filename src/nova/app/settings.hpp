// Nova's options as plain values, read once at start.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "nova/scheduler/placement.hpp"
#include "openstack/clients/service_session.hpp"
#include "platform/config.hpp"

namespace nova::app {

// How much more than it has a host may promise.
struct Ratios {
  double cpu = 4.0;
  double ram = 1.0;
  double disk = 1.0;
};

struct Settings {
  Ratios ratios;
  int64_t reserved_host_memory_mib = 0;
  base::Duration service_down_time{};
  base::Duration report_interval{};
  int64_t max_attempts = 3;  // hosts on which a build is tried
  int64_t max_limit = 1000;  // items of a page
  bool force_config_drive = false;
  int64_t max_local_block_devices = 3;    // of a server, its root included; -1: any number
  std::string default_zone;               // of hosts in no zone
  std::string default_schedule_zone;      // of servers that name none; empty: any
  std::map<std::string, int64_t> quotas;  // resource -> default limit
  std::vector<std::string> filters;
  scheduler::WeightMultipliers weights;
  openstack::clients::ServiceCredentials credentials;
  std::string neutron_url;
  std::string glance_url;
  std::string cinder_url;
  std::string metadata_secret;
};

// Throws base::Error(bad_request) for values that do not go together.
[[nodiscard]] Settings read_settings(const platform::Config& config);

}  // namespace nova::app
