#include "keystone/app/catalog.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"

namespace keystone::app {

std::optional<std::string> fill_in_url(std::string url, const openstack::Identity& identity) {
  url = base::replace_all(std::move(url), "$(", "%(");
  const std::array<std::pair<std::string_view, const std::string*>, 3> values{{
      {"%(tenant_id)s", &identity.project_id},
      {"%(project_id)s", &identity.project_id},
      {"%(user_id)s", &identity.user_id},
  }};
  for (const auto& [name, value] : values) {
    if (url.find(name) == std::string::npos) continue;
    if (value->empty()) return std::nullopt;
    url = base::replace_all(std::move(url), name, *value);
  }
  if (url.find("%(") != std::string::npos) return std::nullopt;
  return url;
}

bool fits(const store::Endpoint& endpoint, const std::string& filters) {
  const base::Json wanted = base::parse_json(filters);
  const auto is = [&](std::string_view key, const std::string& actual) {
    const std::string value = base::text_or(wanted, key);
    return value.empty() || value == actual;
  };
  return is("service_id", endpoint.service_id) && is("interface", endpoint.interface) &&
         is("region_id", endpoint.region_id.value_or(""));
}

std::vector<store::Endpoint> list_endpoints_of_project(platform::Session& session,
                                                       const std::string& project_id) {
  auto found = platform::select<store::Endpoint>(
      session,
      "WHERE id IN (SELECT endpoint_id FROM project_endpoints WHERE project_id=?) ORDER BY id",
      {project_id});
  const auto groups = platform::select<store::EndpointGroup>(
      session,
      "WHERE id IN (SELECT endpoint_group_id FROM project_endpoint_groups WHERE project_id=?)",
      {project_id});
  if (groups.empty()) return found;
  for (store::Endpoint& endpoint : platform::select<store::Endpoint>(session, "ORDER BY id")) {
    const bool known = std::ranges::any_of(
        found, [&](const store::Endpoint& other) { return other.id == endpoint.id; });
    const bool wanted = std::ranges::any_of(groups, [&](const store::EndpointGroup& group) {
      return fits(endpoint, group.filters);
    });
    if (wanted && !known) found.push_back(std::move(endpoint));
  }
  return found;
}

std::vector<CatalogEntry> make_catalog(platform::Session& session,
                                       const openstack::Identity& identity) {
  std::vector<CatalogEntry> catalog;
  for (store::Service& service :
       platform::select<store::Service>(session, "WHERE enabled=1 ORDER BY type, id"))
    catalog.push_back({std::move(service), {}});
  std::vector<store::Endpoint> endpoints;
  if (!identity.project_id.empty())
    endpoints = list_endpoints_of_project(session, identity.project_id);
  // Without any association a project sees all.
  if (endpoints.empty())
    endpoints = platform::select<store::Endpoint>(session, "ORDER BY service_id, id");
  for (store::Endpoint& endpoint : endpoints) {
    const auto entry = std::ranges::find_if(catalog, [&](const CatalogEntry& candidate) {
      return candidate.service.id == endpoint.service_id;
    });
    if (!endpoint.enabled || entry == catalog.end()) continue;
    auto url = fill_in_url(endpoint.url, identity);
    if (!url) continue;
    endpoint.url = std::move(*url);
    entry->endpoints.push_back(std::move(endpoint));
  }
  return catalog;
}

}  // namespace keystone::app
