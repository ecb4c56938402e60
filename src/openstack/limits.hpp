// Limits of quotas as Nova and Cinder keep them, and the table `quota_classes` that both have.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace openstack {

using Limits = std::map<std::string, int64_t>;  // resource -> limit; below zero: none

// Of a query for resource and limit.
[[nodiscard]] Limits read_limits(platform::Session& session, std::string_view sql,
                                 const platform::SqlValues& values);

// Only what was set for the class.
[[nodiscard]] Limits list_quota_class(platform::Session& session, const std::string& class_name);
void set_quota_class(platform::Session& session, const std::string& class_name,
                     const std::string& resource, int64_t limit);

}  // namespace openstack
