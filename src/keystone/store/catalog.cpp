#include "keystone/store/catalog.hpp"

namespace keystone::store {
namespace {

constexpr std::string_view kSameResource = "WHERE service_id=? AND region_id=? AND resource_name=?";

struct FilterTable {
  std::string_view count;
  std::string_view insert;
  std::string_view remove;
};
constexpr FilterTable kEndpoints{
    "SELECT COUNT(*) FROM project_endpoints WHERE endpoint_id=? AND project_id=?",
    "INSERT INTO project_endpoints (endpoint_id, project_id) VALUES (?,?)",
    "DELETE FROM project_endpoints WHERE endpoint_id=? AND project_id=?"};
constexpr FilterTable kGroups{
    "SELECT COUNT(*) FROM project_endpoint_groups WHERE endpoint_group_id=? AND project_id=?",
    "INSERT INTO project_endpoint_groups (endpoint_group_id, project_id) VALUES (?,?)",
    "DELETE FROM project_endpoint_groups WHERE endpoint_group_id=? AND project_id=?"};

const FilterTable& table_of(Filtered what) {
  return what == Filtered::endpoint ? kEndpoints : kGroups;
}

}  // namespace

std::vector<Service> list_enabled_services(platform::Session& session) {
  return platform::select<Service>(session, "WHERE enabled=1 ORDER BY type, id");
}

std::vector<Endpoint> list_endpoints(platform::Session& session) {
  return platform::select<Endpoint>(session, "ORDER BY service_id, id");
}

std::vector<Endpoint> list_endpoints_of_service(platform::Session& session,
                                                const std::string& service_id) {
  return platform::select<Endpoint>(session, "WHERE service_id=? ORDER BY id", {service_id});
}

std::optional<Service> find_service(platform::Session& session, const std::string& type,
                                    const std::string& name) {
  return platform::find<Service>(session, "WHERE type=? AND name=?", {type, name});
}

std::optional<Endpoint> find_endpoint(platform::Session& session, const std::string& service_id,
                                      const std::string& interface, const std::string& region_id) {
  return platform::find<Endpoint>(session, "WHERE service_id=? AND interface=? AND region_id=?",
                                  {service_id, interface, region_id});
}

int64_t count_uses_of_region(platform::Session& session, const std::string& id) {
  return platform::number(session, "SELECT COUNT(*) FROM regions WHERE parent_region_id=?", {id}) +
         platform::number(session, "SELECT COUNT(*) FROM endpoints WHERE region_id=?", {id});
}

void delete_associations_of_endpoint(platform::Session& session, const std::string& id) {
  session.execute("DELETE FROM project_endpoints WHERE endpoint_id=?", {id});
}

void delete_associations_of_endpoint_group(platform::Session& session, const std::string& id) {
  session.execute("DELETE FROM project_endpoint_groups WHERE endpoint_group_id=?", {id});
}

void delete_limits_of_service(platform::Session& session, const std::string& id) {
  session.execute("DELETE FROM limits WHERE service_id=?", {id});
  session.execute("DELETE FROM registered_limits WHERE service_id=?", {id});
}

bool is_in_project(platform::Session& session, Filtered what, const std::string& id,
                   const std::string& project_id) {
  return platform::number(session, table_of(what).count, {id, project_id}) > 0;
}

void insert_in_project(platform::Session& session, Filtered what, const std::string& id,
                       const std::string& project_id) {
  session.execute(table_of(what).insert, {id, project_id});
}

bool delete_from_project(platform::Session& session, Filtered what, const std::string& id,
                         const std::string& project_id) {
  return session.change(table_of(what).remove, {id, project_id}) > 0;
}

std::vector<Endpoint> list_endpoints_of_project(platform::Session& session,
                                                const std::string& project_id) {
  return platform::select<Endpoint>(
      session,
      "WHERE id IN (SELECT endpoint_id FROM project_endpoints WHERE project_id=?) ORDER BY id",
      {project_id});
}

std::vector<EndpointGroup> list_endpoint_groups_of_project(platform::Session& session,
                                                           const std::string& project_id) {
  return platform::select<EndpointGroup>(session,
                                         "WHERE id IN (SELECT endpoint_group_id FROM "
                                         "project_endpoint_groups WHERE project_id=?) ORDER BY id",
                                         {project_id});
}

std::optional<RegisteredLimit> find_same(platform::Session& session, const RegisteredLimit& limit) {
  return platform::find<RegisteredLimit>(session, kSameResource,
                                         {limit.service_id, limit.region_id, limit.resource_name});
}

std::optional<Limit> find_same(platform::Session& session, const Limit& limit) {
  return platform::find<Limit>(
      session,
      "WHERE project_id=? AND domain_id=? AND service_id=? AND "
      "region_id=? AND resource_name=?",
      {limit.project_id, limit.domain_id, limit.service_id, limit.region_id, limit.resource_name});
}

bool has_registered_limit(platform::Session& session, const Limit& limit) {
  return platform::find<RegisteredLimit>(session, kSameResource,
                                         {limit.service_id, limit.region_id, limit.resource_name})
      .has_value();
}

bool has_limits(platform::Session& session, const RegisteredLimit& limit) {
  return platform::find<Limit>(session, kSameResource,
                               {limit.service_id, limit.region_id, limit.resource_name})
      .has_value();
}

}  // namespace keystone::store
