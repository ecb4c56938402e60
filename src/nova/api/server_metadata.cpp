// /servers/{id}/metadata.
// https://docs.openstack.org/api-ref/compute/#server-metadata-servers-metadata
#include <fmt/format.h>

#include "nova/api/routes.hpp"
#include "nova/app/quotas.hpp"
#include "nova/app/servers.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Error;
using base::ErrorKind;
using Metadata = std::map<std::string, std::string>;

Metadata metadata_of(const store::InstanceRow& server) {
  return base::from_json<Metadata>(base::parse_json(server.metadata));
}

Response answer_all(const Metadata& metadata) {
  base::JsonWriter json;
  json.begin_object();
  json.field("metadata", base::to_json(metadata));
  json.end_object();
  return answer(json);
}

Response answer_one(const std::string& key, const std::string& value) {
  base::JsonWriter json;
  json.begin_object();
  json.key("meta");
  json.begin_object();
  json.field(key, value);
  json.end_object();
  json.end_object();
  return answer(json);
}

// Changes the metadata in one transaction; the limit is checked on the result.
Metadata change(app::App& app, const ApiRequest& request,
                const std::function<void(Metadata&)>& alter) {
  const auto limits = app.database.read([&](platform::Session& session) {
    return app::project_limits(session, app.settings, request.context.project_id());
  });
  Metadata result;
  static_cast<void>(app::update_server(
      app, request.context, request.parameter("server_id"), [&](store::InstanceRow& server) {
        app::refuse_locked(server, request.context);
        Metadata metadata = metadata_of(server);
        alter(metadata);
        const int64_t limit = limits.at("metadata_items");
        if (limit >= 0 && static_cast<int64_t>(metadata.size()) > limit)
          throw Error(ErrorKind::forbidden,
                      fmt::format("Maximum number of metadata items exceeds {}", limit));
        server.metadata = base::to_text(base::to_json(metadata));
        result = std::move(metadata);
      }));
  return result;
}

Response list(app::App& app, ApiRequest& request) {
  return answer_all(
      metadata_of(app::get_server(app, request.context, request.parameter("server_id"))));
}

Response add(app::App& app, ApiRequest& request) {
  const auto added = base::from_json<Metadata>(inner(request, "metadata"));
  return answer_all(change(app, request, [&](Metadata& metadata) {
    for (const auto& [key, value] : added) metadata[key] = value;
  }));
}

Response replace(app::App& app, ApiRequest& request) {
  const auto wanted = base::from_json<Metadata>(inner(request, "metadata"));
  return answer_all(change(app, request, [&](Metadata& metadata) { metadata = wanted; }));
}

Response show(app::App& app, ApiRequest& request) {
  const auto metadata =
      metadata_of(app::get_server(app, request.context, request.parameter("server_id")));
  const std::string& key = request.parameter("key");
  const auto found = metadata.find(key);
  if (found == metadata.end()) not_found("Metadata item was not found");
  return answer_one(key, found->second);
}

Response set(app::App& app, ApiRequest& request) {
  const auto meta = base::from_json<Metadata>(inner(request, "meta"));
  const std::string& key = request.parameter("key");
  if (!meta.contains(key)) bad_request("Request body and URI mismatch");
  change(app, request, [&](Metadata& metadata) { metadata[key] = meta.at(key); });
  return answer_one(key, meta.at(key));
}

Response remove(app::App& app, ApiRequest& request) {
  const std::string& key = request.parameter("key");
  change(app, request, [&](Metadata& metadata) {
    if (metadata.erase(key) == 0) not_found("Metadata item was not found");
  });
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes server_metadata_routes(app::App& app) {
  static const std::string items =
      R"({"type":"object","patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":)"
      R"({"type":"string","maxLength":255}},"additionalProperties":false)";
  static const openstack::Schema all(
      fmt::format(R"({{"type":"object","properties":{{"metadata":{}}}}},"required":["metadata"],)"
                  R"("additionalProperties":false}})",
                  items));
  static const openstack::Schema one(fmt::format(
      R"({{"type":"object","properties":{{"meta":{},"minProperties":1,"maxProperties":1}}}},)"
      R"("required":["meta"],"additionalProperties":false}})",
      items));
  const char* const collection = "/servers/{server_id}/metadata";
  const char* const item = "/servers/{server_id}/metadata/{key}";
  return {
      {"GET", collection, "os_compute_api:server-metadata:index", bind(app, list)},
      {"POST", collection, "os_compute_api:server-metadata:create", bind(app, add), &all},
      {"PUT", collection, "os_compute_api:server-metadata:update_all", bind(app, replace), &all},
      {"GET", item, "os_compute_api:server-metadata:show", bind(app, show)},
      {"PUT", item, "os_compute_api:server-metadata:update", bind(app, set), &one},
      {"DELETE", item, "os_compute_api:server-metadata:delete", bind(app, remove)},
  };
}

}  // namespace nova::api
