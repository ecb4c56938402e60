// Nova's old words for Cinder's volumes and snapshots, until 2.35. Cinder is asked in the caller's
// own name, so what they may see and change is Cinder's to judge.
// https://docs.openstack.org/api-ref/compute/#volume-extension-os-volumes-os-snapshots-deprecated
#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "openstack/clients/answers.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;
using base::JsonObject;
using base::JsonWriter;

constexpr Microversion kVolumesUntil{2, 35};

// One of the two resources, and how Nova writes it.
struct VolumeProxy {
  std::string_view collection;  // "volumes": of Cinder's answer and of ours
  std::string_view item;
  const char* parameter;
  void (*write)(JsonWriter& json, const Json& shown);
};

Json ask_cinder(app::App& app, const ApiRequest& request, const std::string& method,
                const std::string& target, const Json& body = nullptr) {
  platform::http::Request sent;
  sent.method = method;
  platform::http::set_target(sent, "/v3" + target);
  sent.headers.set("Accept", "application/json");
  if (!body.is_null()) {
    sent.headers.set("Content-Type", "application/json");
    sent.body = base::to_text(body);
    sent.content_length = sent.body.size();
  }
  Response response =
      openstack::clients::send_as({request.context.token, request.context.request_id},
                                  app.transport, app.settings.cinder_url, std::move(sent));
  return openstack::clients::json_of(response);
}

std::string path_of(const ApiRequest& request, const VolumeProxy& proxy) {
  return "/" + std::string(proxy.collection) + "/" +
         base::percent_encode(request.parameter(proxy.parameter));
}

const Json& member_or_null(const Json& document, std::string_view name) {
  static const Json kNone;
  const Json* found = base::find(document, name);
  return found ? *found : kNone;
}

// ---- views

void write_volume_attachment(JsonWriter& json, const Json& volume) {
  json.key("attachments");
  json.begin_array();
  json.begin_object();
  const Json& attachments = member_or_null(volume, "attachments");
  if (attachments.is_array() && !attachments.get_array().empty()) {
    const Json& first = attachments.get_array().front();
    const std::string id = base::text_or(volume, "id");
    json.field("id", id);
    json.field("volumeId", id);
    json.field("serverId", base::text_or(first, "server_id"));
    if (const std::string device = base::text_or(first, "device"); !device.empty())
      json.field("device", device);
  }
  json.end_object();
  json.end_array();
}

void write_head(JsonWriter& json, const Json& shown) {
  json.field("id", base::text_or(shown, "id"));
  json.field("status", base::text_or(shown, "status"));
  json.field("size", base::integer_or(shown, "size", 0));
  json.field("createdAt", member_or_null(shown, "created_at"));
  json.field("displayName", member_or_null(shown, "name"));
  json.field("displayDescription", member_or_null(shown, "description"));
}

void write_proxied_volume(JsonWriter& json, const Json& volume) {
  json.begin_object();
  write_head(json, volume);
  json.field("availabilityZone", member_or_null(volume, "availability_zone"));
  json.field("volumeType", member_or_null(volume, "volume_type"));
  json.field("snapshotId", member_or_null(volume, "snapshot_id"));
  const Json& metadata = member_or_null(volume, "metadata");
  json.field("metadata", metadata.is_object() ? metadata : Json(JsonObject{}));
  write_volume_attachment(json, volume);
  json.end_object();
}

void write_proxied_snapshot(JsonWriter& json, const Json& snapshot) {
  json.begin_object();
  write_head(json, snapshot);
  json.field("volumeId", base::text_or(snapshot, "volume_id"));
  json.end_object();
}

constexpr VolumeProxy kVolumes{"volumes", "volume", "volume_id", write_proxied_volume};
constexpr VolumeProxy kSnapshots{"snapshots", "snapshot", "snapshot_id", write_proxied_snapshot};

// ---- handlers, alike for both

// Cinder's words for what is not there are not Nova's.
template <class F>
auto or_not_found(const ApiRequest& request, const VolumeProxy& proxy, F ask) {
  try {
    return ask();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
  not_found((proxy.item == "volume" ? "Volume " : "Snapshot ") +
            request.parameter(proxy.parameter) + " could not be found.");
}

Response answer_item(const VolumeProxy& proxy, const Json& document) {
  JsonWriter json;
  json.begin_object();
  json.key(proxy.item);
  proxy.write(json, member_or_null(document, proxy.item));
  json.end_object();
  return answer(json);
}

template <const VolumeProxy& proxy>
Response list_proxied(app::App& app, ApiRequest& request) {
  platform::http::Query query;
  for (const char* name : {"limit", "offset"}) {
    const auto text = request.query.get(name);
    if (!text) continue;
    const auto number = base::parse_integer(*text);
    if (!number || *number < 0)
      bad_request(std::string("Invalid input for query parameters ") + name + ".");
    query.items.emplace_back(name, std::string(*text));
  }
  const Json document =
      ask_cinder(app, request, "GET",
                 "/" + std::string(proxy.collection) + "/detail?" + platform::http::to_text(query));
  JsonWriter json;
  json.begin_object();
  json.key(proxy.collection);
  json.begin_array();
  if (const Json& items = member_or_null(document, proxy.collection); items.is_array())
    for (const Json& item : items.get_array()) proxy.write(json, item);
  json.end_array();
  json.end_object();
  return answer(json);
}

template <const VolumeProxy& proxy>
Response show_proxied(app::App& app, ApiRequest& request) {
  return answer_item(proxy, or_not_found(request, proxy, [&] {
                       return ask_cinder(app, request, "GET", path_of(request, proxy));
                     }));
}

template <const VolumeProxy& proxy>
Response remove_proxied(app::App& app, ApiRequest& request) {
  or_not_found(request, proxy,
               [&] { return ask_cinder(app, request, "DELETE", path_of(request, proxy)); });
  return openstack::empty_response(202);
}

Response create_proxied_volume(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "volume");
  JsonObject volume{{"size", integer_of(wanted.at("size"))}};
  const auto copy = [&](std::string_view from, std::string_view to) {
    if (const Json* value = base::find(wanted, from); value && !value->is_null())
      volume[to] = *value;
  };
  copy("display_name", "name");
  copy("display_description", "description");
  for (const char* name : {"volume_type", "metadata", "snapshot_id", "availability_zone"})
    copy(name, name);
  return answer_item(kVolumes, ask_cinder(app, request, "POST", "/volumes",
                                          JsonObject{{"volume", std::move(volume)}}));
}

Response create_proxied_snapshot(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "snapshot");
  JsonObject snapshot{{"volume_id", base::get_text(wanted, "volume_id")}};
  if (const Json* force = base::find(wanted, "force")) snapshot["force"] = flag_of(*force);
  snapshot["name"] = member_or_null(wanted, "display_name");
  snapshot["description"] = member_or_null(wanted, "display_description");
  return answer_item(kSnapshots, ask_cinder(app, request, "POST", "/snapshots",
                                            JsonObject{{"snapshot", std::move(snapshot)}}));
}

openstack::Route row_of(std::string_view method, std::string_view path, std::string_view policy,
                        openstack::ApiHandler handler, const openstack::Schema* schema = nullptr) {
  return {method, path, policy, std::move(handler), schema, kFirst, kVolumesUntil};
}

}  // namespace

openstack::Routes volume_proxy_routes(app::App& app) {
  static const openstack::Schema volume_schema(
      R"({"type":"object","properties":{"volume":{"type":"object","properties":{)"
      R"("volume_type":{"type":"string"},"metadata":{"type":"object"},)"
      R"("snapshot_id":{"type":"string"},"size":{"type":["integer","string"],)"
      R"("pattern":"^[0-9]+$","minimum":1},"availability_zone":{"type":"string"},)"
      R"("display_name":{"type":"string"},"display_description":{"type":"string"}},)"
      R"("required":["size"],"additionalProperties":false}},)"
      R"("required":["volume"],"additionalProperties":false})");
  static const openstack::Schema snapshot_schema(
      R"({"type":"object","properties":{"snapshot":{"type":"object","properties":{)"
      R"("volume_id":{"type":"string"},"force":{"type":["boolean","string"],)"
      R"("enum":[true,"True","TRUE","true","1","ON","On","on","YES","Yes","yes",)"
      R"(false,"False","FALSE","false","0","OFF","Off","off","NO","No","no"]},)"
      R"("display_name":{"type":"string"},"display_description":{"type":"string"}},)"
      R"("required":["volume_id"],"additionalProperties":false}},)"
      R"("required":["snapshot"],"additionalProperties":false})");
  const auto bound = [&](AppHandler handler) { return bind(app, handler); };
  return {
      row_of("GET", "/os-volumes", "os_compute_api:os-volumes:list", bound(list_proxied<kVolumes>)),
      row_of("GET", "/os-volumes/detail", "os_compute_api:os-volumes:detail",
             bound(list_proxied<kVolumes>)),
      row_of("POST", "/os-volumes", "os_compute_api:os-volumes:create",
             bound(create_proxied_volume), &volume_schema),
      row_of("GET", "/os-volumes/{volume_id}", "os_compute_api:os-volumes:show",
             bound(show_proxied<kVolumes>)),
      row_of("DELETE", "/os-volumes/{volume_id}", "os_compute_api:os-volumes:delete",
             bound(remove_proxied<kVolumes>)),
      row_of("GET", "/os-snapshots", "os_compute_api:os-volumes:snapshots:list",
             bound(list_proxied<kSnapshots>)),
      row_of("GET", "/os-snapshots/detail", "os_compute_api:os-volumes:snapshots:detail",
             bound(list_proxied<kSnapshots>)),
      row_of("POST", "/os-snapshots", "os_compute_api:os-volumes:snapshots:create",
             bound(create_proxied_snapshot), &snapshot_schema),
      row_of("GET", "/os-snapshots/{snapshot_id}", "os_compute_api:os-volumes:snapshots:show",
             bound(show_proxied<kSnapshots>)),
      row_of("DELETE", "/os-snapshots/{snapshot_id}", "os_compute_api:os-volumes:snapshots:delete",
             bound(remove_proxied<kSnapshots>)),
  };
}

}  // namespace nova::api
