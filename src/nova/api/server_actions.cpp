// POST /servers/{id}/action: a table of actions. One that is not built answers 501; one that only a
// state allows that no server of this cloud can be in answers Nova's 409.
// https://docs.openstack.org/api-ref/compute/#servers-run-an-action-servers-action
#include <fmt/format.h>

#include "nova/api/routes.hpp"
#include "nova/api/server_rebuild.hpp"
#include "nova/app/local_disk_images.hpp"
#include "nova/app/security_groups.hpp"
#include "nova/app/server_images.hpp"
#include "nova/app/servers.hpp"
#include "nova/app/volume_images.hpp"
#include "openstack/actions.hpp"

namespace nova::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;

constexpr openstack::Microversion kImageIdInBody{2, 45};

using ServerAction = openstack::Action<app::App>;

template <app::Power power>
Response change_power(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::change_power(app, request.context, id, power);
  return openstack::empty_response(202);
}

Response reboot(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  const std::string type = base::text_or(argument, "type");
  const bool soft = !type.empty() && (type[0] == 'S' || type[0] == 's');
  app::change_power(app, request.context, id,
                    soft ? app::Power::reboot_soft : app::Power::reboot_hard);
  return openstack::empty_response(202);
}

Response console_output(app::App& app, ApiRequest& request, const std::string& id,
                        const Json& argument) {
  std::optional<int64_t> lines;
  const Json* length = base::find(argument, "length");
  if (length && !length->is_null()) lines = integer_of(*length);
  if (lines == -1) lines.reset();
  base::JsonWriter json;
  json.begin_object();
  json.field("output", app::console_output(app, request.context, id, lines));
  json.end_object();
  return answer(json);
}

Response lock(app::App& app, ApiRequest& request, const std::string& id, const Json& argument) {
  std::optional<std::string> reason;
  if (const Json* text = base::find(argument, "locked_reason")) reason = text_of(*text);
  app::lock_server(app, request.context, id, reason);
  return openstack::empty_response(202);
}

Response unlock(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::unlock_server(app, request.context, id);
  return openstack::empty_response(202);
}

Response reset_state(app::App& app, ApiRequest& request, const std::string& id,
                     const Json& argument) {
  app::reset_state(app, request.context, id, base::text_or(argument, "state"));
  return openstack::empty_response(202);
}

Response force_delete(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::delete_server(app, request.context, id);
  return openstack::empty_response(202);
}

Response add_security_group(app::App& app, ApiRequest& request, const std::string& id,
                            const Json& argument) {
  app::add_security_group(app, request.context, id, base::text_or(argument, "name"));
  return openstack::empty_response(202);
}

Response remove_security_group(app::App& app, ApiRequest& request, const std::string& id,
                               const Json& argument) {
  app::remove_security_group(app, request.context, id, base::text_or(argument, "name"));
  return openstack::empty_response(202);
}

app::ServerImageWish image_wish_of(const Json& argument) {
  app::ServerImageWish wish{base::get_text(argument, "name"), {}};
  if (const Json* metadata = base::find(argument, "metadata"); metadata && metadata->is_object())
    wish.metadata = metadata->get_object();
  return wish;
}

Response answer_image(app::App& app, const ApiRequest& request, const std::string& image_id) {
  if (request.context.version < kImageIdInBody) {
    Response response = openstack::empty_response(202);
    response.headers.set("Location", app.settings.glance_url + "/images/" + image_id);
    return response;
  }
  base::JsonWriter json;
  json.begin_object();
  json.field("image_id", image_id);
  json.end_object();
  return answer(json, 202);
}

// https://docs.openstack.org/api-ref/compute/#create-image-createimage-action
Response create_image(app::App& app, ApiRequest& request, const std::string& id,
                      const Json& argument) {
  const app::ServerImageWish wish = image_wish_of(argument);
  check_metadata_limit(app, request, wish.metadata.size());
  const auto server = app::get_server(app, request.context, id);
  const bool of_volumes = app::boots_from_volume(server);
  if (of_volumes)
    request.authorize("os_compute_api:servers:create_image:allow_volume_backed",
                      {{"project_id", server.project_id}});
  return answer_image(app, request,
                      of_volumes ? app::create_image_of_volumes(app, request.context, id, wish)
                                 : app::create_image_of_local_disk(app, request.context, id, wish));
}

// https://docs.openstack.org/api-ref/compute/#create-server-back-up-createbackup-action
Response create_backup(app::App& app, ApiRequest& request, const std::string& id,
                       const Json& argument) {
  const app::ServerImageWish wish = image_wish_of(argument);
  check_metadata_limit(app, request, wish.metadata.size());
  if (app::boots_from_volume(app::get_server(app, request.context, id)))
    bad_request("Backup is not supported for volume-backed instances.");
  const app::BackupWish backup{base::get_text(argument, "backup_type"),
                               integer_of(argument.at("rotation"))};
  const std::string image_id =
      app::create_image_of_local_disk(app, request.context, id, wish, backup);
  // None is kept.
  if (backup.rotation == 0 && request.context.version < kImageIdInBody)
    return openstack::empty_response(202);
  return answer_image(app, request, image_id);
}

Response no_console(app::App& app, ApiRequest& request, const std::string& id,
                    const Json& argument) {
  static_cast<void>(app::get_server(app, request.context, id));
  bad_request("Unavailable console type " + base::text_or(argument, "type") + ".");
}

// What only a state allows that does not occur here.
template <const char* const& attempt>
Response never_in_state(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  const auto server = app::get_server(app, request.context, id);
  app::refuse_locked(server, request.context);
  conflict(fmt::format("Cannot '{}' instance {} while it is in vm_state {}", attempt, id,
                       server.vm_state));
}
constexpr const char* kConfirm = "confirmResize";
constexpr const char* kRevert = "revertResize";
constexpr const char* kResume = "resume";
constexpr const char* kUnrescue = "unrescue";
constexpr const char* kUnshelve = "unshelve";
constexpr const char* kShelveOffload = "shelveOffload";
constexpr const char* kRestore = "restore";

constexpr std::string_view kReboot = R"({"type":"object","properties":{"type":{"type":"string",)"
                                     R"("enum":["HARD","Hard","hard","SOFT","Soft","soft"]}},)"
                                     R"("required":["type"],"additionalProperties":false})";
constexpr std::string_view kConsole =
    R"({"type":"object","properties":{"length":{"type":["integer","string","null"],)"
    R"("pattern":"^-?[0-9]+$","minimum":-1}},"additionalProperties":false})";
constexpr std::string_view kLock =
    R"({"type":["object","null"],"properties":{"locked_reason":{"type":"string",)"
    R"("minLength":1,"maxLength":255}},"additionalProperties":false})";
constexpr std::string_view kState =
    R"({"type":"object","properties":{"state":{"type":"string","enum":["active","error"]}},)"
    R"("required":["state"],"additionalProperties":false})";
constexpr std::string_view kResize =
    R"({"type":"object","properties":{"flavorRef":{"type":["string","integer"],"minLength":1}},)"
    R"("required":["flavorRef"]})";
constexpr std::string_view kGroupName =
    R"({"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":255}},)"
    R"("required":["name"],"additionalProperties":true})";
constexpr std::string_view kCreateImage =
    R"({"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":255},)"
    R"("metadata":{"type":["object","null"],"additionalProperties":{"type":"string",)"
    R"("maxLength":255}}},"required":["name"],"additionalProperties":false})";
constexpr std::string_view kCreateBackup =
    R"({"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":255},)"
    R"("backup_type":{"type":"string","maxLength":255},)"
    R"("rotation":{"type":["integer","string"],"pattern":"^[0-9]*$","minimum":0,"minLength":1},)"
    R"("metadata":{"type":["object","null"],"additionalProperties":{"type":"string",)"
    R"("maxLength":255}}},"required":["name","backup_type","rotation"],)"
    R"("additionalProperties":false})";
constexpr std::string_view kConsoleType =
    R"({"type":"object","properties":{"type":{"type":"string"}},"required":["type"]})";

constexpr ServerAction kActions[] = {
    {"os-start", "os_compute_api:servers:start", kFirst, kLatest, "",
     change_power<app::Power::start>},
    {"os-stop", "os_compute_api:servers:stop", kFirst, kLatest, "", change_power<app::Power::stop>},
    {"reboot", "os_compute_api:servers:reboot", kFirst, kLatest, kReboot, reboot},
    {"pause", "os_compute_api:os-pause-server:pause", kFirst, kLatest, "",
     change_power<app::Power::pause>},
    {"unpause", "os_compute_api:os-pause-server:unpause", kFirst, kLatest, "",
     change_power<app::Power::unpause>},
    {"os-getConsoleOutput", "os_compute_api:os-console-output", kFirst, kLatest, kConsole,
     console_output},
    {"lock", "os_compute_api:os-lock-server:lock", kFirst, {2, 72}, "", lock},
    {"lock", "os_compute_api:os-lock-server:lock", {2, 73}, kLatest, kLock, lock},
    {"unlock", "os_compute_api:os-lock-server:unlock", kFirst, kLatest, "", unlock},
    {"os-resetState", "os_compute_api:os-admin-actions:reset_state", kFirst, kLatest, kState,
     reset_state},
    {"forceDelete", "os_compute_api:os-deferred-delete:force", kFirst, kLatest, "", force_delete},
    {"restore", "os_compute_api:os-deferred-delete:restore", kFirst, kLatest, "",
     never_in_state<kRestore>},
    {"confirmResize", "os_compute_api:servers:confirm_resize", kFirst, kLatest, "",
     never_in_state<kConfirm>},
    {"revertResize", "os_compute_api:servers:revert_resize", kFirst, kLatest, "",
     never_in_state<kRevert>},
    {"resume", "os_compute_api:os-suspend-server:resume", kFirst, kLatest, "",
     never_in_state<kResume>},
    {"unrescue", "os_compute_api:os-rescue:unrescue", kFirst, kLatest, "",
     never_in_state<kUnrescue>},
    {"unshelve", "os_compute_api:os-shelve:unshelve", kFirst, kLatest, "",
     never_in_state<kUnshelve>},
    {"shelveOffload", "os_compute_api:os-shelve:shelve_offload", kFirst, kLatest, "",
     never_in_state<kShelveOffload>},
    {"os-getVNCConsole",
     "os_compute_api:os-remote-consoles",
     kFirst,
     {2, 5},
     kConsoleType,
     no_console},
    {"os-getSPICEConsole",
     "os_compute_api:os-remote-consoles",
     kFirst,
     {2, 5},
     kConsoleType,
     no_console},
    {"os-getSerialConsole",
     "os_compute_api:os-remote-consoles",
     kFirst,
     {2, 5},
     kConsoleType,
     no_console},
    {"resize", "os_compute_api:servers:resize", kFirst, kLatest, kResize, nullptr},
    {"rebuild", "os_compute_api:servers:rebuild", kFirst, kLatest, "", rebuild},
    {"createImage", "os_compute_api:servers:create_image", kFirst, kLatest, kCreateImage,
     create_image},
    {"createBackup", "os_compute_api:os-create-backup", kFirst, kLatest, kCreateBackup,
     create_backup},
    {"changePassword", "os_compute_api:os-admin-password", kFirst, kLatest, "", nullptr},
    {"suspend", "os_compute_api:os-suspend-server:suspend", kFirst, kLatest, "", nullptr},
    {"rescue", "os_compute_api:os-rescue", kFirst, kLatest, "", nullptr},
    {"shelve", "os_compute_api:os-shelve:shelve", kFirst, kLatest, "", nullptr},
    {"migrate", "os_compute_api:os-migrate-server:migrate", kFirst, kLatest, "", nullptr},
    {"os-migrateLive", "os_compute_api:os-migrate-server:migrate_live", kFirst, kLatest, "",
     nullptr},
    {"evacuate", "os_compute_api:os-evacuate", kFirst, kLatest, "", nullptr},
    {"addSecurityGroup", "os_compute_api:os-security-groups:add", kFirst, kLatest, kGroupName,
     add_security_group},
    {"removeSecurityGroup", "os_compute_api:os-security-groups:remove", kFirst, kLatest, kGroupName,
     remove_security_group},
    {"addFixedIp", "os_compute_api:os-multinic:add", kFirst, {2, 43}, "", nullptr},
    {"removeFixedIp", "os_compute_api:os-multinic:remove", kFirst, {2, 43}, "", nullptr},
    {"addFloatingIp", "os_compute_api:os-floating-ips:add", kFirst, {2, 43}, "", nullptr},
    {"removeFloatingIp", "os_compute_api:os-floating-ips:remove", kFirst, {2, 43}, "", nullptr},
    {"resetNetwork", "os_compute_api:os-admin-actions:reset_network", kFirst, kLatest, "", nullptr},
    {"injectNetworkInfo", "os_compute_api:os-admin-actions:inject_network_info", kFirst, kLatest,
     "", nullptr},
    {"trigger_crash_dump",
     "os_compute_api:servers:trigger_crash_dump",
     {2, 17},
     kLatest,
     "",
     nullptr},
};

Response run_server_actions(app::App& app, ApiRequest& request) {
  static const openstack::ActionRules rules = openstack::rules_of(kActions);
  const ServerAction& action = kActions[rules.choose(request)];
  const std::string& id = request.parameter("server_id");
  if (action.act) return action.act(app, request, id, openstack::action_argument(request));
  static_cast<void>(app::get_server(app, request.context, id));
  throw Error(ErrorKind::not_implemented, "The requested functionality is not supported.");
}

Response remote_console(app::App& app, ApiRequest& request) {
  static_cast<void>(app::get_server(app, request.context, request.parameter("server_id")));
  bad_request("Unavailable console type " +
              base::text_or(inner(request, "remote_console"), "type") + ".");
}

}  // namespace

openstack::Routes server_action_routes(app::App& app) {
  static const openstack::Schema console_schema(
      R"({"type":"object","properties":{"remote_console":{"type":"object","properties":{)"
      R"("protocol":{"type":"string","enum":["vnc","spice","rdp","serial","mks"]},)"
      R"("type":{"type":"string","enum":["novnc","xvpvnc","spice-html5","rdp-html5","serial",)"
      R"("webmks"]}},"required":["protocol","type"],"additionalProperties":false}},)"
      R"("required":["remote_console"],"additionalProperties":false})");
  return {
      {"POST", "/servers/{server_id}/action", "os_compute_api:servers:action",
       bind(app, run_server_actions)},
      {"POST", "/os-volumes_boot/{server_id}/action", "os_compute_api:servers:action",
       bind(app, run_server_actions)},
      {"POST",
       "/servers/{server_id}/remote-consoles",
       "os_compute_api:os-remote-consoles",
       bind(app, remote_console),
       &console_schema,
       {2, 6}},
  };
}

}  // namespace nova::api
