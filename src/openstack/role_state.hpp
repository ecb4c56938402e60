// What a service's database says of a role that reports to it: for `nephele status` and `doctor`.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"

namespace openstack {

struct RoleState {
  std::string role;  // "nova-compute"
  std::string host;
  bool up = false;             // its last report is young enough
  bool enabled = true;         // an operator has not taken it out
  std::string remark;          // why it is disabled, or what it can not do; empty: nothing to say
  base::TimePoint reported{};  // last
};

}  // namespace openstack
