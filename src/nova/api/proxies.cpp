// Nova's old words for Neutron's resources, until 2.35.
// https://docs.openstack.org/api-ref/compute/#networks-os-networks-deprecated and
// https://docs.openstack.org/api-ref/compute/#security-groups-os-security-groups-deprecated
#include <fmt/format.h>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/app/servers.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;
using base::JsonObject;

constexpr Microversion kUntil{2, 35};

Json ask_neutron(app::App& app, const ApiRequest& request, const std::string& method,
                 const std::string& target, const Json& body = nullptr) {
  return app.session.call(app.settings.neutron_url, method, "/v2.0" + target, body,
                          request.context.request_id);
}

// ---- networks

void write_network(base::JsonWriter& json, const openstack::clients::Network& network) {
  json.begin_object();
  json.field("id", network.id);
  json.field("label", network.name);
  json.field("cidr", nullptr);
  json.end_object();
}

Response list_networks(app::App& app, ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("networks");
  json.begin_array();
  for (const auto& network :
       app.neutron.list_networks(request.context.project_id(), request.context.request_id))
    write_network(json, network);
  json.end_array();
  json.end_object();
  return answer(json);
}

Response show_network(app::App& app, ApiRequest& request) {
  const auto network =
      app.neutron.get_network(request.parameter("network_id"), request.context.request_id);
  const bool visible = network.shared || network.project_id == request.context.project_id() ||
                       request.context.is_admin();
  if (!visible) not_found("Network not found");
  base::JsonWriter json;
  json.begin_object();
  json.key("network");
  write_network(json, network);
  json.end_object();
  return answer(json);
}

// ---- security groups

// Neutron's "any" is Nova's -1 for ICMP and null else.
void write_port_bound(base::JsonWriter& json, std::string_view name, const Json& rule,
                      std::string_view key) {
  const Json* value = base::find(rule, key);
  json.key(name);
  if (value && value->is_int64())
    json.value(value->get_int64());
  else if (base::text_or(rule, "protocol").starts_with("icmp"))
    json.value(-1);
  else
    json.value(nullptr);
}

// `group_names`: id -> name of the project's groups, for rules that refer to one.
void write_rule(base::JsonWriter& json, const Json& rule,
                const std::map<std::string, std::string>& group_names) {
  const std::string protocol = base::text_or(rule, "protocol");
  const std::string remote = base::text_or(rule, "remote_group_id");
  json.begin_object();
  json.field("id", base::text_or(rule, "id"));
  json.field("parent_group_id", base::text_or(rule, "security_group_id"));
  write_text_or_null(json, "ip_protocol", protocol);
  write_port_bound(json, "from_port", rule, "port_range_min");
  write_port_bound(json, "to_port", rule, "port_range_max");
  json.key("group");
  json.begin_object();
  if (!remote.empty()) {
    const auto name = group_names.find(remote);
    json.field("name", name == group_names.end() ? remote : name->second);
    json.field("tenant_id", base::text_or(rule, "tenant_id", base::text_or(rule, "project_id")));
  }
  json.end_object();
  json.key("ip_range");
  json.begin_object();
  if (remote.empty()) {
    const bool v6 = base::text_or(rule, "ethertype") == "IPv6";
    json.field("cidr", base::text_or(rule, "remote_ip_prefix", v6 ? "::/0" : "0.0.0.0/0"));
  }
  json.end_object();
  json.end_object();
}

std::map<std::string, std::string> names_of_groups(app::App& app, const ApiRequest& request) {
  std::map<std::string, std::string> names;
  for (const auto& [id, name] :
       app.neutron.list_security_groups(request.context.project_id(), request.context.request_id))
    names.emplace(id, name);
  return names;
}

void write_group(base::JsonWriter& json, const Json& group,
                 const std::map<std::string, std::string>& group_names) {
  json.begin_object();
  json.field("id", base::text_or(group, "id"));
  json.field("name", base::text_or(group, "name"));
  json.field("description", base::text_or(group, "description"));
  json.field("tenant_id", base::text_or(group, "tenant_id", base::text_or(group, "project_id")));
  json.key("rules");
  json.begin_array();
  if (const Json* rules = base::find(group, "security_group_rules"); rules && rules->is_array())
    for (const Json& rule : rules->get_array())
      if (base::text_or(rule, "direction") == "ingress") write_rule(json, rule, group_names);
  json.end_array();
  json.end_object();
}

// The group if it is the caller's. Neutron is asked in Nova's own name, so this is ours to check.
Json get_group(app::App& app, const ApiRequest& request, const std::string& id) {
  if (!base::is_uuid_like(id)) bad_request("Security group id should be uuid");
  const std::string missing = "Security group " + id + " not found.";
  try {
    const Json document = ask_neutron(app, request, "GET", "/security-groups/" + id);
    const Json* group = base::find(document, "security_group");
    const std::string owner =
        group ? base::text_or(*group, "tenant_id", base::text_or(*group, "project_id")) : "";
    if (group && (owner == request.context.project_id() || request.context.is_admin()))
      return *group;
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
  not_found(missing);
}

Response answer_group(app::App& app, const ApiRequest& request, const Json& group) {
  base::JsonWriter json;
  json.begin_object();
  json.key("security_group");
  write_group(json, group, names_of_groups(app, request));
  json.end_object();
  return answer(json);
}

Response list_groups(app::App& app, ApiRequest& request) {
  const bool all = query_flag(request, "all_tenants", false) && request.context.is_admin();
  const Json document = ask_neutron(
      app, request, "GET",
      all ? "/security-groups"
          : "/security-groups?tenant_id=" + base::percent_encode(request.context.project_id()));
  const auto names = names_of_groups(app, request);
  base::JsonWriter json;
  json.begin_object();
  json.key("security_groups");
  json.begin_array();
  if (const Json* groups = base::find(document, "security_groups"); groups && groups->is_array())
    for (const Json& group : groups->get_array()) write_group(json, group, names);
  json.end_array();
  json.end_object();
  return answer(json);
}

Response show_group(app::App& app, ApiRequest& request) {
  return answer_group(app, request, get_group(app, request, request.parameter("group_id")));
}

Json group_body(const ApiRequest& request) {
  const Json& group = inner(request, "security_group");
  const std::string name = base::text_or(group, "name");
  if (base::trim(name).empty() || name.size() > 255)
    bad_request("Security group name should be between 1 and 255 characters.");
  const std::string description = base::text_or(group, "description");
  if (description.size() > 255)
    bad_request("Security group description should not be greater than 255 characters.");
  return JsonObject{{"name", name}, {"description", description}};
}

Response create_group(app::App& app, ApiRequest& request) {
  Json body = group_body(request);
  body.as_object()["tenant_id"] = request.context.project_id();
  const Json document =
      ask_neutron(app, request, "POST", "/security-groups", JsonObject{{"security_group", body}});
  return answer_group(app, request, *base::find(document, "security_group"));
}

Response update_group(app::App& app, ApiRequest& request) {
  const Json body = group_body(request);
  const std::string& id = request.parameter("group_id");
  static_cast<void>(get_group(app, request, id));
  const Json document = ask_neutron(app, request, "PUT", "/security-groups/" + id,
                                    JsonObject{{"security_group", body}});
  return answer_group(app, request, *base::find(document, "security_group"));
}

Response remove_group(app::App& app, ApiRequest& request) {
  const std::string& id = request.parameter("group_id");
  static_cast<void>(get_group(app, request, id));
  try {
    ask_neutron(app, request, "DELETE", "/security-groups/" + id);
  } catch (const base::Error& error) {
    // Nova's word for a group in use.
    if (error.kind() == base::ErrorKind::conflict) bad_request(error.message());
    throw;
  }
  return openstack::empty_response(202);
}

std::optional<int64_t> port_of(const Json& rule, std::string_view key) {
  const Json* value = base::find(rule, key);
  if (!value || value->is_null()) return std::nullopt;
  const int64_t port = integer_of(*value);
  if (port < -1 || port > 65535)
    bad_request(fmt::format("Invalid port range {}: ports are from -1 to 65535.", port));
  return port;
}

// Nova's rule as Neutron's.
JsonObject rule_body(const Json& rule, const std::string& group_id, const std::string& project_id) {
  const std::string protocol = base::lower(base::text_or(rule, "ip_protocol"));
  static constexpr std::string_view known[] = {"tcp", "udp", "icmp"};
  if (std::find(std::begin(known), std::end(known), protocol) == std::end(known))
    bad_request("Invalid IP protocol " + protocol + ".");
  const auto from = port_of(rule, "from_port");
  const auto to = port_of(rule, "to_port");
  if (!from || !to) bad_request("A port range is needed: from_port and to_port.");
  if (protocol != "icmp" && (*from < 1 || *from > *to))
    bad_request(fmt::format("Invalid port range {}:{}.", *from, *to));
  JsonObject body{{"security_group_id", group_id},
                  {"direction", "ingress"},
                  {"ethertype", "IPv4"},
                  {"tenant_id", project_id},
                  {"protocol", protocol}};
  if (*from >= 0) body["port_range_min"] = *from;
  if (*to >= 0) body["port_range_max"] = *to;
  const std::string remote = base::text_or(rule, "group_id");
  if (!remote.empty()) {
    body["remote_group_id"] = remote;
    return body;
  }
  const std::string cidr = base::text_or(rule, "cidr", "0.0.0.0/0");
  if (cidr.find(':') != std::string::npos) body["ethertype"] = "IPv6";
  body["remote_ip_prefix"] = cidr;
  return body;
}

Json ask_for_rule(app::App& app, const ApiRequest& request, const JsonObject& body) {
  try {
    return ask_neutron(app, request, "POST", "/security-group-rules",
                       JsonObject{{"security_group_rule", body}});
  } catch (const base::Error& error) {
    // Nova's word for a rule that is there already.
    if (error.kind() == base::ErrorKind::conflict) bad_request(error.message());
    throw;
  }
}

Response create_rule(app::App& app, ApiRequest& request) {
  const Json& rule = inner(request, "security_group_rule");
  const std::string group_id = base::text_or(rule, "parent_group_id");
  static_cast<void>(get_group(app, request, group_id));
  if (const std::string remote = base::text_or(rule, "group_id"); !remote.empty())
    static_cast<void>(get_group(app, request, remote));
  const JsonObject body = rule_body(rule, group_id, request.context.project_id());
  const Json document = ask_for_rule(app, request, body);
  base::JsonWriter json;
  json.begin_object();
  json.key("security_group_rule");
  write_rule(json, *base::find(document, "security_group_rule"), names_of_groups(app, request));
  json.end_object();
  return answer(json);
}

Response remove_rule(app::App& app, ApiRequest& request) {
  const std::string& id = request.parameter("rule_id");
  if (!base::is_uuid_like(id)) bad_request("Security group rule id should be uuid");
  const Json document = ask_neutron(app, request, "GET", "/security-group-rules/" + id);
  const Json* rule = base::find(document, "security_group_rule");
  if (!rule) not_found("Rule (" + id + ") not found");
  static_cast<void>(get_group(app, request, base::text_or(*rule, "security_group_id")));
  ask_neutron(app, request, "DELETE", "/security-group-rules/" + id);
  return openstack::empty_response(202);
}

// The groups of a server's ports.
Response list_groups_of_server(app::App& app, ApiRequest& request) {
  const auto server = app::get_server(app, request.context, request.parameter("server_id"));
  std::vector<std::string> ids;
  for (const auto& port : app.neutron.list_ports_of_device(server.id, request.context.request_id))
    for (const std::string& id : port.security_groups)
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  const auto names = names_of_groups(app, request);
  base::JsonWriter json;
  json.begin_object();
  json.key("security_groups");
  json.begin_array();
  for (const std::string& id : ids) write_group(json, get_group(app, request, id), names);
  json.end_array();
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes proxy_routes(app::App& app) {
  static const openstack::Schema group_schema(
      R"({"type":"object","properties":{"security_group":{"type":"object","properties":{)"
      R"("name":{"type":"string"},"description":{"type":["string","null"]}},"required":["name"]}},)"
      R"("required":["security_group"]})");
  static const openstack::Schema rule_schema(
      R"({"type":"object","properties":{"security_group_rule":{"type":"object","properties":{)"
      R"("parent_group_id":{"type":"string"},"ip_protocol":{"type":["string","null"]},)"
      R"("from_port":{"type":["integer","string","null"]},"to_port":{"type":["integer","string","null"]},)"
      R"("cidr":{"type":["string","null"]},"group_id":{"type":["string","null"]}},)"
      R"("required":["parent_group_id"]}},)"
      R"("required":["security_group_rule"]})");
  const char* const groups = "/os-security-groups";
  const char* const group = "/os-security-groups/{group_id}";
  constexpr std::string_view read = "os_compute_api:os-security-groups:list";
  constexpr std::string_view write = "os_compute_api:os-security-groups";
  const auto row = [&](std::string_view method, std::string_view path, std::string_view policy,
                       AppHandler handler, const openstack::Schema* schema = nullptr) {
    return openstack::Route{method, path, policy, bind(app, handler), schema, kFirst, kUntil};
  };
  openstack::Routes routes = {
      row("GET", groups, read, list_groups),
      row("POST", groups, write, create_group, &group_schema),
      row("GET", group, read, show_group),
      row("PUT", group, write, update_group, &group_schema),
      row("DELETE", group, write, remove_group),
      row("POST", "/os-security-group-rules", write, create_rule, &rule_schema),
      row("DELETE", "/os-security-group-rules/{rule_id}", write, remove_rule),
      row("GET", "/os-networks", "os_compute_api:os-networks", list_networks),
      row("GET", "/os-networks/{network_id}", "os_compute_api:os-networks", show_network),
      row("GET", "/os-tenant-networks", "os_compute_api:os-tenant-networks", list_networks),
      row("GET", "/os-tenant-networks/{network_id}", "os_compute_api:os-tenant-networks",
          show_network),
  };
  // This one has no end.
  routes.push_back(
      {"GET", "/servers/{server_id}/os-security-groups", read, bind(app, list_groups_of_server)});
  return routes;
}

}  // namespace nova::api
