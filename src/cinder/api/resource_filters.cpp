// /resource_filters, since 3.33: by what each list can be filtered.
// https://docs.openstack.org/api-ref/block-storage/v3/#resource-filters
#include <array>
#include <vector>

#include "cinder/api/routes.hpp"

namespace cinder::api {
namespace {

struct Filters {
  std::string_view resource;
  std::vector<std::string_view> names;
};

const std::vector<Filters>& all_filters() {
  static const std::vector<Filters> filters{
      {"volume",
       {"name", "status", "metadata", "bootable", "availability_zone", "size", "created_at",
        "updated_at", "group_id"}},
      {"snapshot", {"name", "status", "volume_id", "metadata", "created_at", "updated_at"}},
      {"group", {}},
      {"group_snapshot", {"status", "group_id"}},
      {"message", {"resource_uuid", "resource_type", "event_id", "request_id", "message_level"}},
      {"pool", {"name"}},
      {"volume_type", {"is_public"}},
  };
  return filters;
}

Response list_filters(app::App&, ApiRequest& request) {
  const auto wanted = request.query.get("resource");
  base::JsonWriter json;
  json.begin_object();
  json.key("resource_filters");
  json.begin_array();
  for (const Filters& filters : all_filters()) {
    if (wanted && *wanted != filters.resource) continue;
    json.begin_object();
    json.field("resource", filters.resource);
    json.key("filters");
    json.begin_array();
    for (const std::string_view name : filters.names) json.value(name);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes resource_filter_routes(app::App& app) {
  return {
      {"GET", "/resource_filters", "volume:extensions", bind(app, list_filters), nullptr, {3, 33}}};
}

}  // namespace cinder::api
