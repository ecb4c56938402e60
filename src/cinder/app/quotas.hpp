// Limits that hold for a project, and whether a request still fits.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cinder/app/app.hpp"
#include "cinder/store/quotas.hpp"

namespace cinder::app {

// Every resource with a limit: those of a project as a whole, and for each volume type its volumes,
// snapshots and gigabytes ("volumes_fast"), which have none unless one is set.
[[nodiscard]] std::vector<std::string> quota_resources(platform::Session& session);

// Configured defaults, overridden by the class "default".
[[nodiscard]] store::Limits default_limits(platform::Session& session, const Settings& settings);
// Those, overridden by what was set for the project.
[[nodiscard]] store::Limits project_limits(platform::Session& session, const Settings& settings,
                                           const std::string& project_id);
// Resource -> what the project uses of it; every resource of quota_resources() is there.
[[nodiscard]] std::map<std::string, int64_t> usages_of(platform::Session& session,
                                                       const std::string& project_id);

// What something more needs.
struct Demand {
  std::string volume_type_id;
  int64_t volumes = 0;
  int64_t snapshots = 0;
  int64_t gib = 0;            // of one volume or snapshot
  int64_t snapshots_gib = 0;  // of snapshots that come with it
  int64_t groups = 0;
};
// Throws Error(too_large) in Cinder's words if the quota does not allow it. Counts the rows within
// the caller's transaction.
void check_quota(platform::Session& session, const Settings& settings,
                 const std::string& project_id, const Demand& demand);

}  // namespace cinder::app
