// GET /manageable_volumes and /manageable_snapshots (3.8), and their former names: what lies in a
// back end, and whether it can be managed.
// https://docs.openstack.org/api-ref/block-storage/v3/#list-summary-of-volumes-available-to-manage
#include <fmt/format.h>

#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/app/manage.hpp"

namespace cinder::api {
namespace {

enum class Listed { volumes, snapshots };
enum class Detail { no, yes };

constexpr openstack::SortableColumn kSortableOfManageable[] = {{"reference", "name"},
                                                               {"size", "size_gib"}};
constexpr Microversion kByCluster{3, 17};

// Of the back end that is asked. No back end here is of a cluster.
std::string host_of_query(const ApiRequest& request) {
  const bool knows_clusters = request.context.version >= kByCluster;
  const auto cluster = knows_clusters ? request.query.get("cluster") : std::nullopt;
  const auto host = request.query.get("host");
  const bool has_cluster = cluster && !cluster->empty();
  const bool has_host = host && !host->empty();
  if (has_cluster == has_host)
    bad_request(knows_clusters
                    ? "Invalid input received: One and only one of cluster and host must be set."
                    : "Invalid input received: Host field is missing.");
  if (has_cluster) not_found("Service cinder-volume could not be found.");
  return std::string(*host);
}

base::Json parse_marker(const std::string& text) {
  try {
    return base::parse_json(text);
  } catch (const base::Error&) {
    bad_request(
        fmt::format("Invalid input received: marker {} can not be analysed, please use json like "
                    "format",
                    text));
  }
}

// The reference of the last item of the former page, as JSON. All that we give out have one member.
std::string name_of_marker(const std::string& text) {
  if (text.empty()) return {};
  const base::Json marker = parse_marker(text);
  const std::string name = marker.is_object() && marker.get_object().size() == 1
                               ? base::text_or(marker, "source-name")
                               : "";
  if (name.empty()) bad_request("Invalid input received: marker not found: " + text);
  return name;
}

ListManageable page_of_query(const app::App& app, const ApiRequest& request, Listed what) {
  openstack::PageRules rules;
  rules.max_limit = app.settings.max_limit;
  rules.default_limit = app.settings.max_limit;
  rules.sortable = kSortableOfManageable;
  rules.default_sort = {{"name", openstack::SortDirection::descending}};
  const openstack::Page page = openstack::parse_page(request.query, rules);
  ListManageable wanted;
  wanted.snapshots = what == Listed::snapshots;
  for (const openstack::SortKey& key : page.sort)
    wanted.order.push_back({key.column, key.direction == openstack::SortDirection::descending});
  wanted.marker = name_of_marker(page.marker);
  wanted.offset = offset_of(request);
  wanted.limit = page.limit.value_or(rules.max_limit);
  return wanted;
}

// {"source-name": ...}; null: nobody knows.
void write_reference(base::JsonWriter& json, std::string_view key, const std::string& name) {
  if (name.empty()) return json.field(key, nullptr);
  json.key(key);
  json.begin_object();
  json.field("source-name", name);
  json.end_object();
}

void write_manageable(base::JsonWriter& json, const ManageableItem& item, Listed what,
                      Detail detail) {
  json.begin_object();
  write_reference(json, "reference", item.name);
  json.field("size", item.size_gib);
  json.field("safe_to_manage", item.reason_not_safe.empty());
  if (what == Listed::snapshots) write_reference(json, "source_reference", item.source_name);
  if (detail == Detail::yes) {
    write_text_or_null(json, "reason_not_safe", item.reason_not_safe);
    write_text_or_null(json, "cinder_id", item.cinder_id);
    json.field("extra_info", nullptr);
  }
  json.end_object();
}

template <Listed what, Detail detail>
Response list_manageable(app::App& app, ApiRequest& request) {
  const std::string host = host_of_query(request);
  const auto found =
      app::list_manageable(app, request.context, host, page_of_query(app, request, what));
  base::JsonWriter json;
  json.begin_object();
  json.key(what == Listed::volumes ? "manageable-volumes" : "manageable-snapshots");
  json.begin_array();
  for (const ManageableItem& item : found.items) write_manageable(json, item, what, detail);
  json.end_array();
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes manageable_routes(app::App& app) {
  constexpr std::string_view kVolumes = "volume_extension:list_manageable";
  constexpr std::string_view kSnapshots = "snapshot_extension:list_manageable";
  constexpr Microversion kRenamed{3, 8};
  const auto volumes = bind(app, list_manageable<Listed::volumes, Detail::no>);
  const auto volumes_detail = bind(app, list_manageable<Listed::volumes, Detail::yes>);
  const auto snapshots = bind(app, list_manageable<Listed::snapshots, Detail::no>);
  const auto snapshots_detail = bind(app, list_manageable<Listed::snapshots, Detail::yes>);
  return {
      {"GET", "/os-volume-manage", kVolumes, volumes},
      {"GET", "/os-volume-manage/detail", kVolumes, volumes_detail},
      {"GET", "/manageable_volumes", kVolumes, volumes, nullptr, kRenamed},
      {"GET", "/manageable_volumes/detail", kVolumes, volumes_detail, nullptr, kRenamed},
      {"GET", "/os-snapshot-manage", kSnapshots, snapshots},
      {"GET", "/os-snapshot-manage/detail", kSnapshots, snapshots_detail},
      {"GET", "/manageable_snapshots", kSnapshots, snapshots, nullptr, kRenamed},
      {"GET", "/manageable_snapshots/detail", kSnapshots, snapshots_detail, nullptr, kRenamed},
  };
}

}  // namespace cinder::api
