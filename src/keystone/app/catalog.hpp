// The service catalog that a token carries, and who sees which endpoint.
#pragma once

#include <string>
#include <vector>

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
[[nodiscard]] std::vector<store::Endpoint> list_endpoints_of_project(platform::Session& session,
                                                                     const std::string& project_id);

}  // namespace keystone::app
