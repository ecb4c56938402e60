// /servers/{id}/os-volume_attachments: the volumes of a server.
// https://docs.openstack.org/api-ref/compute/#servers-with-volume-attachments-servers-os-volume-attachments
#include "nova/app/server_volumes.hpp"

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/app/servers.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;
using store::ServerVolumeRow;

constexpr Microversion kTagsTaken{2, 49};
constexpr Microversion kTagsShown{2, 70};
constexpr Microversion kDeletion{2, 79};

void write_volume(base::JsonWriter& json, const ApiRequest& request,
                  const ServerVolumeRow& volume) {
  json.begin_object();
  json.field("id", volume.volume_id);
  json.field("serverId", volume.server_id);
  json.field("volumeId", volume.volume_id);
  json.field("device", volume.device_name);
  if (request.context.version >= kTagsShown) write_text_or_null(json, "tag", volume.tag);
  if (request.context.version >= kDeletion)
    json.field("delete_on_termination", volume.delete_on_termination);
  json.end_object();
}

Response answer_volume(const ApiRequest& request, const ServerVolumeRow& volume) {
  base::JsonWriter json;
  json.begin_object();
  json.key("volumeAttachment");
  write_volume(json, request, volume);
  json.end_object();
  return answer(json);
}

size_t count_of(const ApiRequest& request, const char* name, int64_t fallback) {
  const auto text = request.query.get(name);
  if (!text) return static_cast<size_t>(fallback);
  const auto number = base::parse_integer(*text);
  if (!number || *number < 0)
    bad_request(std::string("Invalid input for query parameters ") + name + ".");
  return static_cast<size_t>(*number);
}

Response list_volumes(app::App& app, ApiRequest& request) {
  const auto volumes = app.database.read([&](platform::Session& session) {
    return store::list_server_volumes(
        session, app::get_server(session, request.context, request.parameter("server_id")).id);
  });
  const size_t offset = count_of(request, "offset", 0);
  const size_t limit = count_of(request, "limit", app.settings.max_limit);
  base::JsonWriter json;
  json.begin_object();
  json.key("volumeAttachments");
  json.begin_array();
  for (size_t i = offset; i < volumes.size() && i - offset < limit; ++i)
    write_volume(json, request, volumes[i]);
  json.end_array();
  json.end_object();
  return answer(json);
}

// The one that the path names.
ServerVolumeRow get_volume(app::App& app, const ApiRequest& request) {
  const std::string& server_id = request.parameter("server_id");
  const std::string& volume_id = request.parameter("volume_id");
  const auto volume = app.database.read([&](platform::Session& session) {
    static_cast<void>(app::get_server(session, request.context, server_id));
    return store::find_server_volume(session, server_id, volume_id);
  });
  if (!volume) not_found("Instance " + server_id + " is not attached to volume " + volume_id);
  return *volume;
}

Response show_volume(app::App& app, ApiRequest& request) {
  return answer_volume(request, get_volume(app, request));
}

Response attach_volume(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "volumeAttachment");
  app::NewServerVolume volume;
  volume.volume_id = base::get_text(wanted, "volumeId");
  volume.device_name = base::text_or(wanted, "device");
  volume.tag = base::text_or(wanted, "tag");
  if (const Json* flag = base::find(wanted, "delete_on_termination"))
    volume.delete_on_termination = flag_of(*flag);
  return answer_volume(
      request, app::attach_volume(app, request.context, request.parameter("server_id"), volume));
}

Response detach_volume(app::App& app, ApiRequest& request) {
  app::detach_volume(app, request.context, request.parameter("server_id"),
                     request.parameter("volume_id"));
  return openstack::empty_response(202);
}

Response swap_volume(app::App& app, ApiRequest& request) {
  const ServerVolumeRow volume = get_volume(app, request);
  app::swap_volume(app, request.context, volume.server_id, volume.volume_id,
                   base::get_text(inner(request, "volumeAttachment"), "volumeId"));
  return openstack::empty_response(202);
}

const std::string kTag =
    R"(,"tag":{"type":"string","minLength":1,"maxLength":60,"pattern":"^[^,/]*$"})";
const std::string kDelete =
    R"(,"delete_on_termination":{"type":["boolean","string"],"enum":[true,"True","TRUE","true","1",)"
    R"("ON","On","on","YES","Yes","yes",false,"False","FALSE","false","0","OFF","Off","off","NO",)"
    R"("No","no"]})";

std::string attach_schema(const std::string& more_members) {
  return R"({"type":"object","properties":{"volumeAttachment":{"type":"object","properties":{)"
         R"("volumeId":{"type":"string","format":"uuid"},"device":{"type":["string","null"],)"
         R"("minLength":1,"maxLength":255,)"
         R"("pattern":"(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$"})" +
         more_members +
         R"(},"required":["volumeId"],"additionalProperties":false}},)"
         R"("required":["volumeAttachment"],"additionalProperties":false})";
}

}  // namespace

openstack::Routes server_volume_routes(app::App& app) {
  static const openstack::Schema plain(attach_schema(""));
  static const openstack::Schema tagged(attach_schema(kTag));
  static const openstack::Schema mortal(attach_schema(kTag + kDelete));
  const char* const all = "/servers/{server_id}/os-volume_attachments";
  const char* const item = "/servers/{server_id}/os-volume_attachments/{volume_id}";
  const char* const create = "os_compute_api:os-volumes-attachments:create";
  return {
      {"GET", all, "os_compute_api:os-volumes-attachments:index", bind(app, list_volumes)},
      {"POST", all, create, bind(app, attach_volume), &plain, kFirst, {2, 48}},
      {"POST", all, create, bind(app, attach_volume), &tagged, kTagsTaken, {2, 78}},
      {"POST", all, create, bind(app, attach_volume), &mortal, kDeletion},
      {"GET", item, "os_compute_api:os-volumes-attachments:show", bind(app, show_volume)},
      {"PUT", item, "os_compute_api:os-volumes-attachments:swap", bind(app, swap_volume), &plain},
      {"DELETE", item, "os_compute_api:os-volumes-attachments:delete", bind(app, detach_volume)},
  };
}

}  // namespace nova::api
