#include "keystone/app/projects.hpp"

#include "keystone/app/assignments.hpp"
#include "keystone/store/roles.hpp"

namespace keystone::app {
namespace {

using base::Error;
using base::ErrorKind;
using store::Project;

// Keystone's [DEFAULT] max_project_tree_depth; the domain is not counted.
constexpr size_t kDeepest = 5;

void check_name_is_free(platform::Session& session, const Project& project) {
  const auto other = project.is_domain
                         ? store::find_domain(session, project.name)
                         : store::find_project(session, project.name, project.domain_id);
  if (!other || other->id == project.id) return;
  if (project.is_domain) throw conflict("domain", fmt::format("name {}", project.name));
  throw conflict("project",
                 fmt::format("name {} at domain ID {}", project.name, project.domain_id));
}

// A project without a parent stands below its domain.
void place(platform::Session& session, Project& project) {
  if (project.is_domain) {
    if (project.parent_id || !project.domain_id.empty())
      throw Error(ErrorKind::bad_request,
                  "A project acting as a domain can have neither a parent nor a domain.");
    return;
  }
  if (!project.parent_id) project.parent_id = project.domain_id;
  const Project parent = store::get_by_id<Project>(session, *project.parent_id);
  const std::string& domain_id = parent.is_domain ? parent.id : parent.domain_id;
  if (project.domain_id.empty()) project.domain_id = domain_id;
  (void)store::get_domain(session, project.domain_id);
  if (project.domain_id != domain_id)
    throw Error(ErrorKind::bad_request,
                fmt::format("Invalid input for field 'parent_id': the parent {} is in domain {}, "
                            "not in {}.",
                            parent.id, domain_id, project.domain_id));
  if (!parent.enabled)
    throw Error(ErrorKind::forbidden,
                fmt::format("Cannot create a project under the disabled project {}.", parent.id));
  if (store::list_ancestors(session, project).size() > kDeepest)
    throw Error(ErrorKind::forbidden,
                fmt::format("Max hierarchy depth reached for {} branch.", parent.id));
}

void check_switch(platform::Session& session, const Project& project) {
  if (project.enabled) {
    for (const Project& ancestor : store::list_ancestors(session, project))
      if (!ancestor.enabled)
        throw Error(
            ErrorKind::forbidden,
            fmt::format("Cannot enable project {} since it has disabled parents.", project.id));
    return;
  }
  for (const Project& below : store::list_descendants(session, project.id))
    if (below.enabled)
      throw Error(ErrorKind::forbidden,
                  fmt::format("Cannot disable project {} since its subtree contains enabled "
                              "projects.",
                              project.id));
}

void delete_project_rows(Change& change, const std::string& id) {
  store::delete_project(change.session, id);
  change.revoke_project(id);
}

// Everybody of the domain and everybody within it signs in again.
void revoke_domain(Change& change, const std::string& domain_id) {
  openstack::RevocationEvent event;
  event.domain_id = domain_id;
  change.revoke(std::move(event));
  store::ProjectFilter projects;
  projects.domain_id = domain_id;
  for (const Project& project : store::list_projects(change.session, projects))
    change.revoke_project(project.id);
  store::UserFilter users;
  users.domain_id = domain_id;
  for (const store::User& user : store::list_users(change.session, users))
    change.revoke_user(user.id);
}

void delete_domain_contents(Change& change, const std::string& id) {
  store::Conditions in_domain;
  in_domain.equal("domain_id", id);
  store::UserFilter users;
  users.domain_id = id;
  for (const store::User& user : store::list_users(change.session, users))
    delete_user_rows(change, user.id);
  for (const store::Group& group : store::list<store::Group>(change.session, in_domain))
    delete_group_rows(change, group.id);
  store::ProjectFilter projects;
  projects.domain_id = id;
  for (const Project& project : store::list_projects(change.session, projects))
    delete_project_rows(change, project.id);
  for (const store::Role& role : store::list<store::Role>(change.session, in_domain))
    store::delete_role(change.session, role.id);
  store::delete_domain_settings(change.session, id);
}

Project update_in(Change& change, Project project, const Edit<Project>& edit) {
  const Project before = project;
  edit(project);
  if (project.options == before.options)
    refuse_if_immutable(before.options, before.is_domain ? "domain" : "project", before.id);
  if (project.parent_id != before.parent_id)
    throw Error(ErrorKind::forbidden, "Update of `parent_id` is not allowed.");
  check_name_is_free(change.session, project);
  if (project.enabled != before.enabled && !project.is_domain)
    check_switch(change.session, project);
  platform::update(change.session, project);
  if (!before.enabled || project.enabled) return project;
  if (project.is_domain) revoke_domain(change, project.id);
  change.revoke_project(project.id);
  return project;
}

}  // namespace

Project create_project(Core& core, Project project, const std::vector<std::string>& tags) {
  return core.change("create_project", [&](Change& change) {
    Project created = project;
    if (created.id.empty()) created.id = change.new_id();
    place(change.session, created);
    check_name_is_free(change.session, created);
    platform::insert(change.session, created);
    store::replace_tags(change.session, created.id, tags);
    return created;
  });
}

Project update_project(Core& core, const std::string& id, const Edit<Project>& edit,
                       const std::optional<std::vector<std::string>>& tags) {
  return core.change("update_project", [&](Change& change) {
    Project project = update_in(change, store::get_by_id<Project>(change.session, id), edit);
    if (tags) store::replace_tags(change.session, id, *tags);
    return project;
  });
}

void delete_project(Core& core, const std::string& id) {
  core.change("delete_project", [&](Change& change) {
    const Project project = store::get_by_id<Project>(change.session, id);
    refuse_if_immutable(project.options, "project", id);
    if (project.is_domain && project.enabled)
      throw Error(ErrorKind::forbidden,
                  "Cannot delete a project acting as a domain that is enabled. Please disable it "
                  "first.");
    if (project.is_domain) delete_domain_contents(change, id);
    if (!store::list_descendants(change.session, id).empty())
      throw Error(ErrorKind::forbidden,
                  fmt::format("Cannot delete the project {} since it is not a leaf in the "
                              "hierarchy. Delete the projects below it first.",
                              id));
    delete_project_rows(change, id);
  });
}

Project update_domain(Core& core, const std::string& id, const Edit<Project>& edit) {
  return core.change("update_domain", [&](Change& change) {
    return update_in(change, store::get_domain(change.session, id), edit);
  });
}

void delete_domain(Core& core, const std::string& id) {
  core.change("delete_domain", [&](Change& change) {
    const Project domain = store::get_domain(change.session, id);
    refuse_if_immutable(domain.options, "domain", id);
    if (domain.enabled)
      throw Error(ErrorKind::forbidden,
                  "Cannot delete a domain that is enabled, please disable it first.");
    delete_domain_contents(change, id);
    delete_project_rows(change, id);
    openstack::RevocationEvent event;
    event.domain_id = id;
    change.revoke(std::move(event));
  });
}

}  // namespace keystone::app
