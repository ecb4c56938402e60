// Cinder's options as plain values, read once at start.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "openstack/clients/service_session.hpp"
#include "platform/config.hpp"

namespace cinder::app {

struct Settings {
  base::Duration service_down_time{};
  base::Duration report_interval{};
  int64_t max_attempts = 3;               // pools in which the creation of a volume is tried
  int64_t max_limit = 1000;               // items of a page
  std::string zone;                       // of services and, unless they name one, of volumes
  bool zone_fallback = false;             // an unknown zone counts as none
  std::string default_volume_type;        // its name
  bool enable_force_upload = false;       // volumes in use become images if a user forces it
  base::Duration message_ttl{};           // of messages to users
  std::map<std::string, int64_t> quotas;  // resource -> default limit
  std::vector<std::string> filters;
  std::vector<std::string> weighers;
  std::map<std::string, double> weights;  // option -> multiplier
  openstack::clients::ServiceCredentials credentials;
  std::string glance_url;
  std::string nova_url;
};

// Throws base::Error(bad_request) for values that do not go together.
[[nodiscard]] Settings read_settings(const platform::Config& config);

}  // namespace cinder::app
