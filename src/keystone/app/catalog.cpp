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

std::vector<store::Endpoint> list_filtered_endpoints(platform::Session& session,
                                                     const std::string& project_id) {
  auto found = store::list_endpoints_of_project(session, project_id);
  const auto groups = store::list_endpoint_groups_of_project(session, project_id);
  if (groups.empty()) return found;
  for (store::Endpoint& endpoint : store::list_endpoints(session)) {
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
  for (store::Service& service : store::list_enabled_services(session))
    catalog.push_back({std::move(service), {}});
  std::vector<store::Endpoint> endpoints;
  if (!identity.project_id.empty())
    endpoints = list_filtered_endpoints(session, identity.project_id);
  // Without any association a project sees all.
  if (endpoints.empty()) endpoints = store::list_endpoints(session);
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
  if (store::count_uses_of_region(change.session, region.id) == 0) return;
  throw base::Error(base::ErrorKind::forbidden,
                    fmt::format("Unable to delete region {} because it or its child regions have "
                                "associated endpoints.",
                                region.id));
}

void before_service_delete(Change& change, store::Service& service) {
  for (store::Endpoint& endpoint : store::list_endpoints_of_service(change.session, service.id)) {
    before_endpoint_delete(change, endpoint);
    store::delete_by_id<store::Endpoint>(change.session, endpoint.id);
  }
  store::delete_limits_of_service(change.session, service.id);
}

void before_endpoint_delete(Change& change, store::Endpoint& endpoint) {
  store::delete_associations_of_endpoint(change.session, endpoint.id);
}

void before_endpoint_group_delete(Change& change, store::EndpointGroup& group) {
  store::delete_associations_of_endpoint_group(change.session, group.id);
}

namespace {

std::string_view kind_of(Filtered what) {
  return what == Filtered::endpoint ? store::Endpoint::kKind : store::EndpointGroup::kKind;
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
          fmt::format("{} {} not found in project {}.", kind_of(what), id, project_id)};
}

}  // namespace

void add_to_project(Core& core, Filtered what, const std::string& id,
                    const std::string& project_id) {
  core.change("add_to_project", [&](Change& change) {
    require(change.session, what, id, project_id);
    if (store::is_in_project(change.session, what, id, project_id))
      throw conflict(fmt::format("project {}", kind_of(what)),
                     fmt::format("ID {} and project {}", id, project_id));
    store::insert_in_project(change.session, what, id, project_id);
  });
}

void check_in_project(Core& core, Filtered what, const std::string& id,
                      const std::string& project_id) {
  core.read([&](platform::Session& session) {
    require(session, what, id, project_id);
    if (!store::is_in_project(session, what, id, project_id))
      throw not_associated(what, id, project_id);
  });
}

void remove_from_project(Core& core, Filtered what, const std::string& id,
                         const std::string& project_id) {
  core.change("remove_from_project", [&](Change& change) {
    require(change.session, what, id, project_id);
    if (!store::delete_from_project(change.session, what, id, project_id))
      throw not_associated(what, id, project_id);
  });
}

}  // namespace keystone::app
