#include "keystone/app/assignments.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "keystone/store/users.hpp"

namespace keystone::app {
namespace {

using store::Assignment;

using Implications = std::multimap<std::string, std::string>;

Implications load_implications(platform::Session& session) {
  Implications implications;
  for (const store::ImpliedRole& rule : store::list_implied_roles(session))
    implications.emplace(rule.prior_role_id, rule.implied_role_id);
  return implications;
}

// The roles and all they imply; a circle of rules ends where it began.
std::set<std::string> closure(const Implications& implications, std::vector<std::string> open) {
  std::set<std::string> found;
  while (!open.empty()) {
    const std::string role = open.back();
    open.pop_back();
    if (!found.insert(role).second) continue;
    const auto [first, last] = implications.equal_range(role);
    for (auto rule = first; rule != last; ++rule) open.push_back(rule->second);
  }
  return found;
}

// Targets whose inherited assignments reach the project.
std::set<std::string> ids_of_ancestors(platform::Session& session, const std::string& project_id) {
  std::set<std::string> ids;
  const auto project = store::find_by_id<store::Project>(session, project_id);
  if (!project) return ids;
  for (const store::Project& ancestor : store::list_ancestors(session, *project))
    ids.insert(ancestor.id);
  if (!project->domain_id.empty()) ids.insert(project->domain_id);
  return ids;
}

// The projects that an inherited assignment on the target reaches.
std::vector<std::string> ids_of_heirs(platform::Session& session, const Assignment& assignment) {
  std::vector<std::string> ids;
  if (assignment.target_type == store::kDomainTarget) {
    store::ProjectFilter filter;
    filter.domain_id = assignment.target_id;
    for (const store::Project& project : store::list_projects(session, filter))
      ids.push_back(project.id);
    return ids;
  }
  for (const store::Project& project : store::list_descendants(session, assignment.target_id))
    ids.push_back(project.id);
  return ids;
}

std::vector<store::Project> existing(platform::Session& session, const std::set<std::string>& ids) {
  std::vector<store::Project> projects;
  for (const std::string& id : ids)
    if (auto project = store::find_by_id<store::Project>(session, id))
      projects.push_back(std::move(*project));
  return projects;
}

void require_parties(platform::Session& session, const Assignment& grant) {
  (void)store::get_by_id<store::Role>(session, grant.role_id);
  if (grant.actor_type == store::kUserActor)
    (void)store::get_by_id<store::User>(session, grant.actor_id);
  else
    (void)store::get_by_id<store::Group>(session, grant.actor_id);
  if (grant.target_type == store::kProjectTarget)
    (void)store::get_by_id<store::Project>(session, grant.target_id);
  else if (grant.target_type == store::kDomainTarget)
    (void)store::get_domain(session, grant.target_id);
}

base::Error no_such_grant(const Assignment& grant) {
  return {base::ErrorKind::not_found,
          fmt::format("Could not find role assignment with role: {}, user or group: {}, project, "
                      "domain, or system: {}.",
                      grant.role_id, grant.actor_id, grant.target_id)};
}

// A domain specific role may only be given on projects and domains of its own domain.
void check_domain_of_role(platform::Session& session, const Assignment& grant) {
  const auto role = store::get_by_id<store::Role>(session, grant.role_id);
  if (role.domain_id.empty() || grant.target_type != store::kProjectTarget) return;
  const auto project = store::get_by_id<store::Project>(session, grant.target_id);
  if (project.domain_id != role.domain_id)
    throw base::Error(base::ErrorKind::forbidden,
                      fmt::format("Project {} must be in the same domain as the role {} being "
                                  "assigned.",
                                  project.id, role.id));
}

}  // namespace

std::vector<store::Role> with_implied_roles(platform::Session& session,
                                            const std::vector<std::string>& role_ids) {
  std::vector<store::Role> roles;
  if (role_ids.empty()) return roles;
  for (const std::string& id : closure(load_implications(session), role_ids)) {
    auto role = store::find_by_id<store::Role>(session, id);
    if (role && role->domain_id.empty()) roles.push_back(std::move(*role));
  }
  std::ranges::sort(roles, {}, &store::Role::name);
  return roles;
}

std::vector<store::Role> effective_roles(platform::Session& session, const std::string& user_id,
                                         std::string_view target_type,
                                         const std::string& target_id) {
  const bool is_project = target_type == store::kProjectTarget;
  std::set<std::string> ancestors;
  if (is_project) ancestors = ids_of_ancestors(session, target_id);
  std::vector<std::string> granted;
  for (const Assignment& a : store::list_assignments_of_user(session, user_id)) {
    const bool direct = !a.inherited && a.target_type == target_type && a.target_id == target_id;
    const bool inherited = a.inherited && is_project && ancestors.contains(a.target_id);
    if (direct || inherited) granted.push_back(a.role_id);
  }
  return with_implied_roles(session, granted);
}

std::vector<store::Project> list_projects_of_user(platform::Session& session,
                                                  const std::string& user_id) {
  std::set<std::string> ids;
  for (const Assignment& a : store::list_assignments_of_user(session, user_id)) {
    if (a.inherited) {
      for (std::string& id : ids_of_heirs(session, a)) ids.insert(std::move(id));
    } else if (a.target_type == store::kProjectTarget) {
      ids.insert(a.target_id);
    }
  }
  auto projects = existing(session, ids);
  std::erase_if(projects, [](const store::Project& project) { return project.is_domain; });
  return projects;
}

std::vector<store::Project> list_domains_of_user(platform::Session& session,
                                                 const std::string& user_id) {
  std::set<std::string> ids;
  for (const Assignment& a : store::list_assignments_of_user(session, user_id))
    if (!a.inherited && a.target_type == store::kDomainTarget) ids.insert(a.target_id);
  return existing(session, ids);
}

void create_grant(Core& core, const Assignment& grant) {
  core.change("create_grant", [&](Change& change) {
    require_parties(change.session, grant);
    check_domain_of_role(change.session, grant);
    store::ensure_assignment(change.session, grant);
  });
}

void check_grant(Core& core, const Assignment& grant) {
  core.read([&](platform::Session& session) {
    require_parties(session, grant);
    if (!store::has_assignment(session, grant)) throw no_such_grant(grant);
  });
}

void delete_grant(Core& core, const Assignment& grant) {
  core.change("delete_grant", [&](Change& change) {
    (void)store::get_by_id<store::Role>(change.session, grant.role_id);
    if (!store::delete_assignment(change.session, grant)) throw no_such_grant(grant);
    revoke_for_grant(change, grant);
  });
}

std::vector<store::Role> list_grants(Core& core, const Assignment& grant) {
  return core.read([&](platform::Session& session) {
    store::AssignmentFilter filter;
    filter.actor_type = grant.actor_type;
    filter.actor_id = grant.actor_id;
    filter.target_type = grant.target_type;
    filter.target_id = grant.target_id;
    filter.inherited = grant.inherited;
    std::vector<store::Role> roles;
    for (const Assignment& a : store::list_assignments(session, filter))
      if (auto role = store::find_by_id<store::Role>(session, a.role_id))
        roles.push_back(std::move(*role));
    return roles;
  });
}

void revoke_for_grant(Change& change, const Assignment& grant) {
  std::vector<std::string> users;
  if (grant.actor_type == store::kUserActor) {
    users.push_back(grant.actor_id);
  } else {
    for (const store::User& user : store::list_users_of_group(change.session, grant.actor_id))
      users.push_back(user.id);
  }
  for (const std::string& user : users) {
    openstack::RevocationEvent event;
    event.user_id = user;
    // An inherited or a domain's grant reached many projects: all tokens of the user end.
    if (!grant.inherited && grant.target_type == store::kProjectTarget)
      event.project_id = grant.target_id;
    change.revoke(std::move(event));
  }
}

namespace {

// Turns grants into what they amount to, step by step.
class Expansion {
 public:
  explicit Expansion(platform::Session& session)
      : session_(session), implications_(load_implications(session)) {}

  std::vector<AssignmentEntry> expand(const Assignment& grant) {
    std::vector<AssignmentEntry> entries{{grant, grant, false, false, {}}};
    if (grant.actor_type == store::kGroupActor) entries = to_members(entries.front());
    if (grant.inherited) entries = to_heirs(entries);
    return to_implied(entries);
  }

 private:
  std::vector<AssignmentEntry> to_members(const AssignmentEntry& entry) {
    std::vector<AssignmentEntry> entries;
    for (const store::User& user : store::list_users_of_group(session_, entry.effective.actor_id)) {
      AssignmentEntry member = entry;
      member.effective.actor_type = store::kUserActor;
      member.effective.actor_id = user.id;
      member.through_group = true;
      entries.push_back(std::move(member));
    }
    return entries;
  }
  std::vector<AssignmentEntry> to_heirs(const std::vector<AssignmentEntry>& from) {
    std::vector<AssignmentEntry> entries;
    for (const AssignmentEntry& entry : from)
      for (const std::string& project : ids_of_heirs(session_, entry.origin)) {
        AssignmentEntry heir = entry;
        heir.effective.target_type = store::kProjectTarget;
        heir.effective.target_id = project;
        heir.effective.inherited = false;
        entries.push_back(std::move(heir));
      }
    return entries;
  }
  std::vector<AssignmentEntry> to_implied(const std::vector<AssignmentEntry>& from) {
    std::vector<AssignmentEntry> entries;
    for (const AssignmentEntry& entry : from)
      for (const std::string& role : closure(implications_, {entry.effective.role_id})) {
        const auto found = store::find_by_id<store::Role>(session_, role);
        if (!found || !found->domain_id.empty()) continue;
        AssignmentEntry implied = entry;
        implied.through_implication = role != entry.effective.role_id;
        if (implied.through_implication) implied.prior_role_id = entry.effective.role_id;
        implied.effective.role_id = role;
        entries.push_back(std::move(implied));
      }
    return entries;
  }

  platform::Session& session_;
  Implications implications_;
};

struct Matcher {
  const AssignmentQuery& query;
  std::set<std::string> projects;  // those asked for; empty: any

  bool operator()(const AssignmentEntry& entry) const {
    const Assignment& a = entry.effective;
    const auto is = [](const std::string& wanted, std::string_view type, const std::string& id,
                       const std::string& actual) {
      return wanted.empty() || (type == actual && wanted == id);
    };
    if (!is(query.user_id, store::kUserActor, a.actor_id, a.actor_type)) return false;
    if (!is(query.group_id, store::kGroupActor, a.actor_id, a.actor_type)) return false;
    if (!query.role_id.empty() && query.role_id != a.role_id) return false;
    if (!is(query.domain_id, store::kDomainTarget, a.target_id, a.target_type)) return false;
    if (query.system && a.target_type != store::kSystemTarget) return false;
    if (query.inherited_only && !entry.origin.inherited) return false;
    return projects.empty() ||
           (a.target_type == store::kProjectTarget && projects.contains(a.target_id));
  }
};

std::vector<Assignment> candidates(platform::Session& session, const AssignmentQuery& query) {
  if (!query.user_id.empty() && query.effective)
    return store::list_assignments_of_user(session, query.user_id);
  store::AssignmentFilter filter;
  if (!query.effective) {
    if (!query.user_id.empty()) filter.actor_id = query.user_id;
    if (!query.group_id.empty()) filter.actor_id = query.group_id;
    if (!query.role_id.empty()) filter.role_id = query.role_id;
    if (!query.project_id.empty() && !query.subtree) filter.target_id = query.project_id;
    if (!query.domain_id.empty()) filter.target_id = query.domain_id;
  }
  return store::list_assignments(session, filter);
}

}  // namespace

std::vector<AssignmentEntry> list_role_assignments(platform::Session& session,
                                                   const AssignmentQuery& query) {
  Matcher matches{query, {}};
  if (!query.project_id.empty()) matches.projects.insert(query.project_id);
  if (query.subtree)
    for (const store::Project& project : store::list_descendants(session, query.project_id))
      matches.projects.insert(project.id);

  Expansion expansion(session);
  std::vector<AssignmentEntry> found;
  for (const Assignment& grant : candidates(session, query)) {
    auto entries = query.effective ? expansion.expand(grant)
                                   : std::vector<AssignmentEntry>{{grant, grant, false, false, {}}};
    for (AssignmentEntry& entry : entries)
      if (matches(entry)) found.push_back(std::move(entry));
  }
  return found;
}

}  // namespace keystone::app
