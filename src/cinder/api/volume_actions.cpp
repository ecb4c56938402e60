// POST /volumes/{id}/action: a table of actions.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-actions-volumes-action
#include "cinder/app/volumes.hpp"

#include <fmt/format.h>

#include "cinder/api/routes.hpp"
#include "cinder/api/volume_connections.hpp"
#include "cinder/api/volume_upload.hpp"
#include "cinder/app/manage.hpp"
#include "cinder/app/migrate_volume.hpp"
#include "cinder/app/replace_content.hpp"
#include "openstack/actions.hpp"

namespace cinder::api {
namespace {

using base::Json;

Response extend(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  app::extend_volume(app, request.context, id, integer_of(*base::find(argument, "new_size")));
  return openstack::empty_response(202);
}

Response reset(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  const auto status = text_member(argument, "status");
  if (!status)
    throw base::Error(base::ErrorKind::not_implemented,
                      "Only the status of a volume can be reset.");
  app::reset_status(app, request.context, id, *status);
  return openstack::empty_response(202);
}

Response retype(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  const bool may_move = text_member(argument, "migration_policy") == "on-demand";
  app::retype_volume(app, request.context, id, base::get_text(argument, "new_type"),
                     may_move ? app::Migration::on_demand : app::Migration::never);
  return openstack::empty_response(202);
}

Response migrate(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  app::migrate_volume(app, request.context, id, base::get_text(argument, "host"));
  return openstack::empty_response(202);
}

Response unmanage(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::unmanage_volume(app, request.context, id);
  return openstack::empty_response(202);
}

Response force_delete(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::delete_volume(app, request.context, id, app::Snapshots::delete_too, app::Force::yes);
  return openstack::empty_response(202);
}

Response set_bootable(app::App& app, ApiRequest& request, const std::string& id,
                      const Json& argument) {
  const bool bootable = flag_of(*base::find(argument, "bootable"));
  app::update_volume(app, request.context, id,
                     [bootable](store::VolumeRow& volume) { volume.bootable = bootable; });
  return openstack::empty_response(200);
}

Response set_readonly(app::App& app, ApiRequest& request, const std::string& id,
                      const Json& argument) {
  const bool readonly = flag_of(*base::find(argument, "readonly"));
  app::update_volume(app, request.context, id, [&](store::VolumeRow& volume) {
    if (volume.status != "available")
      bad_request(
          fmt::format("Invalid volume: Volume {} status must be available to update "
                      "readonly flag, but current status is: {}.",
                      id, volume.status));
    volume.readonly = readonly ? "True" : "False";
  });
  return openstack::empty_response(202);
}

Response revert(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  app::revert_volume(app, request.context, id, text_member(argument, "snapshot_id").value_or(""));
  return openstack::empty_response(202);
}

Response reimage(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  const Json* flag = base::find(argument, "reimage_reserved");
  const bool reserved = flag && flag_of(*flag);
  if (reserved)
    request.authorize("volume:reimage_reserved", {{"project_id", request.context.project_id()}});
  app::reimage_volume(app, request.context, id, base::get_text(argument, "image_id"),
                      reserved ? app::Reserved::allow : app::Reserved::forbid);
  return openstack::empty_response(202);
}

openstack::Metadata image_metadata_of(const store::VolumeRow& volume) {
  return base::from_json<openstack::Metadata>(base::parse_json(volume.image_metadata));
}

Response show_image_metadata(app::App& app, ApiRequest& request, const std::string& id,
                             const Json&) {
  return openstack::answer_metadata(image_metadata_of(app::get_volume(app, request.context, id)));
}

Response set_image_metadata(app::App& app, ApiRequest& request, const std::string& id,
                            const Json& argument) {
  const auto added = base::from_json<openstack::Metadata>(*base::find(argument, "metadata"));
  const auto volume = app::update_volume(app, request.context, id, [&](store::VolumeRow& row) {
    auto metadata = image_metadata_of(row);
    for (const auto& [key, value] : added) metadata[key] = value;
    row.image_metadata = base::to_text(base::to_json(metadata));
  });
  return openstack::answer_metadata(image_metadata_of(volume));
}

Response unset_image_metadata(app::App& app, ApiRequest& request, const std::string& id,
                              const Json& argument) {
  const std::string key = base::get_text(argument, "key");
  app::update_volume(app, request.context, id, [&](store::VolumeRow& row) {
    auto metadata = image_metadata_of(row);
    if (metadata.erase(key) == 0) not_found("Metadata item was not found: " + key + ".");
    row.image_metadata = base::to_text(base::to_json(metadata));
  });
  return openstack::empty_response(200);
}

constexpr std::string_view kExtend =
    R"({"type":"object","properties":{"new_size":{"type":["integer","string"],)"
    R"("pattern":"^[0-9]+$","minimum":1,"minLength":1,"maximum":2147483647}},)"
    R"("required":["new_size"],"additionalProperties":false})";
constexpr std::string_view kRetype =
    R"({"type":"object","properties":{"new_type":{"type":"string","minLength":1,"maxLength":255},)"
    R"("migration_policy":{"type":["string","null"],"enum":["on-demand","never",null]}},)"
    R"("required":["new_type"],"additionalProperties":false})";
constexpr std::string_view kMigrate =
    R"({"type":"object","properties":{"host":{"type":"string","minLength":1,"maxLength":255},)"
    R"("force_host_copy":{"type":["boolean","string"]},"lock_volume":{"type":["boolean",)"
    R"("string"]}},"required":["host"],"additionalProperties":false})";
constexpr std::string_view kVolumeStatus =
    R"({"type":"object","properties":{"status":{"type":["string","null"],"enum":["creating",)"
    R"("available","deleting","error","error_deleting","error_managing","managing","attaching",)"
    R"("detaching","in-use","maintenance",null]},"attach_status":{"type":["string","null"]},)"
    R"("migration_status":{"type":["string","null"]}},"minProperties":1,)"
    R"("additionalProperties":false})";
constexpr std::string_view kBootable =
    R"({"type":"object","properties":{"bootable":{"type":["boolean","string"],"enum":[true,"True",)"
    R"("TRUE","true","1","yes","on",false,"False","FALSE","false","0","no","off"]}},)"
    R"("required":["bootable"],"additionalProperties":false})";
constexpr std::string_view kReadonly =
    R"({"type":"object","properties":{"readonly":{"type":["boolean","string"],"enum":[true,"True",)"
    R"("TRUE","true","1","yes","on",false,"False","FALSE","false","0","no","off"]}},)"
    R"("required":["readonly"],"additionalProperties":false})";
constexpr std::string_view kItems =
    R"({"type":"object","properties":{"metadata":{"type":"object","patternProperties":)"
    R"({"^[a-zA-Z0-9-_:. ]{1,255}$":{"type":"string","maxLength":255}},)"
    R"("additionalProperties":false}},"required":["metadata"],"additionalProperties":false})";
constexpr std::string_view kItemKey =
    R"({"type":"object","properties":{"key":{"type":"string","minLength":1,"maxLength":255}},)"
    R"("required":["key"],"additionalProperties":false})";

constexpr std::string_view kRevert =
    R"({"type":"object","properties":{"snapshot_id":{"type":["string","null"],"maxLength":255}},)"
    R"("additionalProperties":true})";
constexpr std::string_view kReimage =
    R"({"type":"object","properties":{"image_id":{"type":"string","format":"uuid"},)"
    R"("reimage_reserved":{"type":["boolean","string"],"enum":[true,"True","TRUE","true","1","ON",)"
    R"("On","on","YES","Yes","yes","y","t",false,"False","FALSE","false","0","OFF","Off","off",)"
    R"("NO","No","no","n","f"]}},"required":["image_id"],"additionalProperties":false})";

using VolumeAction = openstack::Action<app::App>;
constexpr const char* kReserve = "volume_extension:volume_actions:reserve";
constexpr const char* kUpload = "volume_extension:volume_actions:upload_image";
constexpr VolumeAction kVolumeActions[] = {
    {"os-extend", "volume:extend", kFirst, kLatest, kExtend, extend},
    {"os-reset_status", "volume_extension:volume_admin_actions:reset_status", kFirst, kLatest,
     kVolumeStatus, reset},
    {"os-force_delete", "volume_extension:volume_admin_actions:force_delete", kFirst, kLatest, "",
     force_delete},
    {"os-set_bootable", "volume:update", kFirst, kLatest, kBootable, set_bootable},
    {"os-update_readonly_flag", "volume:update_readonly_flag", kFirst, kLatest, kReadonly,
     set_readonly},
    {"os-show_image_metadata", "volume_extension:volume_image_metadata:show", kFirst, kLatest, "",
     show_image_metadata},
    {"os-set_image_metadata", "volume_extension:volume_image_metadata:set", kFirst, kLatest, kItems,
     set_image_metadata},
    {"os-unset_image_metadata", "volume_extension:volume_image_metadata:remove", kFirst, kLatest,
     kItemKey, unset_image_metadata},
    {"os-reserve", kReserve, kFirst, kLatest, "", reserve},
    {"os-unreserve", kReserve, kFirst, kLatest, "", unreserve},
    {"os-volume_upload_image", kUpload, kFirst, kFirst, kUploadSchema, upload_image},
    {"os-volume_upload_image", kUpload, {3, 1}, kLatest, kUploadSchema31, upload_image},
    {"os-retype", "volume:retype", kFirst, kLatest, kRetype, retype},
    {"os-attach", "volume_extension:volume_actions:attach", kFirst, kLatest, kAttachSchema, attach},
    {"os-detach", "volume_extension:volume_actions:detach", kFirst, kLatest, kDetachSchema, detach},
    {"os-force_detach", "volume_extension:volume_admin_actions:force_detach", kFirst, kLatest,
     kForceDetachSchema, detach},
    {"os-begin_detaching", "volume_extension:volume_actions:begin_detaching", kFirst, kLatest, "",
     begin_detaching},
    {"os-roll_detaching", "volume_extension:volume_actions:roll_detaching", kFirst, kLatest, "",
     roll_detaching},
    {"os-initialize_connection", "volume_extension:volume_actions:initialize_connection", kFirst,
     kLatest, kConnectorSchema, initialize_connection},
    {"os-terminate_connection", "volume_extension:volume_actions:terminate_connection", kFirst,
     kLatest, kConnectorSchema, terminate_connection},
    {"os-migrate_volume", "volume_extension:volume_admin_actions:migrate_volume", kFirst, kLatest,
     kMigrate, migrate},
    {"os-unmanage", "volume_extension:volume_unmanage", kFirst, kLatest, "", unmanage},
    {"revert", "volume:revert_to_snapshot", {3, 40}, kLatest, kRevert, revert},
    {"os-reimage", "volume:reimage", {3, 68}, kLatest, kReimage, reimage},
};

Response run_volume_action(app::App& app, ApiRequest& request) {
  static const openstack::ActionRules rules = openstack::rules_of(kVolumeActions);
  const VolumeAction& action = kVolumeActions[rules.choose(request)];
  const std::string& id = request.parameter("volume_id");
  static_cast<void>(app::get_volume(app, request.context, id));
  return action.act(app, request, id, openstack::action_argument(request));
}

}  // namespace

openstack::Routes volume_action_routes(app::App& app) {
  return {{"POST", "/volumes/{volume_id}/action", "volume:get", bind(app, run_volume_action)}};
}

}  // namespace cinder::api
