#include "neutron/app/security_groups.hpp"

#include "neutron/app/quotas.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/store/rbac_policies.hpp"

namespace neutron::app {
namespace {

constexpr std::string_view kDefaultName = "default";

store::RuleRow standard_rule(Core& core, const store::SecurityGroupRow& group,
                             std::string_view direction, std::string_view ethertype) {
  store::RuleRow rule;
  rule.id = core.new_id();
  rule.project_id = group.project_id;
  rule.security_group_id = group.id;
  rule.direction = direction;
  rule.ethertype = ethertype;
  rule.created_at = rule.updated_at = group.created_at;
  return rule;
}

store::SecurityGroupRow insert_group(Core& core, platform::Session& session,
                                     const std::string& project_id, const std::string& name,
                                     const std::string& description) {
  store::SecurityGroupRow group;
  group.id = core.new_id();
  group.project_id = project_id;
  group.name = name;
  group.description = description;
  group.created_at = group.updated_at = core.now();
  platform::insert(session, group);
  for (const auto ethertype : {"IPv4", "IPv6"})
    platform::insert(session, standard_rule(core, group, "egress", ethertype));
  return group;
}

}  // namespace

std::string ensure_default_group(Core& core, platform::Session& session,
                                 const std::string& project_id) {
  if (const auto id = store::find_default_group(session, project_id)) return *id;
  const auto group =
      insert_group(core, session, project_id, std::string(kDefaultName), "Default security group");
  for (const auto ethertype : {"IPv4", "IPv6"}) {
    store::RuleRow rule = standard_rule(core, group, "ingress", ethertype);
    rule.remote_group_id = group.id;
    platform::insert(session, rule);
  }
  platform::insert(session, store::DefaultGroupRow{project_id, group.id});
  return group.id;
}

std::vector<store::SecurityGroup> SecurityGroups::list(const openstack::Context& context,
                                                       const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) {
    return store::list_security_groups(session, query, context.project_id());
  });
}

store::SecurityGroup SecurityGroups::get(const openstack::Context& context, const std::string& id) {
  auto found = list(context, by_id(visible_security_groups(context), id));
  if (found.empty()) throw security_group_not_found(id);
  return std::move(found.front());
}

void SecurityGroups::ensure_default(const openstack::Context& context) {
  const std::string& project_id = context.project_id();
  if (project_id.empty()) return;
  const bool present = core_.read([&](platform::Session& session) {
    return store::find_default_group(session, project_id).has_value();
  });
  if (present) return;
  core_.write("create_default_security_group", [&](platform::Session& session, Changes&) {
    ensure_default_group(core_, session, project_id);
  });
}

std::vector<store::SecurityGroup> SecurityGroups::create(const openstack::Context& context,
                                                         const std::vector<Attributes>& requests) {
  return core_.write("create_security_group", [&](platform::Session& session, Changes&) {
    std::vector<store::SecurityGroup> created;
    for (const Attributes& request : requests) {
      const std::string project_id = text(request, "project_id");
      ensure_default_group(core_, session, project_id);
      check_quota(core_, session, project_id, "security_group");
      const auto group = insert_group(core_, session, project_id, text(request, "name"),
                                      text(request, "description"));
      created.push_back(*store::find_security_group(session, group.id, context.project_id()));
    }
    return created;
  });
}

store::SecurityGroup SecurityGroups::update(const openstack::Context& context,
                                            const std::string& id, const Attributes& changes,
                                            const Precondition& precondition) {
  return core_.write("update_security_group", [&](platform::Session& session, Changes&) {
    auto group = store::find_security_group(session, id, context.project_id());
    if (!group) throw security_group_not_found(id);
    check_revision(precondition, group->row.revision_number);
    const auto default_id = store::find_default_group(session, group->row.project_id);
    if (default_id == id && has(changes, "name"))
      throw conflict("SecurityGroupCannotUpdateDefault",
                     "Updating default security group not allowed.");
    assign(group->row.name, changes, "name");
    assign(group->row.description, changes, "description");
    ++group->row.revision_number;
    group->row.updated_at = core_.now();
    platform::update(session, group->row);
    return *group;
  });
}

void SecurityGroups::remove(const openstack::Context& context, const std::string& id,
                            const Precondition& precondition) {
  core_.write("delete_security_group", [&](platform::Session& session, Changes& news) {
    const auto group = store::find_security_group(session, id, context.project_id());
    if (!group) throw security_group_not_found(id);
    check_revision(precondition, group->row.revision_number);
    if (platform::number(session,
                         "SELECT COUNT(*) FROM port_security_groups WHERE security_group_id=?",
                         {id}) > 0)
      throw conflict("SecurityGroupInUse", "Security Group {} in use.", id);
    const auto default_id = store::find_default_group(session, group->row.project_id);
    if (default_id == id && !context.is_admin())
      throw conflict("SecurityGroupCannotRemoveDefault",
                     "Insufficient rights for removing default security group.");
    session.execute(
        "DELETE FROM security_group_rules WHERE security_group_id=? OR"
        " remote_group_id=?",
        {id, id});
    session.execute("DELETE FROM default_security_groups WHERE security_group_id=?", {id});
    store::delete_rbac_policies(session, id);
    session.execute("DELETE FROM security_groups WHERE id=?", {id});
    news.groups({id});
  });
}

}  // namespace neutron::app
