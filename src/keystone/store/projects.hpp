// Projects and domains: one table, as in Keystone a domain is a project that acts as one.
#pragma once

#include <map>

#include "keystone/store/entity.hpp"

namespace keystone::store {

struct Project {
  static constexpr std::string_view kTable = "projects";
  static constexpr std::string_view kKind = "project";
  std::string id;
  std::string domain_id;  // "" for a domain
  std::string name;
  std::optional<std::string> parent_id;  // of a top-level project: its domain; none for a domain
  std::string description;
  bool enabled = true;
  bool is_domain = false;
  std::string extra = "{}";
  std::string options = "{}";
};
BOOST_DESCRIBE_STRUCT(Project, (),
                      (id, domain_id, name, parent_id, description, enabled, is_domain, extra,
                       options))

// Comma-separated tags of the query parameters of the same names.
struct TagFilter {
  std::vector<std::string> all;
  std::vector<std::string> any;
  std::vector<std::string> not_all;
  std::vector<std::string> not_any;
};

struct ProjectFilter {
  std::optional<std::string> domain_id;
  std::optional<std::string> name;
  std::optional<std::string> parent_id;
  std::optional<bool> enabled;
  bool is_domain = false;
  TagFilter tags;
};
[[nodiscard]] std::vector<Project> list_projects(platform::Session& session,
                                                 const ProjectFilter& filter);
// Throws Error(not_found) "Could not find domain: ..." also for a project that is none.
[[nodiscard]] Project get_domain(platform::Session& session, const std::string& id);
[[nodiscard]] std::optional<Project> find_domain(platform::Session& session,
                                                 const std::string& name);
[[nodiscard]] std::optional<Project> find_project(platform::Session& session,
                                                  const std::string& name,
                                                  const std::string& domain_id);
// From the direct parent up to the domain.
[[nodiscard]] std::vector<Project> list_ancestors(platform::Session& session,
                                                  const Project& project);
// Below the project, parents before children.
[[nodiscard]] std::vector<Project> list_descendants(platform::Session& session,
                                                    const std::string& id);

[[nodiscard]] std::vector<std::string> list_tags(platform::Session& session,
                                                 const std::string& project_id);
void replace_tags(platform::Session& session, const std::string& project_id,
                  const std::vector<std::string>& tags);

// Tags of all projects, by project: for lists.
[[nodiscard]] std::map<std::string, std::vector<std::string>> list_all_tags(
    platform::Session& session);
// With all that is about this project: grants, credentials, tags, limits.
void delete_project(platform::Session& session, const std::string& id);
// What is about a domain beside its users, groups, roles and projects.
void delete_domain_settings(platform::Session& session, const std::string& id);
[[nodiscard]] std::vector<Project> list_projects_of_endpoint(platform::Session& session,
                                                             const std::string& endpoint_id);
[[nodiscard]] std::vector<Project> list_projects_of_endpoint_group(platform::Session& session,
                                                                   const std::string& group_id);

}  // namespace keystone::store
