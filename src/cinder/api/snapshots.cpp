// /snapshots.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-snapshots-snapshots
#include "cinder/app/snapshots.hpp"

#include <fmt/format.h>

#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/api/snapshot_view.hpp"
#include "cinder/app/manage.hpp"
#include "openstack/actions.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using store::SnapshotRow;

constexpr openstack::SortableColumn kSortableOfSnapshots[] = {
    {"id", "id"},
    {"name", "name"},
    {"display_name", "name"},
    {"status", "status"},
    {"volume_size", "size_gib"},
    {"volume_id", "volume_id"},
    {"created_at", "created_at"},
    {"updated_at", "updated_at"},
    {"project_id", "project_id"},
    {"user_id", "user_id"},
};

constexpr ColumnFilter kFiltersOfSnapshots[] = {
    {"name", "name=?"},
    {"display_name", "name=?"},
    {"status", "status=?"},
    {"volume_id", "volume_id=?"},
    {"group_snapshot_id", "group_snapshot_id=?"},
    {"id", "id=?"},
    {"host", "pool=?", false, true},
    {"user_id", "user_id=?", false, true},
};

constexpr ListRules kSnapshotList{"volume:get_all_snapshots", kSortableOfSnapshots,
                                  kFiltersOfSnapshots};

void write_snapshot(base::JsonWriter& json, const ApiRequest& request, const SnapshotRow& snapshot,
                    SnapshotForm form) {
  json.begin_object();
  json.field("id", snapshot.id);
  json.field("created_at", base::format_microseconds_without_zone(snapshot.created_at));
  write_time_or_null(json, "updated_at", snapshot.updated_at);
  json.field("name", snapshot.name);
  json.field("description", snapshot.description);
  json.field("volume_id", snapshot.volume_id);
  json.field("status", snapshot.status);
  json.field("size", snapshot.size_gib);
  json.key("metadata");
  json.raw(snapshot.metadata);
  if (form == SnapshotForm::detail) {
    const bool whole = snapshot.status == "available" || snapshot.status == "deleting";
    json.field("os-extended-snapshot-attributes:project_id", snapshot.project_id);
    const char* const progress = whole ? "100%" : "0%";
    json.field("os-extended-snapshot-attributes:progress",
               snapshot.progress.empty() ? progress : snapshot.progress);
  }
  const Microversion version = request.context.version;
  if (version >= Microversion{3, 14})
    write_text_or_null(json, "group_snapshot_id", snapshot.group_snapshot_id);
  if (version >= Microversion{3, 41}) json.field("user_id", snapshot.user_id);
  if (version >= Microversion{3, 65}) json.field("consumes_quota", true);
  json.end_object();
}

Response answer_snapshots(app::App& app, ApiRequest& request, SnapshotForm form) {
  return answer_items<SnapshotRow>(
      app, ItemList(app, request, kSnapshotList), "snapshots", [&](platform::Session&) {
        return [&request, form](base::JsonWriter& json, const SnapshotRow& snapshot) {
          write_snapshot(json, request, snapshot, form);
        };
      });
}

Response list_snapshots(app::App& app, ApiRequest& request) {
  return answer_snapshots(app, request, SnapshotForm::summary);
}
Response list_snapshots_detail(app::App& app, ApiRequest& request) {
  return answer_snapshots(app, request, SnapshotForm::detail);
}

Response show_snapshot(app::App& app, ApiRequest& request) {
  return answer_snapshot(request,
                         app::get_snapshot(app, request.context, request.parameter("snapshot_id")),
                         200, SnapshotForm::detail);
}

Response create_snapshot(app::App& app, ApiRequest& request) {
  const Json& snapshot = inner(request, "snapshot");
  app::SnapshotWish wish;
  wish.volume_id = text_member(snapshot, "volume_id").value_or("None");
  wish.name = renamed_member(snapshot, "name");
  wish.description = renamed_member(snapshot, "description");
  if (const Json* metadata = base::find(snapshot, "metadata"); metadata && metadata->is_object())
    wish.metadata = base::from_json<openstack::Metadata>(*metadata);
  // Since 3.66 a volume in use needs no force.
  const Json* force = base::find(snapshot, "force");
  wish.force = request.context.version >= Microversion{3, 66} || (force && flag_of(*force));
  return answer_snapshot(request, app::create_snapshot(app, request.context, wish), 202,
                         SnapshotForm::summary);
}

Response update_snapshot(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "snapshot");
  const auto snapshot = app::update_snapshot(
      app, request.context, request.parameter("snapshot_id"), [&](SnapshotRow& row) {
        if (has_renamed(wanted, "name")) row.name = renamed_member(wanted, "name");
        if (has_renamed(wanted, "description"))
          row.description = renamed_member(wanted, "description");
      });
  return answer_snapshot(request, snapshot, 200, SnapshotForm::summary);
}

Response delete_snapshot(app::App& app, ApiRequest& request) {
  app::delete_snapshot(app, request.context, request.parameter("snapshot_id"));
  return openstack::empty_response(202);
}

Response reset_snapshot(app::App& app, ApiRequest& request, const std::string& id,
                        const Json& argument) {
  app::reset_snapshot_status(app, request.context, id, base::get_text(argument, "status"));
  return openstack::empty_response(202);
}

Response update_snapshot_status(app::App& app, ApiRequest& request, const std::string& id,
                                const Json& argument) {
  app::report_snapshot_status(app, request.context, id, base::get_text(argument, "status"),
                              text_member(argument, "progress").value_or(""));
  return openstack::empty_response(202);
}

Response force_delete_snapshot(app::App& app, ApiRequest& request, const std::string& id,
                               const Json&) {
  app::delete_snapshot(app, request.context, id, true);
  return openstack::empty_response(202);
}

Response unmanage_snapshot(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::unmanage_snapshot(app, request.context, id);
  return openstack::empty_response(202);
}

using SnapshotAction = openstack::Action<app::App>;
constexpr std::string_view kSnapshotStatus =
    R"({"type":"object","properties":{"status":{"type":"string","enum":["available","creating",)"
    R"("deleting","error","error_deleting"]},"progress":{"type":["string","null"],)"
    R"("maxLength":255}},"required":["status"],"additionalProperties":false})";
constexpr SnapshotAction kSnapshotActions[] = {
    {"os-reset_status", "volume_extension:snapshot_admin_actions:reset_status", kFirst, kLatest,
     kSnapshotStatus, reset_snapshot},
    {"os-update_snapshot_status", "snapshot_extension:snapshot_actions:update_snapshot_status",
     kFirst, kLatest, kSnapshotStatus, update_snapshot_status},
    {"os-force_delete", "volume_extension:snapshot_admin_actions:force_delete", kFirst, kLatest, "",
     force_delete_snapshot},
    {"os-unmanage", "snapshot_extension:snapshot_unmanage", kFirst, kLatest, "", unmanage_snapshot},
};

Response run_snapshot_action(app::App& app, ApiRequest& request) {
  static const openstack::ActionRules rules = openstack::rules_of(kSnapshotActions);
  const SnapshotAction& action = kSnapshotActions[rules.choose(request)];
  const std::string& id = request.parameter("snapshot_id");
  static_cast<void>(app::get_snapshot(app, request.context, id));
  return action.act(app, request, id, openstack::action_argument(request));
}

}  // namespace

Response answer_snapshot(const ApiRequest& request, const SnapshotRow& snapshot, int status,
                         SnapshotForm form) {
  base::JsonWriter json;
  json.begin_object();
  json.key("snapshot");
  write_snapshot(json, request, snapshot, form);
  json.end_object();
  return answer(json, status);
}

openstack::Routes snapshot_routes(app::App& app) {
  static const openstack::Schema create_schema(fmt::format(
      R"({{"type":"object","properties":{{"snapshot":{{"type":"object","properties":{{)"
      R"("name":{0},"description":{0},"display_name":{0},"display_description":{0},)"
      R"("volume_id":{{"type":["string","null"],"format":"uuid"}},"force":{1},"metadata":)"
      R"({{"type":["object","null"],"patternProperties":{{"^[a-zA-Z0-9-_:. ]{{1,255}}$":)"
      R"({{"type":"string","maxLength":255}}}},"additionalProperties":false}}}},)"
      R"("required":["volume_id"],"additionalProperties":true}}}},"required":["snapshot"],)"
      R"("additionalProperties":false}})",
      kNameSchema, kFlagSchema));
  static const openstack::Schema update_schema(
      fmt::format(R"({{"type":"object","properties":{{"snapshot":{{"type":"object","properties":{{)"
                  R"("name":{0},"description":{0},"display_name":{0},"display_description":{0}}},)"
                  R"("additionalProperties":false,"minProperties":1}}}},"required":["snapshot"],)"
                  R"("additionalProperties":false}})",
                  kNameSchema));
  const char* const item = "/snapshots/{snapshot_id}";
  return {
      {"POST", "/snapshots", "volume:create_snapshot", bind(app, create_snapshot), &create_schema},
      {"GET", "/snapshots", "volume:get_all_snapshots", bind(app, list_snapshots)},
      {"GET", "/snapshots/detail", "volume:get_all_snapshots", bind(app, list_snapshots_detail)},
      {"GET", item, "volume:get_snapshot", bind(app, show_snapshot)},
      {"PUT", item, "volume:update_snapshot", bind(app, update_snapshot), &update_schema},
      {"DELETE", item, "volume:delete_snapshot", bind(app, delete_snapshot)},
      {"POST", "/snapshots/{snapshot_id}/action", "volume:get_snapshot",
       bind(app, run_snapshot_action)},
  };
}

}  // namespace cinder::api
