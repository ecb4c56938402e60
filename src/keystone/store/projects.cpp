#include "keystone/store/projects.hpp"

namespace keystone::store {
namespace {

constexpr std::string_view kHasTag =
    "EXISTS (SELECT 1 FROM project_tags t WHERE t.project_id=projects.id AND t.name=?)";

// (tag1 AND tag2 ...) or (tag1 OR tag2 ...), possibly negated.
void add_tags(Conditions& where, const std::vector<std::string>& tags, std::string_view operation,
              bool negated) {
  if (tags.empty()) return;
  std::string condition;
  platform::SqlValues values;
  for (const std::string& tag : tags) {
    if (!condition.empty()) condition += operation;
    condition += kHasTag;
    values.emplace_back(tag);
  }
  where.add(fmt::format("{}({})", negated ? "NOT " : "", condition), std::move(values));
}

}  // namespace

std::vector<Project> list_projects(platform::Session& session, const ProjectFilter& filter) {
  Conditions where;
  where.equal("is_domain", filter.is_domain)
      .equal_if("domain_id", filter.domain_id)
      .equal_if("name", filter.name)
      .equal_if("parent_id", filter.parent_id)
      .equal_if("enabled", filter.enabled);
  add_tags(where, filter.tags.all, " AND ", false);
  add_tags(where, filter.tags.any, " OR ", false);
  add_tags(where, filter.tags.not_all, " AND ", true);
  add_tags(where, filter.tags.not_any, " OR ", true);
  return list<Project>(session, where);
}

Project get_domain(platform::Session& session, const std::string& id) {
  auto domain = find_by_id<Project>(session, id);
  if (!domain || !domain->is_domain) throw not_found("domain", id);
  return std::move(*domain);
}

std::optional<Project> find_domain(platform::Session& session, const std::string& name) {
  return platform::find<Project>(session, "WHERE domain_id='' AND is_domain=1 AND name=?", {name});
}

std::optional<Project> find_project(platform::Session& session, const std::string& name,
                                    const std::string& domain_id) {
  return platform::find<Project>(session, "WHERE domain_id=? AND name=? AND is_domain=0",
                                 {domain_id, name});
}

std::vector<Project> list_ancestors(platform::Session& session, const Project& project) {
  std::vector<Project> ancestors;
  std::optional<std::string> next = project.parent_id;
  while (next) {
    auto parent = find_by_id<Project>(session, *next);
    if (!parent) break;
    next = parent->parent_id;
    ancestors.push_back(std::move(*parent));
  }
  return ancestors;
}

std::vector<Project> list_descendants(platform::Session& session, const std::string& id) {
  std::vector<Project> found =
      platform::select<Project>(session, "WHERE parent_id=? ORDER BY id", {id});
  for (size_t i = 0; i < found.size(); ++i)
    for (Project& child : platform::select<Project>(session, "WHERE parent_id=? ORDER BY id",
                                                    {std::string(found[i].id)}))
      found.push_back(std::move(child));
  return found;
}

std::vector<std::string> list_tags(platform::Session& session, const std::string& project_id) {
  std::vector<std::string> tags;
  session.query("SELECT name FROM project_tags WHERE project_id=? ORDER BY name", {project_id},
                [&](const platform::SqlRow& row) { tags.emplace_back(row.text(0)); });
  return tags;
}

void replace_tags(platform::Session& session, const std::string& project_id,
                  const std::vector<std::string>& tags) {
  session.execute("DELETE FROM project_tags WHERE project_id=?", {project_id});
  for (const std::string& tag : tags)
    session.execute("INSERT INTO project_tags (project_id, name) VALUES (?,?)", {project_id, tag});
}

std::map<std::string, std::vector<std::string>> list_all_tags(platform::Session& session) {
  std::map<std::string, std::vector<std::string>> tags;
  session.query("SELECT project_id, name FROM project_tags ORDER BY name", {},
                [&](const platform::SqlRow& row) {
                  tags[row.get<std::string>(0)].emplace_back(row.text(1));
                });
  return tags;
}

void delete_project(platform::Session& session, const std::string& id) {
  for (const char* sql :
       {"DELETE FROM project_tags WHERE project_id=?",
        "DELETE FROM application_credentials WHERE project_id=?",
        "DELETE FROM trusts WHERE project_id=?", "DELETE FROM credentials WHERE project_id=?",
        "DELETE FROM project_endpoints WHERE project_id=?",
        "DELETE FROM project_endpoint_groups WHERE project_id=?",
        "DELETE FROM limits WHERE project_id=?",
        "DELETE FROM assignments WHERE target_type='project' AND target_id=?",
        "UPDATE users SET default_project_id=NULL WHERE default_project_id=?"})
    session.execute(sql, {id});
  delete_by_id<Project>(session, id);
}

void delete_domain_settings(platform::Session& session, const std::string& id) {
  for (const char* sql :
       {"DELETE FROM domain_configs WHERE domain_id=?", "DELETE FROM limits WHERE domain_id=?",
        "DELETE FROM assignments WHERE target_type='domain' AND target_id=?"})
    session.execute(sql, {id});
}

std::vector<Project> list_projects_of_endpoint(platform::Session& session,
                                               const std::string& endpoint_id) {
  return platform::select<Project>(
      session,
      "WHERE id IN (SELECT project_id FROM project_endpoints WHERE endpoint_id=?) ORDER BY id",
      {endpoint_id});
}

std::vector<Project> list_projects_of_endpoint_group(platform::Session& session,
                                                     const std::string& group_id) {
  return platform::select<Project>(session,
                                   "WHERE id IN (SELECT project_id FROM project_endpoint_groups "
                                   "WHERE endpoint_group_id=?) ORDER BY id",
                                   {group_id});
}

}  // namespace keystone::store
