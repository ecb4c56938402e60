// Limits that hold for a project or user, and whether a request still fits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nova/app/app.hpp"
#include "nova/store/quotas.hpp"

namespace nova::app {

// Every resource with a limit, in the order of Nova's documents.
[[nodiscard]] const std::vector<std::string>& quota_resources();

// Configured defaults, overridden by the class "default".
[[nodiscard]] store::Limits default_limits(platform::Session& session, const Settings& settings);
// Those, overridden by what was set for the project.
[[nodiscard]] store::Limits project_limits(platform::Session& session, const Settings& settings,
                                           const std::string& project_id);
// Those, overridden by what was set for the user in the project.
[[nodiscard]] store::Limits user_limits(platform::Session& session, const Settings& settings,
                                        const std::string& project_id, const std::string& user_id);

// What `count` servers of one flavor add.
struct ServerDemand {
  int64_t min_count = 1;
  int64_t max_count = 1;
  int64_t cores = 0;  // per server
  int64_t ram = 0;    // per server
};
// How many of the wanted servers the quota allows: at least min_count, else throws
// Error(forbidden) in Nova's words. Counts the rows within the caller's transaction.
[[nodiscard]] int64_t allowed_servers(platform::Session& session, const Settings& settings,
                                      const std::string& project_id, const std::string& user_id,
                                      const ServerDemand& demand);

}  // namespace nova::app
