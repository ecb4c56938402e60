// /servers/{id}/metadata.
// https://docs.openstack.org/api-ref/compute/#server-metadata-servers-metadata
#include <fmt/format.h>

#include "nova/api/routes.hpp"
#include "nova/app/quotas.hpp"
#include "nova/app/servers.hpp"

namespace nova::api {
namespace {

using base::Error;
using base::ErrorKind;

Metadata metadata_of(const store::InstanceRow& server) {
  return base::from_json<Metadata>(base::parse_json(server.metadata));
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

Response list_server_metadata(app::App& app, ApiRequest& request) {
  return answer_metadata(
      metadata_of(app::get_server(app, request.context, request.parameter("server_id"))));
}

Response add(app::App& app, ApiRequest& request) {
  const auto added = base::from_json<Metadata>(inner(request, "metadata"));
  return answer_metadata(change(app, request, [&](Metadata& metadata) {
    for (const auto& [key, value] : added) metadata[key] = value;
  }));
}

Response replace(app::App& app, ApiRequest& request) {
  const auto wanted = base::from_json<Metadata>(inner(request, "metadata"));
  return answer_metadata(change(app, request, [&](Metadata& metadata) { metadata = wanted; }));
}

Response show_server_metadata(app::App& app, ApiRequest& request) {
  const auto metadata =
      metadata_of(app::get_server(app, request.context, request.parameter("server_id")));
  const std::string& key = request.parameter("key");
  const auto found = metadata.find(key);
  if (found == metadata.end()) not_found("Metadata item was not found");
  return answer_metadata_item(key, found->second);
}

Response set(app::App& app, ApiRequest& request) {
  const std::string& key = request.parameter("key");
  const std::string value = metadata_item(request, key);
  change(app, request, [&](Metadata& metadata) { metadata[key] = value; });
  return answer_metadata_item(key, value);
}

Response remove_server_metadata(app::App& app, ApiRequest& request) {
  const std::string& key = request.parameter("key");
  change(app, request, [&](Metadata& metadata) {
    if (metadata.erase(key) == 0) not_found("Metadata item was not found");
  });
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes server_metadata_routes(app::App& app) {
  const char* const collection = "/servers/{server_id}/metadata";
  const char* const item = "/servers/{server_id}/metadata/{key}";
  return {
      {"GET", collection, "os_compute_api:server-metadata:index", bind(app, list_server_metadata)},
      {"POST", collection, "os_compute_api:server-metadata:create", bind(app, add),
       &metadata_schema()},
      {"PUT", collection, "os_compute_api:server-metadata:update_all", bind(app, replace),
       &metadata_schema()},
      {"GET", item, "os_compute_api:server-metadata:show", bind(app, show_server_metadata)},
      {"PUT", item, "os_compute_api:server-metadata:update", bind(app, set),
       &metadata_item_schema()},
      {"DELETE", item, "os_compute_api:server-metadata:delete", bind(app, remove_server_metadata)},
  };
}

}  // namespace nova::api
