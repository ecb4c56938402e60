// Nova at a glance, as its database has it: for `nephele status`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "openstack/role_state.hpp"
#include "platform/config.hpp"
#include "platform/database/database.hpp"

namespace nova {

struct HostOverview {
  std::string host;
  bool up = false;
  bool enabled = true;
  std::string virt_type;  // "kvm" or "qemu"
  int64_t servers = 0;
  int64_t in_progress = 0;  // servers in an operation
  int64_t running_guests = 0;
  int64_t vcpus = 0;
  int64_t vcpus_used = 0;
  int64_t memory_mib = 0;
  int64_t memory_mib_used = 0;
  int64_t free_disk_gib = 0;
};

struct Overview {
  std::vector<openstack::RoleState> roles;
  std::vector<HostOverview> hosts;
  std::map<std::string, int64_t> servers;  // by vm_state
  int64_t operations = 0;                  // in progress
  int64_t overdue = 0;                     // of these: past their deadline
};

[[nodiscard]] Overview read_overview(platform::Database& database, const platform::Config& config,
                                     base::TimePoint now);

}  // namespace nova
