// /servers/{id}/os-instance-actions.
// https://docs.openstack.org/api-ref/compute/#servers-actions-servers-os-instance-actions
#include "nova/store/actions.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/app/servers.hpp"
#include "platform/crypto.hpp"

namespace nova::api {
namespace {

using store::ActionRow;
using store::EventRow;

constexpr Microversion kUpdatedAt{2, 58};
constexpr Microversion kChangesBefore{2, 66};
constexpr Microversion kDeletedServers{2, 21};

// Since 2.21 the actions of a deleted server are still there.
store::InstanceRow server_of(platform::Session& session, const ApiRequest& request) {
  const std::string& id = request.parameter("server_id");
  if (request.context.version < kDeletedServers)
    return app::get_server(session, request.context, id);
  auto row = store::find_any_instance(session, id);
  const bool own =
      row && (row->project_id == request.context.project_id() || request.context.is_admin());
  if (!own) not_found("Instance " + id + " could not be found.");
  return *std::move(row);
}

void write_action(base::JsonWriter& json, const ActionRow& action, Microversion version) {
  json.field("action", action.action);
  json.field("instance_uuid", action.instance_id);
  json.field("request_id", action.request_id);
  json.field("user_id", action.user_id);
  json.field("project_id", action.project_id);
  json.field("start_time", base::format_microseconds_without_zone(action.started_at));
  json.field("message", action.message);
  if (version >= kUpdatedAt)
    json.field("updated_at", base::format_microseconds_without_zone(action.updated_at));
}

std::string host_id(const std::string& project_id, const std::string& host) {
  if (host.empty()) return "";
  platform::Digest digest("sha224");
  digest.update(project_id);
  digest.update(host);
  return digest.finish_hex();
}

void write_event(base::JsonWriter& json, const EventRow& event, const ApiRequest& request,
                 const std::string& project_id) {
  json.begin_object();
  json.field("event", event.event);
  json.field("start_time", base::format_microseconds_without_zone(event.started_at));
  write_time_or_null(json, "finish_time", event.finished_at);
  json.field("result", event.result);
  if (request.context.is_admin()) json.field("traceback", event.details);
  if (request.context.version >= Microversion{2, 62}) {
    if (request.context.is_admin()) json.field("host", event.host);
    json.field("hostId", host_id(project_id, event.host));
  }
  json.end_object();
}

// limit, marker (a request id) and changes-since, since 2.58; changes-before since 2.66.
std::vector<ActionRow> page_of(std::vector<ActionRow> actions, const ApiRequest& request,
                               std::optional<int64_t>& limit) {
  if (request.context.version < kUpdatedAt) return actions;
  if (const auto since = request.query.get("changes-since")) {
    const auto time = base::parse_time(*since);
    if (!time) bad_request("Invalid input for query parameters changes-since.");
    std::erase_if(actions, [&](const ActionRow& row) { return row.updated_at < *time; });
  }
  if (const auto before = request.query.get("changes-before")) {
    const auto time = base::parse_time(*before);
    if (!time) bad_request("Invalid input for query parameters changes-before.");
    std::erase_if(actions, [&](const ActionRow& row) { return row.updated_at > *time; });
  }
  if (const auto marker = request.query.get("marker")) {
    const auto found = std::find_if(actions.begin(), actions.end(), [&](const ActionRow& row) {
      return row.request_id == *marker;
    });
    if (found == actions.end()) bad_request("marker [" + std::string(*marker) + "] not found");
    actions.erase(actions.begin(), found + 1);
  }
  if (const auto text = request.query.get("limit")) {
    limit = base::parse_integer(*text);
    if (!limit || *limit < 0) bad_request("Invalid input for query parameters limit.");
    if (*limit > 0 && actions.size() > static_cast<size_t>(*limit))
      actions.resize(static_cast<size_t>(*limit));
  }
  return actions;
}

Response list_instance_actions(app::App& app, ApiRequest& request) {
  if (request.context.version >= kChangesBefore)
    refuse_unknown_query(request, {"limit", "marker", "changes-since", "changes-before"});
  else if (request.context.version >= kUpdatedAt)
    refuse_unknown_query(request, {"limit", "marker", "changes-since"});
  auto actions = app.database.read([&](platform::Session& session) {
    static_cast<void>(server_of(session, request));
    return store::list_actions(session, request.parameter("server_id"));
  });
  std::optional<int64_t> limit;
  actions = page_of(std::move(actions), request, limit);
  base::JsonWriter json;
  json.begin_object();
  json.key("instanceActions");
  json.begin_array();
  for (const ActionRow& action : actions) {
    json.begin_object();
    write_action(json, action, request.context.version);
    json.end_object();
  }
  json.end_array();
  write_next_link(json, "links", request, limit, actions.size(),
                  actions.empty() ? "" : actions.back().request_id);
  json.end_object();
  return answer(json);
}

Response show_instance_action(app::App& app, ApiRequest& request) {
  const std::string& id = request.parameter("request_id");
  std::vector<EventRow> events;
  const auto action = app.database.read([&](platform::Session& session) {
    static_cast<void>(server_of(session, request));
    for (const ActionRow& row : store::list_actions(session, request.parameter("server_id"))) {
      if (row.request_id != id) continue;
      events = store::list_events(session, row.operation_id);
      return row;
    }
    not_found("Action for request_id " + id + " on instance " + request.parameter("server_id") +
              " not found");
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("instanceAction");
  json.begin_object();
  write_action(json, action, request.context.version);
  // Before 2.51 only administrators saw the events.
  if (request.context.is_admin() || request.context.version >= Microversion{2, 51}) {
    json.key("events");
    json.begin_array();
    for (const EventRow& event : events) write_event(json, event, request, action.project_id);
    json.end_array();
  }
  json.end_object();
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes instance_action_routes(app::App& app) {
  return {
      {"GET", "/servers/{server_id}/os-instance-actions", "os_compute_api:os-instance-actions:list",
       bind(app, list_instance_actions)},
      {"GET", "/servers/{server_id}/os-instance-actions/{request_id}",
       "os_compute_api:os-instance-actions:show", bind(app, show_instance_action)},
  };
}

}  // namespace nova::api
