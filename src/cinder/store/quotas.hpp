// Limits of projects and classes, and what projects use: always counted from the rows themselves.
#pragma once

#include <map>
#include <string>

#include "openstack/limits.hpp"

namespace cinder::store {

using openstack::Limits;
using openstack::list_quota_class;
using openstack::set_quota_class;

[[nodiscard]] Limits list_quotas(platform::Session& session, const std::string& project_id);
void set_quota(platform::Session& session, const std::string& project_id,
               const std::string& resource, int64_t limit);
void delete_quotas(platform::Session& session, const std::string& project_id);

// What there is of one volume type, or of one project.
struct TypeUsage {
  int64_t volumes = 0;
  int64_t volumes_gib = 0;
  int64_t snapshots = 0;
  int64_t snapshots_gib = 0;
};
using Usage = std::map<std::string, TypeUsage>;
// By the type's id.
[[nodiscard]] Usage usage_of_project(platform::Session& session, const std::string& project_id);
// By the project's id: what is kept by "host@backend".
[[nodiscard]] Usage usage_of_backend(platform::Session& session, const std::string& host);

}  // namespace cinder::store
