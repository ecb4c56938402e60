#include "keystone/app/catalog.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"
#include "keystone/app/users.hpp"
#include "keystone/store/projects.hpp"

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
    const bool wanted = std::ranges::any_of(
        groups, [&](const store::EndpointGroup& group) { return fits(endpoint, group.filters); });
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

void check_region(Change& change, store::Region& region) {
  std::optional<std::string> parent = region.parent_region_id;
  while (parent) {
    if (*parent == region.id)
      throw base::Error(
          base::ErrorKind::bad_request,
          fmt::format("Unable to create a circular hierarchy of region {}.", region.id));
    parent = store::get_by_id<store::Region>(change.session, *parent).parent_region_id;
  }
}

void check_endpoint(Change& change, store::Endpoint& endpoint) {
  const auto require = [](bool found, std::string_view kind, const std::string& id) {
    if (!found)
      throw base::Error(base::ErrorKind::bad_request,
                        fmt::format("Could not find {}: {}.", kind, id));
  };
  require(store::find_by_id<store::Service>(change.session, endpoint.service_id).has_value(),
          "service", endpoint.service_id);
  if (endpoint.region_id)
    require(store::find_by_id<store::Region>(change.session, *endpoint.region_id).has_value(),
            "region", *endpoint.region_id);
  // A template that could never be filled in would vanish from every catalog without a word.
  openstack::Identity sample;
  sample.project_id = sample.user_id = "x";
  if (!fill_in_url(endpoint.url, sample))
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("The URL {} has a template other than $(project_id)s, "
                                  "$(tenant_id)s and $(user_id)s.",
                                  endpoint.url));
}

void before_region_delete(Change& change, store::Region& region) {
  const auto children = platform::number(
      change.session, "SELECT COUNT(*) FROM regions WHERE parent_region_id=?", {region.id});
  const auto endpoints = platform::number(
      change.session, "SELECT COUNT(*) FROM endpoints WHERE region_id=?", {region.id});
  if (children + endpoints == 0) return;
  throw base::Error(base::ErrorKind::forbidden,
                    fmt::format("Unable to delete region {} because it or its child regions have "
                                "associated endpoints.",
                                region.id));
}

void before_service_delete(Change& change, store::Service& service) {
  for (store::Endpoint& endpoint :
       platform::select<store::Endpoint>(change.session, "WHERE service_id=?", {service.id})) {
    before_endpoint_delete(change, endpoint);
    store::delete_by_id<store::Endpoint>(change.session, endpoint.id);
  }
  change.session.execute("DELETE FROM limits WHERE service_id=?", {service.id});
  change.session.execute("DELETE FROM registered_limits WHERE service_id=?", {service.id});
}

void before_endpoint_delete(Change& change, store::Endpoint& endpoint) {
  change.session.execute("DELETE FROM project_endpoints WHERE endpoint_id=?", {endpoint.id});
}

void before_endpoint_group_delete(Change& change, store::EndpointGroup& group) {
  change.session.execute("DELETE FROM project_endpoint_groups WHERE endpoint_group_id=?",
                         {group.id});
}

namespace {

struct FilterTable {
  std::string_view count;
  std::string_view insert;
  std::string_view remove;
  std::string_view kind;
};
constexpr FilterTable kEndpointTable{
    "SELECT COUNT(*) FROM project_endpoints WHERE endpoint_id=? AND project_id=?",
    "INSERT INTO project_endpoints (endpoint_id, project_id) VALUES (?,?)",
    "DELETE FROM project_endpoints WHERE endpoint_id=? AND project_id=?", "endpoint"};
constexpr FilterTable kGroupTable{
    "SELECT COUNT(*) FROM project_endpoint_groups WHERE endpoint_group_id=? AND project_id=?",
    "INSERT INTO project_endpoint_groups (endpoint_group_id, project_id) VALUES (?,?)",
    "DELETE FROM project_endpoint_groups WHERE endpoint_group_id=? AND project_id=?",
    "endpoint group"};

const FilterTable& table_of(Filtered what) {
  return what == Filtered::endpoint ? kEndpointTable : kGroupTable;
}

void require(platform::Session& session, Filtered what, const std::string& id,
             const std::string& project_id) {
  if (what == Filtered::endpoint)
    (void)store::get_by_id<store::Endpoint>(session, id);
  else
    (void)store::get_by_id<store::EndpointGroup>(session, id);
  (void)store::get_by_id<store::Project>(session, project_id);
}

base::Error not_associated(Filtered what, const std::string& id, const std::string& project_id) {
  return {base::ErrorKind::not_found,
          fmt::format("{} {} not found in project {}.", table_of(what).kind, id, project_id)};
}

}  // namespace

void add_to_project(Core& core, Filtered what, const std::string& id,
                    const std::string& project_id) {
  core.change("add_to_project", [&](Change& change) {
    require(change.session, what, id, project_id);
    if (platform::number(change.session, table_of(what).count, {id, project_id}) > 0)
      throw conflict(fmt::format("project {}", table_of(what).kind),
                     fmt::format("ID {} and project {}", id, project_id));
    change.session.execute(table_of(what).insert, {id, project_id});
  });
}

void check_in_project(Core& core, Filtered what, const std::string& id,
                      const std::string& project_id) {
  core.read([&](platform::Session& session) {
    require(session, what, id, project_id);
    if (platform::number(session, table_of(what).count, {id, project_id}) == 0)
      throw not_associated(what, id, project_id);
  });
}

void remove_from_project(Core& core, Filtered what, const std::string& id,
                         const std::string& project_id) {
  core.change("remove_from_project", [&](Change& change) {
    require(change.session, what, id, project_id);
    if (change.session.execute(table_of(what).remove, {id, project_id}) == 0)
      throw not_associated(what, id, project_id);
  });
}

}  // namespace keystone::app
