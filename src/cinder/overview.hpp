// Cinder at a glance, as its database has it: for `nephele status` and `doctor`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "openstack/role_state.hpp"
#include "platform/config.hpp"
#include "platform/database/database.hpp"

namespace cinder {

struct PoolOverview {
  std::string name;  // "host@backend#pool"
  bool up = false;
  bool enabled = true;
  int64_t total_gib = 0;
  int64_t free_gib = 0;     // as its back end reported last
  int64_t claimed_gib = 0;  // promised to volumes and snapshots
};

struct Overview {
  std::vector<openstack::RoleState> roles;
  std::vector<PoolOverview> pools;
  std::map<std::string, int64_t> volumes;  // by status
  int64_t operations = 0;                  // in progress, of volumes and snapshots
  int64_t overdue = 0;                     // of these: past their deadline
};

[[nodiscard]] Overview read_overview(platform::Database& database, const platform::Config& config,
                                     base::TimePoint now);

// That a server uses a volume, as Cinder has it.
struct ServerAttachment {
  std::string id;
  std::string volume_id;
  std::string server_id;
  bool ending = false;  // the back end is cutting it off
};
[[nodiscard]] std::vector<ServerAttachment> list_server_attachments(platform::Database& database);

}  // namespace cinder
