// /group_snapshots (3.14).
// https://docs.openstack.org/api-ref/block-storage/v3/#group-snapshots-group-snapshots
#include "cinder/app/group_snapshots.hpp"

#include <fmt/format.h>

#include "cinder/api/group_view.hpp"
#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "openstack/actions.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using platform::Session;
using store::GroupSnapshotRow;

constexpr openstack::SortableColumn kSortableOfGroupSnapshots[] = {
    {"id", "id"},
    {"name", "name"},
    {"status", "status"},
    {"group_id", "group_id"},
    {"group_type_id", "group_type_id"},
    {"created_at", "created_at"},
    {"updated_at", "updated_at"},
    {"project_id", "project_id"},
    {"user_id", "user_id"},
};
constexpr ColumnFilter kFiltersOfGroupSnapshots[] = {
    {"id", "id=?"},
    {"name", "name=?"},
    {"status", "status=?"},
    {"group_id", "group_id=?"},
    {"group_type_id", "group_type_id=?"},
    {"user_id", "user_id=?", false, true},
};
constexpr ListRules kGroupSnapshotList{.all_projects_policy = "group:get_all_group_snapshots",
                                       .sortable = kSortableOfGroupSnapshots,
                                       .columns = kFiltersOfGroupSnapshots,
                                       .times = Times::no,
                                       .links = "group_snapshot_links",
                                       .since = {3, 29}};

void write_group_snapshot(base::JsonWriter& json, const ApiRequest& request,
                          const GroupSnapshotRow& snapshot) {
  json.begin_object();
  json.field("id", snapshot.id);
  json.field("group_id", snapshot.group_id);
  json.field("group_type_id", snapshot.group_type_id);
  json.field("status", snapshot.status);
  json.field("created_at", base::format_microseconds_without_zone(snapshot.created_at));
  json.field("name", snapshot.name);
  json.field("description", snapshot.description);
  if (request.context.version >= kProjectsOfGroups &&
      request.policy.allows(request.context, "group:group_snapshot_project_attribute", {}))
    json.field("project_id", snapshot.project_id);
  json.end_object();
}

Response list_group_snapshots(app::App& app, ApiRequest& request) {
  return answer_items<GroupSnapshotRow>(
      app, ItemList(app, request, kGroupSnapshotList), "group_snapshots", [](Session&) {
        return [](base::JsonWriter& json, const GroupSnapshotRow& snapshot) {
          json.begin_object();
          json.field("id", snapshot.id);
          json.field("name", snapshot.name);
          json.end_object();
        };
      });
}

Response list_group_snapshots_detail(app::App& app, ApiRequest& request) {
  return answer_items<GroupSnapshotRow>(
      app, ItemList(app, request, kGroupSnapshotList), "group_snapshots", [&](Session&) {
        return [&request](base::JsonWriter& json, const GroupSnapshotRow& snapshot) {
          write_group_snapshot(json, request, snapshot);
        };
      });
}

Response show_group_snapshot(app::App& app, ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("group_snapshot");
  write_group_snapshot(
      json, request,
      app::get_group_snapshot(app, request.context, request.parameter("group_snapshot_id")));
  json.end_object();
  return answer(json);
}

Response create_group_snapshot(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "group_snapshot");
  const auto snapshot = app::create_group_snapshot(
      app, request.context,
      {base::get_text(wanted, "group_id"), trimmed_member(wanted, "name"),
       trimmed_member(wanted, "description")});
  base::JsonWriter json;
  json.begin_object();
  json.key("group_snapshot");
  json.begin_object();
  json.field("id", snapshot.id);
  json.field("name", snapshot.name);
  json.field("group_type_id", snapshot.group_type_id);
  json.end_object();
  json.end_object();
  return answer(json, 202);
}

Response delete_group_snapshot(app::App& app, ApiRequest& request) {
  app::delete_group_snapshot(app, request.context, request.parameter("group_snapshot_id"));
  return openstack::empty_response(202);
}

Response reset_group_snapshot(app::App& app, ApiRequest& request, const std::string& id,
                              const Json& argument) {
  app::reset_group_snapshot_status(app, request.context, id,
                                   wanted_status(argument, "Group snapshot"));
  return openstack::empty_response(202);
}

using GroupSnapshotAction = openstack::Action<app::App>;
constexpr GroupSnapshotAction kGroupSnapshotActions[] = {
    {"reset_status",
     "group:reset_group_snapshot_status",
     {3, 19},
     kLatest,
     kStatusSchema,
     reset_group_snapshot},
};

Response run_group_snapshot_action(app::App& app, ApiRequest& request) {
  static const openstack::ActionRules rules = openstack::rules_of(kGroupSnapshotActions);
  const GroupSnapshotAction& action = kGroupSnapshotActions[rules.choose(request)];
  return action.act(app, request, request.parameter("group_snapshot_id"),
                    openstack::action_argument(request));
}

}  // namespace

openstack::Routes group_snapshot_routes(app::App& app) {
  static const openstack::Schema create_schema(fmt::format(
      R"({{"type":"object","properties":{{"group_snapshot":{{"type":"object","properties":{{)"
      R"("group_id":{{"type":"string","format":"uuid"}},"name":{0},"description":{0}}},)"
      R"("required":["group_id"],"additionalProperties":false}}}},"required":["group_snapshot"],)"
      R"("additionalProperties":false}})",
      kNameSchema));
  const char* const item = "/group_snapshots/{group_snapshot_id}";
  const Microversion since = kGroupSnapshots;
  return {
      {"POST", "/group_snapshots", "group:create_group_snapshot", bind(app, create_group_snapshot),
       &create_schema, since},
      {"GET", "/group_snapshots", "group:get_all_group_snapshots", bind(app, list_group_snapshots),
       nullptr, since},
      {"GET", "/group_snapshots/detail", "group:get_all_group_snapshots",
       bind(app, list_group_snapshots_detail), nullptr, since},
      {"GET", item, "group:get_group_snapshot", bind(app, show_group_snapshot), nullptr, since},
      {"DELETE", item, "group:delete_group_snapshot", bind(app, delete_group_snapshot), nullptr,
       since},
      {"POST",
       "/group_snapshots/{group_snapshot_id}/action",
       "group:get_group_snapshot",
       bind(app, run_group_snapshot_action),
       nullptr,
       {3, 19}},
  };
}

}  // namespace cinder::api
