// /groups (3.13).
// https://docs.openstack.org/api-ref/block-storage/v3/#generic-volume-groups-groups
#include "cinder/app/groups.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cinder/api/group_view.hpp"
#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "openstack/actions.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using platform::Session;
using store::GroupRow;

constexpr Microversion kVolumesOfGroups{3, 25};
constexpr Microversion kReplication{3, 38};

constexpr openstack::SortableColumn kSortableOfGroups[] = {
    {"id", "id"},
    {"name", "name"},
    {"status", "status"},
    {"availability_zone", "availability_zone"},
    {"group_type_id", "group_type_id"},
    {"created_at", "created_at"},
    {"updated_at", "updated_at"},
    {"project_id", "project_id"},
    {"user_id", "user_id"},
};
constexpr ColumnFilter kFiltersOfGroups[] = {
    {"id", "id=?"},
    {"name", "name=?"},
    {"status", "status=?"},
    {"availability_zone", "availability_zone=?"},
    {"group_type_id", "group_type_id=?"},
    {"group_snapshot_id", "group_snapshot_id=?"},
    {"source_group_id", "source_group_id=?"},
    {"host", "pool=?", false, true},
    {"user_id", "user_id=?", false, true},
};
constexpr ListRules kGroupList{.all_projects_policy = "group:get_all",
                               .sortable = kSortableOfGroups,
                               .columns = kFiltersOfGroups,
                               .times = Times::no,
                               .links = "group_links"};

// What some groups have, read with them.
class GroupView {
 public:
  GroupView(Session& session, const ApiRequest& request, const std::vector<GroupRow>& groups)
      : request_(request),
        shows_volumes_(request.context.version >= kVolumesOfGroups &&
                       query_flag(request, "list_volume", false)),
        volume_types_(store::list_volume_types_of_groups(session, groups)) {
    if (shows_volumes_) volumes_ = store::list_volume_ids_of_groups(session, groups);
  }

  void write(base::JsonWriter& json, const GroupRow& group) const {
    json.begin_object();
    json.field("id", group.id);
    json.field("status", group.status);
    json.field("availability_zone", group.availability_zone);
    json.field("created_at", base::format_microseconds_without_zone(group.created_at));
    json.field("name", group.name);
    json.field("description", group.description);
    json.field("group_type", group.group_type_id);
    write_ids(json, "volume_types", volume_types_, group.id);
    write_members_of_versions(json, group);
    json.end_object();
  }

 private:
  static void write_ids(base::JsonWriter& json, std::string_view name,
                        const store::MembersOfGroups& members, const std::string& group_id) {
    const auto found = members.find(group_id);
    json.field(name, found == members.end() ? std::vector<std::string>{} : found->second);
  }

  void write_members_of_versions(base::JsonWriter& json, const GroupRow& group) const {
    const Microversion version = request_.context.version;
    if (version >= kGroupSnapshots) {
      write_text_or_null(json, "group_snapshot_id", group.group_snapshot_id);
      write_text_or_null(json, "source_group_id", group.source_group_id);
    }
    if (shows_volumes_) write_ids(json, "volumes", volumes_, group.id);
    if (version >= kReplication) json.field("replication_status", "disabled");
    if (version >= kProjectsOfGroups &&
        request_.policy.allows(request_.context, "group:group_project_attribute", {}))
      json.field("project_id", group.project_id);
  }

  const ApiRequest& request_;
  bool shows_volumes_;
  store::MembersOfGroups volume_types_;
  store::MembersOfGroups volumes_;
};

void write_short(base::JsonWriter& json, const GroupRow& group) {
  json.begin_object();
  json.field("id", group.id);
  json.field("name", group.name);
  json.end_object();
}

Response answer_new_group(const GroupRow& group) {
  base::JsonWriter json;
  json.begin_object();
  json.key("group");
  write_short(json, group);
  json.end_object();
  return answer(json, 202);
}

Response list_groups(app::App& app, ApiRequest& request) {
  return answer_items<GroupRow>(app, ItemList(app, request, kGroupList), "groups",
                                [](Session&) { return write_short; });
}

Response list_groups_detail(app::App& app, ApiRequest& request) {
  const ItemList list(app, request, kGroupList);
  return answer_items<GroupRow>(app, list, "groups", [&](Session& session) {
    std::vector<GroupRow> groups;
    list.each<GroupRow>(session, [&](const GroupRow& group) { groups.push_back(group); });
    return [view = GroupView(session, request, groups)](
               base::JsonWriter& json, const GroupRow& group) { view.write(json, group); };
  });
}

Response show_group(app::App& app, ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("group");
  app.database.read([&](Session& session) {
    const GroupRow group = app::get_group(session, request.context, request.parameter("group_id"));
    GroupView(session, request, {group}).write(json, group);
  });
  json.end_object();
  return answer(json);
}

Response create_group(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "group");
  app::GroupWish wish;
  wish.name = trimmed_member(wanted, "name");
  wish.description = trimmed_member(wanted, "description");
  wish.group_type = base::get_text(wanted, "group_type");
  wish.volume_types =
      base::from_json<std::vector<std::string>>(*base::find(wanted, "volume_types"));
  wish.availability_zone = text_member(wanted, "availability_zone").value_or("");
  return answer_new_group(app::create_group(app, request.context, wish));
}

Response create_group_from_source(app::App& app, ApiRequest& request, const std::string&,
                                  const Json& argument) {
  app::GroupCopyWish wish;
  wish.name = trimmed_member(argument, "name");
  wish.description = trimmed_member(argument, "description");
  wish.group_snapshot_id = text_member(argument, "group_snapshot_id").value_or("");
  wish.source_group_id = text_member(argument, "source_group_id").value_or("");
  return answer_new_group(app::create_group_from_source(app, request.context, wish));
}

// "ID,ID"
std::vector<std::string> ids_of_member(const Json& object, std::string_view name) {
  std::vector<std::string> ids;
  const std::string list = text_member(object, name).value_or("");
  for (const std::string_view id : base::split(list, ','))
    if (!id.empty()) ids.emplace_back(id);
  return ids;
}

Response update_group(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "group");
  app::GroupChange change;
  change.name = trimmed_member(wanted, "name");
  change.description = trimmed_member(wanted, "description");
  change.add_volumes = ids_of_member(wanted, "add_volumes");
  change.remove_volumes = ids_of_member(wanted, "remove_volumes");
  app::update_group(app, request.context, request.parameter("group_id"), change);
  return openstack::empty_response(202);
}

Response delete_group(app::App& app, ApiRequest& request, const std::string& id,
                      const Json& argument) {
  const Json* flag = base::find(argument, "delete-volumes");
  app::delete_group(app, request.context, id,
                    flag && flag_of(*flag) ? app::Volumes::delete_too : app::Volumes::keep);
  return openstack::empty_response(202);
}

Response reset_group(app::App& app, ApiRequest& request, const std::string& id,
                     const Json& argument) {
  app::reset_group_status(app, request.context, id, wanted_status(argument, "Group"));
  return openstack::empty_response(202);
}

// No back end replicates, so no group is of a type that asks for it and has a place.
Response refuse_replication(app::App& app, ApiRequest& request, const std::string& id,
                            const Json&) {
  static_cast<void>(app::get_group(app, request.context, id));
  bad_request("Invalid group type: Group " + id + " is not a replication group type.");
}

constexpr std::string_view kDeleteGroup =
    R"({"type":"object","properties":{"delete-volumes":{"type":["boolean","string"],"enum":[true,)"
    R"("True","TRUE","true","1","ON","On","on","YES","Yes","yes","y","t",false,"False","FALSE",)"
    R"("false","0","OFF","Off","off","NO","No","no","n","f"]}},"additionalProperties":false})";
constexpr std::string_view kObject = R"({"type":"object"})";
constexpr std::string_view kFailover =
    R"({"type":"object","properties":{"allow_attached_volume":{"type":["boolean","string"]},)"
    R"("secondary_backend_id":{"type":["string","null"],"maxLength":255}},)"
    R"("additionalProperties":false})";
constexpr std::string_view kFromSource =
    R"({"type":"object","properties":{"name":{"type":["string","null"],"maxLength":255},)"
    R"("description":{"type":["string","null"],"maxLength":255},"source_group_id":)"
    R"({"type":"string","format":"uuid"},"group_snapshot_id":{"type":"string","format":"uuid"}},)"
    R"("oneOf":[{"required":["group_snapshot_id"]},{"required":["source_group_id"]}],)"
    R"("additionalProperties":false})";

using GroupAction = openstack::Action<app::App>;
constexpr GroupAction kGroupActions[] = {
    {"delete", "group:delete", kGroups, kLatest, kDeleteGroup, delete_group},
    {"reset_status", "group:reset_status", {3, 20}, kLatest, kStatusSchema, reset_group},
    {"enable_replication", "group:enable_replication", kReplication, kLatest, kObject,
     refuse_replication},
    {"disable_replication", "group:disable_replication", kReplication, kLatest, kObject,
     refuse_replication},
    {"failover_replication", "group:failover_replication", kReplication, kLatest, kFailover,
     refuse_replication},
    {"list_replication_targets", "group:list_replication_targets", kReplication, kLatest, kObject,
     refuse_replication},
};
constexpr GroupAction kActionsOnNoGroup[] = {
    {"create-from-src", "group:create", kGroupSnapshots, kLatest, kFromSource,
     create_group_from_source},
};

Response run_group_action(app::App& app, ApiRequest& request) {
  static const openstack::ActionRules rules = openstack::rules_of(kGroupActions);
  const GroupAction& action = kGroupActions[rules.choose(request)];
  return action.act(app, request, request.parameter("group_id"),
                    openstack::action_argument(request));
}

Response run_action_on_no_group(app::App& app, ApiRequest& request) {
  static const openstack::ActionRules rules = openstack::rules_of(kActionsOnNoGroup);
  const GroupAction& action = kActionsOnNoGroup[rules.choose(request)];
  return action.act(app, request, "", openstack::action_argument(request));
}

const openstack::Schema& create_group_schema() {
  static const openstack::Schema schema(fmt::format(
      R"({{"type":"object","properties":{{"group":{{"type":"object","properties":{{"name":{0},)"
      R"("description":{0},"group_type":{{"type":"string","minLength":1,"maxLength":255}},)"
      R"("volume_types":{{"type":"array","minItems":1,"items":{{"type":"string",)"
      R"("maxLength":255}},"uniqueItems":true}},"availability_zone":{{"type":["string","null"],)"
      R"("minLength":1,"maxLength":255}}}},"required":["group_type","volume_types"],)"
      R"("additionalProperties":false}}}},"required":["group"],"additionalProperties":false}})",
      kNameSchema));
  return schema;
}

const openstack::Schema& update_group_schema() {
  static const openstack::Schema schema(fmt::format(
      R"({{"type":"object","properties":{{"group":{{"type":"object","properties":{{"name":{0},)"
      R"("description":{0},"add_volumes":{0},"remove_volumes":{0}}},"minProperties":1,)"
      R"("additionalProperties":false}}}},"required":["group"],"additionalProperties":false}})",
      kNameSchema));
  return schema;
}

}  // namespace

std::optional<std::string> trimmed_member(const Json& object, std::string_view name) {
  const auto text = text_member(object, name);
  if (!text) return std::nullopt;
  return std::string(base::trim(*text));
}

std::string wanted_status(const Json& argument, std::string_view kind) {
  constexpr std::string_view kStatuses[] = {"error",   "available", "creating",      "deleting",
                                            "deleted", "updating",  "error_deleting"};
  const std::string status = base::lower(base::get_text(argument, "status"));
  if (std::find(std::begin(kStatuses), std::end(kStatuses), status) == std::end(kStatuses))
    bad_request(
        fmt::format("Invalid {0} Status: {1} status: {2} is invalid, valid statuses are: error, "
                    "available, creating, deleting, deleted, updating, error_deleting.",
                    kind == "Group" ? "Group" : "GroupSnapshot", kind, status));
  return status;
}

openstack::Routes group_routes(app::App& app) {
  const char* const item = "/groups/{group_id}";
  return {
      {"POST", "/groups", "group:create", bind(app, create_group), &create_group_schema(), kGroups},
      {"GET", "/groups", "group:get_all", bind(app, list_groups), nullptr, kGroups},
      {"GET", "/groups/detail", "group:get_all", bind(app, list_groups_detail), nullptr, kGroups},
      {"GET", item, "group:get", bind(app, show_group), nullptr, kGroups},
      {"PUT", item, "group:update", bind(app, update_group), &update_group_schema(), kGroups},
      {"POST", "/groups/action", "group:create", bind(app, run_action_on_no_group), nullptr,
       kGroupSnapshots},
      {"POST", "/groups/{group_id}/action", "group:get", bind(app, run_group_action), nullptr,
       kGroups},
  };
}

}  // namespace cinder::api
