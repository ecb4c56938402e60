// The service catalog that a token carries, and who sees which endpoint.
#pragma once

#include <string>
#include <vector>

#include "keystone/app/core.hpp"
#include "keystone/store/catalog.hpp"
#include "openstack/context.hpp"

namespace keystone::app {

struct CatalogEntry {
  store::Service service;
  std::vector<store::Endpoint> endpoints;  // with their templates filled in
};
// Enabled services and endpoints for the scope of `identity`. An endpoint whose URL needs a
// project is left out of a token without one.
[[nodiscard]] std::vector<CatalogEntry> make_catalog(platform::Session& session,
                                                     const openstack::Identity& identity);
// "$(project_id)s" and "%(tenant_id)s" and their like; nullopt if a value is missing.
[[nodiscard]] std::optional<std::string> fill_in_url(std::string url,
                                                     const openstack::Identity& identity);
// Whether an endpoint fits an endpoint group's filters (a JSON object).
[[nodiscard]] bool fits(const store::Endpoint& endpoint, const std::string& filters);
// Endpoints that the project was associated with, directly or by groups.
[[nodiscard]] std::vector<store::Endpoint> list_filtered_endpoints(platform::Session& session,
                                                                   const std::string& project_id);

// Rules for the rows of the catalog, for crud.hpp. They throw bad_request or not_found.
void check_region(Change& change, store::Region& region);
void check_endpoint(Change& change, store::Endpoint& endpoint);
// Throws Error(forbidden) if other regions are below it.
void before_region_delete(Change& change, store::Region& region);
void before_service_delete(Change& change, store::Service& service);
void before_endpoint_delete(Change& change, store::Endpoint& endpoint);
void before_endpoint_group_delete(Change& change, store::EndpointGroup& group);

// The association of a project with an endpoint or an endpoint group. All must exist, else
// Error(not_found); adding is refused with conflict if it is there already.
using store::Filtered;
void add_to_project(Core& core, Filtered what, const std::string& id,
                    const std::string& project_id);
void check_in_project(Core& core, Filtered what, const std::string& id,
                      const std::string& project_id);
void remove_from_project(Core& core, Filtered what, const std::string& id,
                         const std::string& project_id);

}  // namespace keystone::app
