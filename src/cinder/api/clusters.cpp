// /clusters (3.7): cinder-volumes that share their storage, active at once. None here does: each
// back end is of one process. https://docs.openstack.org/api-ref/block-storage/v3/#clusters
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cinder/api/routes.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

constexpr std::array<std::string_view, 9> kFiltersOfClusters{"name",
                                                             "binary",
                                                             "is_up",
                                                             "disabled",
                                                             "num_hosts",
                                                             "num_down_hosts",
                                                             "frozen",
                                                             "replication_status",
                                                             "active_backend_id"};

Response list_clusters(app::App&, ApiRequest& request) {
  for (const auto& [name, value] : request.query.items)
    if (std::find(kFiltersOfClusters.begin(), kFiltersOfClusters.end(), name) ==
        kFiltersOfClusters.end())
      bad_request("Invalid input received: Invalid filter keys: " + name);
  return openstack::json_response(200, R"({"clusters":[]})");
}

[[noreturn]] void refuse_unknown_cluster(const std::string& name) {
  not_found(fmt::format("Cluster {} could not be found.", name));
}

Response show_cluster(app::App&, ApiRequest& request) {
  refuse_unknown_cluster(request.parameter("cluster_name"));
}

// PUT /clusters/{enable,disable}
Response update_cluster(app::App&, ApiRequest& request) {
  const std::string& action = request.parameter("cluster_name");
  if (action != "enable" && action != "disable") not_found("Unknown action");
  refuse_unknown_cluster(base::get_text(request.body, "name"));
}

}  // namespace

openstack::Routes cluster_routes(app::App& app) {
  static const openstack::Schema schema(
      R"({"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":255},)"
      R"("binary":{"type":["string","null"],"minLength":0,"maxLength":255},"disabled_reason":)"
      R"({"type":["string","null"],"minLength":1,"maxLength":255}},"required":["name"],)"
      R"("additionalProperties":false})");
  constexpr Microversion kClusters{3, 7};
  return {
      {"GET", "/clusters", "clusters:get_all", bind(app, list_clusters), nullptr, kClusters},
      {"GET", "/clusters/detail", "clusters:get_all", bind(app, list_clusters), nullptr, kClusters},
      {"GET", "/clusters/{cluster_name}", "clusters:get", bind(app, show_cluster), nullptr,
       kClusters},
      {"PUT", "/clusters/{cluster_name}", "clusters:update", bind(app, update_cluster), &schema,
       kClusters},
  };
}

}  // namespace cinder::api
