// POST /os-server-external-events: Neutron says that a port is wired, Cinder that a volume has
// grown.
// https://docs.openstack.org/api-ref/compute/#create-external-events-os-server-external-events
#include "nova/api/routes.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/instances.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;

constexpr int kTaken = 200;
constexpr int kUnknownServer = 404;
constexpr int kNoHost = 422;

struct Event {
  const Json* body;
  PortEvent message;
  int code = kTaken;
  std::string host;
};

Event read_event(const Json& body) {
  Event event{&body, {}, kTaken, ""};
  event.message = {base::text_or(body, "server_uuid"), base::text_or(body, "name"),
                   base::text_or(body, "tag"), base::text_or(body, "status", "completed")};
  return event;
}

// What the server's host is told, and what is written down of it.
struct Notice {
  std::string topic;
  platform::Message message;
  std::optional<store::NewAction> action;
};
Notice notice_of(const app::App& app, const app::Origin& origin, const Event& event) {
  const PortEvent& told = event.message;
  if (told.name != "volume-extended")
    return {compute_events_topic(event.host), app.message(origin, told), std::nullopt};
  const VolumeExtended extended{told.server_id, told.port_id, app.uuid()};
  return {compute_topic(event.host), app.message(origin, extended),
          store::NewAction{extended.operation_id, told.server_id, "extend_volume",
                           std::string(store::kExtendVolumeEvent)}};
}

void find_host(platform::Session& session, Event& event) {
  const auto server = store::find_instance(session, event.message.server_id);
  if (!server)
    event.code = kUnknownServer;
  else if (server->host.empty())
    event.code = kNoHost;
  else
    event.host = server->host;
}

Response create_external_event(app::App& app, ApiRequest& request) {
  std::vector<Event> events;
  for (const Json& body : inner(request, "events").get_array()) events.push_back(read_event(body));
  app.database.read([&](platform::Session& session) {
    for (Event& event : events) find_host(session, event);
  });
  const app::Origin origin = app::origin_of(request.context);
  const base::TimePoint now = app.now();
  std::vector<Notice> notices;
  for (const Event& event : events)
    if (!event.host.empty()) notices.push_back(notice_of(app, origin, event));
  bool some_known = false;
  for (const Event& event : events) some_known |= event.code != kUnknownServer;
  if (!some_known) not_found("No instances found for any event");
  if (!notices.empty())
    app.database.write("events", [&](platform::Session& session) {
      for (const Notice& notice : notices) {
        if (notice.action) store::start_action(session, *notice.action, request.context, now);
        platform::enqueue(session, notice.topic, notice.message, now);
      }
    });
  int status = 200;
  base::JsonWriter json;
  json.begin_object();
  json.key("events");
  json.begin_array();
  for (const Event& event : events) {
    if (event.code != kTaken) status = 207;
    base::JsonObject object = event.body->get_object();
    object["code"] = event.code;
    object["status"] = event.code == kTaken ? event.message.status : "failed";
    json.value(Json(object));
  }
  json.end_array();
  json.end_object();
  return answer(json, status);
}

}  // namespace

openstack::Routes external_event_routes(app::App& app) {
  static const openstack::Schema schema(
      R"({"type":"object","properties":{"events":{"type":"array","minItems":1,"items":)"
      R"({"type":"object","properties":{"server_uuid":{"type":"string","format":"uuid"},)"
      R"("name":{"type":"string","enum":["network-changed","network-vif-plugged",)"
      R"("network-vif-unplugged","network-vif-deleted","volume-extended"]},)"
      R"("status":{"type":"string","enum":["failed","completed","in-progress"]},)"
      R"("tag":{"type":"string","maxLength":255}},"required":["server_uuid","name"],)"
      R"("additionalProperties":false}}},"required":["events"],"additionalProperties":false})");
  return {{"POST", "/os-server-external-events", "os_compute_api:os-server-external-events:create",
           bind(app, create_external_event), &schema}};
}

}  // namespace nova::api
