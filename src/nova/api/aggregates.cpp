// /os-aggregates. https://docs.openstack.org/api-ref/compute/#host-aggregates-os-aggregates
#include "nova/store/aggregates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/store/hosts.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;
using store::AggregateRow;

struct Full {
  AggregateRow row;
  std::vector<std::string> hosts;
};

void write_core(base::JsonWriter& json, const AggregateRow& row, Microversion version) {
  json.field("id", row.id);
  if (version >= Microversion{2, 41}) json.field("uuid", row.uuid);
  json.field("name", row.name);
  write_text_or_null(json, "availability_zone", row.availability_zone);
  json.field("created_at", base::format_microseconds_without_zone(row.created_at));
  write_time_or_null(json, "updated_at", row.updated_at);
  json.field("deleted", false);
  json.field("deleted_at", nullptr);
}

void write_full(base::JsonWriter& json, const Full& aggregate, Microversion version) {
  json.begin_object();
  write_core(json, aggregate.row, version);
  json.field("hosts", aggregate.hosts);
  base::JsonObject metadata = base::parse_json(aggregate.row.metadata).as_object();
  if (!aggregate.row.availability_zone.empty())
    metadata["availability_zone"] = aggregate.row.availability_zone;
  json.field("metadata", Json(metadata));
  json.end_object();
}

Response answer_full(const ApiRequest& request, const Full& aggregate) {
  base::JsonWriter json;
  json.begin_object();
  json.key("aggregate");
  write_full(json, aggregate, request.context.version);
  json.end_object();
  return answer(json);
}

AggregateRow get_aggregate(platform::Session& session, const ApiRequest& request) {
  const std::string& text = request.parameter("aggregate_id");
  const auto id = base::parse_integer(text);
  auto row = id ? store::find_aggregate(session, *id) : std::nullopt;
  if (!row) not_found("Aggregate " + text + " could not be found.");
  return *std::move(row);
}

Full full(platform::Session& session, AggregateRow row) {
  auto hosts = store::list_aggregate_hosts(session, row.id);
  return {std::move(row), std::move(hosts)};
}

void check_name(platform::Session& session, const AggregateRow& row) {
  for (const AggregateRow& other : store::list_aggregates(session))
    if (other.name == row.name && other.id != row.id)
      conflict("Aggregate " + row.name + " already exists.");
}

// A host is in one zone at most.
void check_zone(platform::Session& session, const std::string& zone, const std::string& host) {
  const std::string current = store::zone_of_host(session, host);
  if (!zone.empty() && !current.empty() && current != zone)
    conflict(fmt::format("Cannot add host {} to zone {}: it is in zone {}.", host, zone, current));
}

Response list_aggregates(app::App& app, ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("aggregates");
  json.begin_array();
  app.database.read([&](platform::Session& session) {
    for (AggregateRow& row : store::list_aggregates(session))
      write_full(json, full(session, std::move(row)), request.context.version);
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

Response show_aggregate(app::App& app, ApiRequest& request) {
  return answer_full(request, app.database.read([&](platform::Session& session) {
    return full(session, get_aggregate(session, request));
  }));
}

Response create_aggregate(app::App& app, ApiRequest& request) {
  const Json& body = inner(request, "aggregate");
  AggregateRow row;
  row.uuid = app.uuid();
  row.name = std::string(base::trim(base::text_or(body, "name")));
  row.availability_zone = std::string(base::trim(base::text_or(body, "availability_zone")));
  row.created_at = app.now();
  app.database.write("aggregate.create", [&](platform::Session& session) {
    check_name(session, row);
    store::create_aggregate(session, row);
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("aggregate");
  json.begin_object();
  write_core(json, row, request.context.version);
  json.end_object();
  json.end_object();
  return answer(json);
}

// Reads the aggregate, lets `alter` change it and writes it.
Full change(app::App& app, const ApiRequest& request,
            const std::function<void(platform::Session&, AggregateRow&)>& alter) {
  const base::TimePoint now = app.now();
  return app.database.write("aggregate.update", [&](platform::Session& session) {
    AggregateRow row = get_aggregate(session, request);
    alter(session, row);
    row.updated_at = now;
    store::update_aggregate(session, row);
    return full(session, std::move(row));
  });
}

void set_zone(platform::Session& session, AggregateRow& row, const std::string& zone) {
  if (zone == row.availability_zone) return;
  row.availability_zone.clear();
  store::update_aggregate(session, row);
  for (const std::string& host : store::list_aggregate_hosts(session, row.id))
    check_zone(session, zone, host);
  row.availability_zone = zone;
}

Response update_aggregate(app::App& app, ApiRequest& request) {
  const Json& body = inner(request, "aggregate");
  return answer_full(
      request, change(app, request, [&](platform::Session& session, AggregateRow& row) {
        if (base::find(body, "name"))
          row.name = std::string(base::trim(base::text_or(body, "name")));
        check_name(session, row);
        if (base::find(body, "availability_zone"))
          set_zone(session, row, std::string(base::trim(base::text_or(body, "availability_zone"))));
      }));
}

Response remove_aggregate(app::App& app, ApiRequest& request) {
  app.database.write("aggregate.delete", [&](platform::Session& session) {
    const AggregateRow row = get_aggregate(session, request);
    if (!store::list_aggregate_hosts(session, row.id).empty())
      bad_request(fmt::format("Cannot remove aggregate {}: Host aggregate is not empty", row.id));
    store::delete_aggregate(session, row.id);
  });
  return openstack::empty_response(200);
}

void add_host(platform::Session& session, const AggregateRow& row, const std::string& host) {
  if (!store::find_host(session, host)) not_found("Compute host " + host + " could not be found.");
  const auto hosts = store::list_aggregate_hosts(session, row.id);
  if (std::find(hosts.begin(), hosts.end(), host) != hosts.end())
    conflict(fmt::format("Aggregate {} already has host {}.", row.id, host));
  check_zone(session, row.availability_zone, host);
  store::add_aggregate_host(session, row.id, host);
}

void remove_host(platform::Session& session, const AggregateRow& row, const std::string& host) {
  if (!store::find_host(session, host)) not_found("Compute host " + host + " could not be found.");
  if (!store::remove_aggregate_host(session, row.id, host))
    not_found(fmt::format("Aggregate {} has no host {}.", row.id, host));
}

void set_metadata(platform::Session& session, AggregateRow& row, const Json& metadata) {
  base::JsonObject all = base::parse_json(row.metadata).as_object();
  for (const auto& [key, value] : metadata.as_object()) {
    if (key == "availability_zone")
      set_zone(session, row, value.is_null() ? "" : text_of(value));
    else if (value.is_null())
      all.erase(key);
    else
      all[key] = value;
  }
  row.metadata = base::to_text(Json(all));
}

Response run_aggregates(app::App& app, ApiRequest& request) {
  const auto& entry = *request.body.get_object().begin();
  const std::string action(entry.key());
  const Json& argument = entry.value();
  const std::string host = base::text_or(argument, "host");
  request.authorize("os_compute_api:os-aggregates:" + action, {});
  return answer_full(request,
                     change(app, request, [&](platform::Session& session, AggregateRow& row) {
                       if (action == "add_host") add_host(session, row, host);
                       if (action == "remove_host") remove_host(session, row, host);
                       if (action == "set_metadata")
                         set_metadata(session, row, *base::find(argument, "metadata"));
                     }));
}

std::string body_schema(std::string_view required) {
  return fmt::format(
      R"({{"type":"object","properties":{{"aggregate":{{"type":"object","properties":{{)"
      R"("name":{{"type":"string","minLength":1,"maxLength":255,"format":"name_with_leading_trailing_spaces"}},)"
      R"("availability_zone":{{"type":["string","null"],"minLength":1,"maxLength":255}}}},)"
      R"({}"additionalProperties":false}}}},"required":["aggregate"],)"
      R"("additionalProperties":false}})",
      required);
}

}  // namespace

openstack::Routes aggregate_routes(app::App& app) {
  static const openstack::Schema create_schema(body_schema(R"("required":["name"],)"));
  static const openstack::Schema update_schema(body_schema(R"("minProperties":1,)"));
  static const openstack::Schema action_schema(
      R"({"type":"object","properties":{)"
      R"("add_host":{"type":"object","properties":{"host":{"type":"string","minLength":1,"maxLength":255,"pattern":"^[a-zA-Z0-9-._]*$"}},"required":["host"],"additionalProperties":false},)"
      R"("remove_host":{"type":"object","properties":{"host":{"type":"string","minLength":1,"maxLength":255,"pattern":"^[a-zA-Z0-9-._]*$"}},"required":["host"],"additionalProperties":false},)"
      R"("set_metadata":{"type":"object","properties":{"metadata":{"type":"object",)"
      R"("patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":{"type":["string","null"],"maxLength":255}},)"
      R"("additionalProperties":false}},"required":["metadata"],"additionalProperties":false}},)"
      R"("minProperties":1,"maxProperties":1,"additionalProperties":false})");
  const char* const item = "/os-aggregates/{aggregate_id}";
  return {
      {"GET", "/os-aggregates", "os_compute_api:os-aggregates:index", bind(app, list_aggregates)},
      {"POST", "/os-aggregates", "os_compute_api:os-aggregates:create", bind(app, create_aggregate),
       &create_schema},
      {"GET", item, "os_compute_api:os-aggregates:show", bind(app, show_aggregate)},
      {"PUT", item, "os_compute_api:os-aggregates:update", bind(app, update_aggregate),
       &update_schema},
      {"DELETE", item, "os_compute_api:os-aggregates:delete", bind(app, remove_aggregate)},
      {"POST", "/os-aggregates/{aggregate_id}/action", "os_compute_api:os-aggregates:update",
       bind(app, run_aggregates), &action_schema},
  };
}

}  // namespace nova::api
