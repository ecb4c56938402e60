#include "neutron/app/security_groups.hpp"

#include "base/text.hpp"
#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/api/views.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/store/rbac_policies.hpp"

namespace neutron::api {
namespace {

// "default" is the name of the group that every project has anyway.
base::Json refuse_default_name(const base::Json& value) {
  if (base::lower(show(value)) == "default")
    throw app::conflict("SecurityGroupDefaultAlreadyExists",
                        "Default security group already exists.");
  return value;
}

constexpr std::array kSecurityGroupAttributes{
    standard::kId,
    Attribute{.name = "name",
              .post = true,
              .put = true,
              .default_value = R"("")",
              .validate = text_up_to<255>,
              .convert = refuse_default_name,
              .column = "name"},
    standard::kProjectId,
    standard::kDescription,
    Attribute{.name = "security_group_rules"},
    Attribute{.name = "shared"},
    standard::kTags,
    standard::kCreatedAt,
    standard::kUpdatedAt,
    standard::kRevisionNumber,
};

constexpr ResourceType kSecurityGroupType{"security_group",   "security_groups",
                                          "/security-groups", "/security-groups/{id}",
                                          "security_groups",  kSecurityGroupAttributes};

void write(ObjectView& view, const store::SecurityGroup& group) {
  view.field("id", group.row.id);
  view.field("name", group.row.name);
  view.project(group.row.project_id);
  view.field("description", group.row.description);
  view.custom("security_group_rules", [&](base::JsonWriter& writer) {
    Selection all({}, {});
    writer.begin_array();
    for (const store::RuleRow& rule : group.rules) {
      ObjectView rule_view(writer, all);
      write_rule(rule_view, rule);
    }
    writer.end_array();
  });
  view.field("shared", group.shared);
  view.json("tags", group.row.tags);
  view.standard(group.row);
}

bool filter_security_groups(store::SqlFragment& where, const openstack::Context& context,
                            std::string_view name, const std::vector<std::string_view>& values) {
  if (add_tag_filter(where, name, values)) return true;
  if (name != "shared") return false;
  store::add_condition(where,
                       std::string(read_boolean(values.front()) ? "id IN (" : "id NOT IN (") +
                           store::granted_ids("security_group") + ")",
                       {context.project_id(), store::kAnyProject});
  return true;
}

}  // namespace

void add_security_groups(openstack::Routes& routes, Plugin& plugin) {
  add_routes<app::SecurityGroups>(
      routes, {.core = plugin.core,
               .service = plugin.security_groups,
               .type = kSecurityGroupType,
               .visible = app::visible_security_groups,
               .write = write,
               .id_of = [](const store::SecurityGroup& group) -> const std::string& {
                 return group.row.id;
               },
               .target =
                   [](ApiRequest&, const store::SecurityGroup& group) {
                     return PolicyTarget{{"project_id", group.row.project_id}};
                   },
               .create_target =
                   [](ApiRequest&, const Attributes& attributes) {
                     return PolicyTarget{{"project_id", app::text(attributes, "project_id")}};
                   },
               .filter = filter_security_groups,
               .authorize_more = nullptr,
               .before_list =
                   [&plugin](ApiRequest& request) {
                     plugin.security_groups.ensure_default(request.context);
                   }});
}

}  // namespace neutron::api
