// Limits that were set, and what is used, counted from the rows themselves.
#pragma once

#include <map>
#include <string>

#include "openstack/limits.hpp"

namespace nova::store {

using openstack::Limits;
using openstack::list_quota_class;
using openstack::set_quota_class;

// Only what was set; an empty user means the project's.
[[nodiscard]] Limits list_quotas(platform::Session& session, const std::string& project_id,
                                 const std::string& user_id = {});
// Those of the project, and those of the user in it.
struct ProjectLimits {
  Limits project;
  Limits user;
};
[[nodiscard]] ProjectLimits list_quotas_of_both(platform::Session& session,
                                                const std::string& project_id,
                                                const std::string& user_id);
void set_quota(platform::Session& session, const std::string& project_id,
               const std::string& user_id, const std::string& resource, int64_t limit);
// Back to the defaults; of all users too if `user_id` is empty.
void delete_quotas(platform::Session& session, const std::string& project_id,
                   const std::string& user_id);

struct Usage {
  int64_t instances = 0;
  int64_t cores = 0;
  int64_t ram = 0;  // MiB
};
[[nodiscard]] Usage usage_of_project(platform::Session& session, const std::string& project_id);
[[nodiscard]] Usage usage_of_user(platform::Session& session, const std::string& project_id,
                                  const std::string& user_id);

}  // namespace nova::store
