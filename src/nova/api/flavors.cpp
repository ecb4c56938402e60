// /flavors. https://docs.openstack.org/api-ref/compute/#flavors
#include <fmt/format.h>

#include "base/text.hpp"
#include "nova/api/flavor_view.hpp"
#include "nova/api/routes.hpp"
#include "openstack/paging.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;
using store::FlavorRow;

constexpr Microversion kDescription{2, 55};
constexpr Microversion kExtraSpecs{2, 61};
constexpr Microversion kStrictQueries{2, 75};

constexpr openstack::SortableColumn kSortable[] = {
    {"created_at", "created_at"},
    {"description", "description"},
    {"disabled", "disabled"},
    {"ephemeral_gb", "ephemeral_gib"},
    {"flavorid", "flavor_id"},
    {"id", "number"},
    {"is_public", "is_public"},
    {"memory_mb", "memory_mib"},
    {"name", "name"},
    {"root_gb", "disk_gib"},
    {"rxtx_factor", "rxtx_factor"},
    {"swap", "swap_mib"},
    {"updated_at", "updated_at"},
    {"vcpus", "vcpus"},
};

std::optional<int64_t> query_number(const ApiRequest& request, std::string_view name) {
  const auto text = request.query.get(name);
  if (!text) return std::nullopt;
  const auto number = base::parse_integer(*text);
  if (!number) bad_request(fmt::format("Invalid {} filter [{}]", name, *text));
  return number;
}

// Administrators may ask for private ones, or all ("none").
store::FlavorVisibility visibility_of(const ApiRequest& request) {
  const auto text = request.query.get("is_public");
  if (!request.context.is_admin() || !text) return store::FlavorVisibility::is_public;
  if (base::equals_ignoring_case(*text, "none")) return store::FlavorVisibility::any;
  const auto flag = base::parse_boolean(*text);
  if (!flag) bad_request(fmt::format("Invalid is_public filter [{}]", *text));
  return *flag ? store::FlavorVisibility::is_public : store::FlavorVisibility::is_private;
}

store::FlavorQuery query_of(app::App& app, const ApiRequest& request) {
  openstack::PageRules rules;
  rules.max_limit = app.settings.max_limit;
  rules.default_limit = app.settings.max_limit;
  rules.sortable = kSortable;
  rules.default_sort = {{"flavor_id", openstack::SortDirection::ascending}};
  store::FlavorQuery query;
  query.page = openstack::parse_page(request.query, rules);
  query.visibility = visibility_of(request);
  if (!request.context.is_admin() || !request.query.get("is_public"))
    query.project_id = request.context.project_id();
  query.min_memory_mib = query_number(request, "minRam");
  query.min_disk_gib = query_number(request, "minDisk");
  return query;
}

Response list_flavors_as(app::App& app, ApiRequest& request, bool brief) {
  if (request.context.version >= kStrictQueries)
    refuse_unknown_query(
        request, {"limit", "marker", "sort_key", "sort_dir", "is_public", "minRam", "minDisk"});
  const auto query = query_of(app, request);
  const auto flavors = app.database.read(
      [&](platform::Session& session) { return store::list_flavors(session, query); });
  const FlavorView view(request);
  base::JsonWriter json;
  json.begin_object();
  json.key("flavors");
  json.begin_array();
  for (const FlavorRow& flavor : flavors)
    brief ? view.write_brief(json, flavor) : view.write(json, flavor);
  json.end_array();
  write_next_link(json, "flavors_links", request, query.page.limit, flavors.size(),
                  flavors.empty() ? "" : flavors.back().flavor_id);
  json.end_object();
  return answer(json);
}

Response list_flavors(app::App& app, ApiRequest& request) {
  return list_flavors_as(app, request, true);
}
Response list_flavors_detail(app::App& app, ApiRequest& request) {
  return list_flavors_as(app, request, false);
}

Response answer_flavor(const ApiRequest& request, const FlavorRow& flavor) {
  base::JsonWriter json;
  json.begin_object();
  json.key("flavor");
  FlavorView(request).write(json, flavor);
  json.end_object();
  return answer(json);
}

Response show_flavor(app::App& app, ApiRequest& request) {
  return answer_flavor(request, app.database.read([&](platform::Session& session) {
    return get_flavor(session, request);
  }));
}

int64_t number_or(const Json& body, std::string_view key, int64_t fallback) {
  const Json* value = base::find(body, key);
  return value && !value->is_null() ? integer_of(*value) : fallback;
}

FlavorRow read_flavor(const app::App& app, const Json& body) {
  FlavorRow row;
  row.name = std::string(base::trim(base::text_or(body, "name")));
  const Json* id = base::find(body, "id");
  const bool given = id && !id->is_null() && text_of(*id) != "auto" && !text_of(*id).empty();
  row.flavor_id = given ? std::string(base::trim(text_of(*id))) : app.uuid();
  row.vcpus = number_or(body, "vcpus", 1);
  row.memory_mib = number_or(body, "ram", 1);
  row.disk_gib = number_or(body, "disk", 0);
  row.ephemeral_gib = number_or(body, "OS-FLV-EXT-DATA:ephemeral", 0);
  row.swap_mib = number_or(body, "swap", 0);
  if (const Json* factor = base::find(body, "rxtx_factor"))
    row.rxtx_factor = std::strtod(text_of(*factor).c_str(), nullptr);
  if (const Json* is_public = base::find(body, "os-flavor-access:is_public"))
    row.is_public = flag_of(*is_public);
  if (const Json* text = base::find(body, "description"); text && text->is_string())
    row.description = text_of(*text);
  row.created_at = app.now();
  return row;
}

Response create_flavor(app::App& app, ApiRequest& request) {
  FlavorRow row = read_flavor(app, inner(request, "flavor"));
  app.database.write("flavor.create", [&](platform::Session& session) {
    const bool name_taken =
        platform::find<FlavorRow>(session, "WHERE name=?", {row.name}).has_value();
    if (name_taken) conflict("Flavor with name " + row.name + " already exists.");
    if (store::find_flavor(session, row.flavor_id))
      conflict("Flavor with ID " + row.flavor_id + " already exists.");
    store::create_flavor(session, row);
  });
  return answer_flavor(request, row);
}

Response update_flavor(app::App& app, ApiRequest& request) {
  const Json* description = base::find(inner(request, "flavor"), "description");
  const base::TimePoint now = app.now();
  const FlavorRow row = app.database.write("flavor.update", [&](platform::Session& session) {
    FlavorRow flavor = get_flavor(session, request);
    flavor.description.reset();
    if (description && description->is_string()) flavor.description = text_of(*description);
    flavor.updated_at = now;
    platform::update(session, flavor);
    return flavor;
  });
  return answer_flavor(request, row);
}

Response remove_flavor(app::App& app, ApiRequest& request) {
  app.database.write("flavor.delete", [&](platform::Session& session) {
    store::delete_flavor(session, get_flavor(session, request).flavor_id);
  });
  return openstack::empty_response(202);
}

std::string create_schema(std::string_view more) {
  return fmt::format(
      R"({{"type":"object","properties":{{"flavor":{{"type":"object","properties":{{)"
      R"("name":{{"type":"string","minLength":1,"maxLength":255,"format":"name_with_leading_trailing_spaces"}},)"
      R"("id":{{"type":["string","number","null"],"minLength":0,"maxLength":255,)"
      R"("pattern":"^[a-zA-Z0-9._-]([a-zA-Z0-9. _-]*[a-zA-Z0-9._-])?$"}},)"
      R"("ram":{{"type":["integer","string"],"pattern":"^[0-9]*$","minimum":1,"maximum":2147483647,"minLength":1}},)"
      R"("vcpus":{{"type":["integer","string"],"pattern":"^[0-9]*$","minimum":1,"maximum":2147483647,"minLength":1}},)"
      R"("disk":{{"type":["integer","string"],"pattern":"^[0-9]*$","minimum":0,"maximum":2147483647,"minLength":1}},)"
      R"("OS-FLV-EXT-DATA:ephemeral":{{"type":["integer","string"],"pattern":"^[0-9]*$","minimum":0,"maximum":2147483647,"minLength":1}},)"
      R"("swap":{{"type":["integer","string"],"pattern":"^[0-9]*$","minimum":0,"maximum":2147483647}},)"
      R"("rxtx_factor":{{"type":["number","string"],"pattern":"^[0-9]+(\\.[0-9]+)?$","minimum":0,"maximum":3.40282e+38}},)"
      R"("os-flavor-access:is_public":{{"type":["boolean","string"],"enum":[true,"True","TRUE","true","1","ON","On","on","YES","Yes","yes","y","t",false,"False","FALSE","false","0","OFF","Off","off","NO","No","no","n","f"]}}{}}},)"
      R"("required":["name","ram","vcpus","disk"],"additionalProperties":false}}}},)"
      R"("required":["flavor"],"additionalProperties":false}})",
      more);
}

}  // namespace

void FlavorView::write_brief(base::JsonWriter& json, const FlavorRow& flavor) const {
  json.begin_object();
  json.field("id", flavor.flavor_id);
  json.field("name", flavor.name);
  if (version_ >= kDescription) json.field("description", flavor.description);
  links_.write(json, flavor.flavor_id);
  json.end_object();
}

void FlavorView::write(base::JsonWriter& json, const FlavorRow& flavor) const {
  json.begin_object();
  json.field("id", flavor.flavor_id);
  json.field("name", flavor.name);
  json.field("ram", flavor.memory_mib);
  json.field("disk", flavor.disk_gib);
  json.field("vcpus", flavor.vcpus);
  json.key("swap");
  // "" for none until 2.75.
  if (flavor.swap_mib == 0 && version_ < Microversion{2, 75})
    json.value("");
  else
    json.value(flavor.swap_mib);
  json.field("OS-FLV-EXT-DATA:ephemeral", flavor.ephemeral_gib);
  json.field("OS-FLV-DISABLED:disabled", flavor.disabled);
  json.field("os-flavor-access:is_public", flavor.is_public);
  json.field("rxtx_factor", flavor.rxtx_factor);
  if (version_ >= kDescription) json.field("description", flavor.description);
  if (version_ >= kExtraSpecs) {
    json.key("extra_specs");
    json.raw(flavor.extra_specs);
  }
  links_.write(json, flavor.flavor_id);
  json.end_object();
}

FlavorRow get_flavor(platform::Session& session, const ApiRequest& request) {
  const std::string& id = request.parameter("flavor_id");
  auto row = store::find_flavor_for(session, id,
                                    request.context.is_admin() ? "" : request.context.project_id());
  if (!row) not_found("Flavor " + id + " could not be found.");
  return *std::move(row);
}

openstack::Routes flavor_routes(app::App& app) {
  static const std::string description =
      R"(,"description":{"type":["string","null"],"minLength":0,"maxLength":65535})";
  static const openstack::Schema create_first(create_schema(""));
  static const openstack::Schema create_described(create_schema(description));
  static const openstack::Schema update_schema(
      R"({"type":"object","properties":{"flavor":{"type":"object","properties":{"description":)"
      R"({"type":["string","null"],"minLength":0,"maxLength":65535}},"required":["description"],)"
      R"("additionalProperties":false}},"required":["flavor"],"additionalProperties":false})");
  constexpr std::string_view manage = "os_compute_api:os-flavor-manage:create";
  return {
      {"GET", "/flavors", "os_compute_api:flavors", bind(app, list_flavors)},
      {"GET", "/flavors/detail", "os_compute_api:flavors", bind(app, list_flavors_detail)},
      {"GET", "/flavors/{flavor_id}", "os_compute_api:flavors", bind(app, show_flavor)},
      {"POST", "/flavors", manage, bind(app, create_flavor), &create_first, kFirst, {2, 54}},
      {"POST", "/flavors", manage, bind(app, create_flavor), &create_described, kDescription,
       kLatest},
      {"PUT", "/flavors/{flavor_id}", "os_compute_api:os-flavor-manage:update",
       bind(app, update_flavor), &update_schema, kDescription, kLatest},
      {"DELETE", "/flavors/{flavor_id}", "os_compute_api:os-flavor-manage:delete",
       bind(app, remove_flavor)},
  };
}

}  // namespace nova::api
