// Regions, services, endpoints, and which endpoints a project is shown.
#pragma once

#include "keystone/store/entity.hpp"

namespace keystone::store {

struct Region {
  static constexpr std::string_view kTable = "regions";
  static constexpr std::string_view kKind = "region";
  std::string id;
  std::string description;
  std::optional<std::string> parent_region_id;
  std::string extra = "{}";
};
BOOST_DESCRIBE_STRUCT(Region, (), (id, description, parent_region_id, extra))

struct Service {
  static constexpr std::string_view kTable = "services";
  static constexpr std::string_view kKind = "service";
  std::string id;
  std::string type;
  std::string name;
  bool enabled = true;
  std::string extra = "{}";  // description and whatever clients sent
};
BOOST_DESCRIBE_STRUCT(Service, (), (id, type, name, enabled, extra))

struct Endpoint {
  static constexpr std::string_view kTable = "endpoints";
  static constexpr std::string_view kKind = "endpoint";
  std::string id;
  std::string service_id;
  std::string interface;  // "public", "internal", "admin"
  std::optional<std::string> region_id;
  std::string url;
  bool enabled = true;
  std::string extra = "{}";
};
BOOST_DESCRIBE_STRUCT(Endpoint, (), (id, service_id, interface, region_id, url, enabled, extra))

struct EndpointGroup {
  static constexpr std::string_view kTable = "endpoint_groups";
  static constexpr std::string_view kKind = "endpoint group";
  std::string id;
  std::string name;
  std::optional<std::string> description;
  std::string filters = "{}";  // JSON object: service_id, region_id, interface
};
BOOST_DESCRIBE_STRUCT(EndpointGroup, (), (id, name, description, filters))

struct RegisteredLimit {
  static constexpr std::string_view kTable = "registered_limits";
  static constexpr std::string_view kKind = "registered limit";
  std::string id;
  std::string service_id;
  std::string region_id;  // "": all
  std::string resource_name;
  int64_t default_limit = 0;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(RegisteredLimit, (),
                      (id, service_id, region_id, resource_name, default_limit, description))

struct Limit {
  static constexpr std::string_view kTable = "limits";
  static constexpr std::string_view kKind = "limit";
  std::string id;
  std::string project_id;  // or a domain's, the other one is ""
  std::string domain_id;
  std::string service_id;
  std::string region_id;
  std::string resource_name;
  int64_t resource_limit = 0;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(Limit, (),
                      (id, project_id, domain_id, service_id, region_id, resource_name,
                       resource_limit, description))

[[nodiscard]] std::vector<Service> list_enabled_services(platform::Session& session);
[[nodiscard]] std::vector<Endpoint> list_endpoints(platform::Session& session);
[[nodiscard]] std::vector<Endpoint> list_endpoints_of_service(platform::Session& session,
                                                              const std::string& service_id);
[[nodiscard]] std::optional<Service> find_service(platform::Session& session,
                                                  const std::string& type, const std::string& name);
[[nodiscard]] std::optional<Endpoint> find_endpoint(platform::Session& session,
                                                    const std::string& service_id,
                                                    const std::string& interface,
                                                    const std::string& region_id);
// Regions below it and endpoints in it.
[[nodiscard]] int64_t count_uses_of_region(platform::Session& session, const std::string& id);
// What goes with an endpoint, an endpoint group, a service; the row itself stays.
void delete_associations_of_endpoint(platform::Session& session, const std::string& id);
void delete_associations_of_endpoint_group(platform::Session& session, const std::string& id);
void delete_limits_of_service(platform::Session& session, const std::string& id);

// A project is associated with endpoints and with endpoint groups, in one table each.
enum class Filtered { endpoint, endpoint_group };
[[nodiscard]] bool is_in_project(platform::Session& session, Filtered what, const std::string& id,
                                 const std::string& project_id);
void insert_in_project(platform::Session& session, Filtered what, const std::string& id,
                       const std::string& project_id);
// False if it was not there.
bool delete_from_project(platform::Session& session, Filtered what, const std::string& id,
                         const std::string& project_id);
[[nodiscard]] std::vector<Endpoint> list_endpoints_of_project(platform::Session& session,
                                                              const std::string& project_id);
[[nodiscard]] std::vector<EndpointGroup> list_endpoint_groups_of_project(
    platform::Session& session, const std::string& project_id);

// By service, region and resource of the row given; its id is not looked at.
[[nodiscard]] std::optional<RegisteredLimit> find_same(platform::Session& session,
                                                       const RegisteredLimit& limit);
[[nodiscard]] std::optional<Limit> find_same(platform::Session& session, const Limit& limit);
[[nodiscard]] bool has_registered_limit(platform::Session& session, const Limit& limit);
[[nodiscard]] bool has_limits(platform::Session& session, const RegisteredLimit& limit);

}  // namespace keystone::store
