// /servers/{id}/ips and what else is known of a server's interfaces.
// https://docs.openstack.org/api-ref/compute/#servers-ips-servers-ips
#include "nova/api/routes.hpp"
#include "nova/api/server_view.hpp"
#include "nova/app/servers.hpp"

namespace nova::api {
namespace {

using base::Error;
using base::ErrorKind;
using Ports = std::vector<openstack::clients::Port>;

store::InstanceRow server_of(app::App& app, const ApiRequest& request) {
  return app::get_server(app, request.context, request.parameter("server_id"));
}

Response list_addresses(app::App& app, ApiRequest& request) {
  const auto server = server_of(app, request);
  base::JsonWriter json;
  json.begin_object();
  json.key("addresses");
  json.begin_object();
  write_addresses(json, server, "", false);
  json.end_object();
  json.end_object();
  return answer(json);
}

Response show_addresses(app::App& app, ApiRequest& request) {
  const auto server = server_of(app, request);
  base::JsonWriter json;
  json.begin_object();
  const size_t networks = write_addresses(json, server, request.parameter("network"), false);
  json.end_object();
  if (networks == 0) not_found("Instance is not a member of specified network");
  return answer(json);
}

void write_interface(base::JsonWriter& json, const openstack::clients::Port& port,
                     Microversion version) {
  json.begin_object();
  json.field("port_state", port.status);
  json.field("port_id", port.id);
  json.field("net_id", port.network_id);
  json.field("mac_addr", port.mac_address);
  json.key("fixed_ips");
  json.begin_array();
  for (const auto& ip : port.fixed_ips) {
    json.begin_object();
    json.field("subnet_id", ip.subnet_id);
    json.field("ip_address", ip.ip_address);
    json.end_object();
  }
  json.end_array();
  if (version >= Microversion{2, 70}) json.field("tag", nullptr);
  json.end_object();
}

Ports ports_of(const store::InstanceRow& server) {
  return base::from_json<Ports>(base::parse_json(server.ports));
}

Response list_interfaces(app::App& app, ApiRequest& request) {
  const auto server = server_of(app, request);
  base::JsonWriter json;
  json.begin_object();
  json.key("interfaceAttachments");
  json.begin_array();
  for (const auto& port : ports_of(server)) write_interface(json, port, request.context.version);
  json.end_array();
  json.end_object();
  return answer(json);
}

Response show_interface(app::App& app, ApiRequest& request) {
  const auto server = server_of(app, request);
  const std::string& id = request.parameter("port_id");
  for (const auto& port : ports_of(server)) {
    if (port.id != id) continue;
    base::JsonWriter json;
    json.begin_object();
    json.key("interfaceAttachment");
    write_interface(json, port, request.context.version);
    json.end_object();
    return answer(json);
  }
  not_found("Instance " + server.id + " does not have port " + id);
}

Response not_built(app::App& app, ApiRequest& request) {
  static_cast<void>(server_of(app, request));
  throw Error(ErrorKind::not_implemented, "The requested functionality is not supported.");
}

// Guests post their password to the metadata service, which takes none: it is always empty.
Response show_password(app::App& app, ApiRequest& request) {
  static_cast<void>(server_of(app, request));
  base::JsonWriter json;
  json.begin_object();
  json.field("password", "");
  json.end_object();
  return answer(json);
}

Response clear_password(app::App& app, ApiRequest& request) {
  static_cast<void>(server_of(app, request));
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes server_address_routes(app::App& app) {
  return {
      {"GET", "/servers/{server_id}/ips", "os_compute_api:ips:index", bind(app, list_addresses)},
      {"GET", "/servers/{server_id}/ips/{network}", "os_compute_api:ips:show",
       bind(app, show_addresses)},
      {"GET", "/servers/{server_id}/os-interface", "os_compute_api:os-attach-interfaces:list",
       bind(app, list_interfaces)},
      {"GET", "/servers/{server_id}/os-interface/{port_id}",
       "os_compute_api:os-attach-interfaces:show", bind(app, show_interface)},
      {"POST", "/servers/{server_id}/os-interface", "os_compute_api:os-attach-interfaces:create",
       bind(app, not_built)},
      {"DELETE", "/servers/{server_id}/os-interface/{port_id}",
       "os_compute_api:os-attach-interfaces:delete", bind(app, not_built)},
      {"GET", "/servers/{server_id}/os-server-password", "os_compute_api:os-server-password:show",
       bind(app, show_password)},
      {"DELETE", "/servers/{server_id}/os-server-password",
       "os_compute_api:os-server-password:clear", bind(app, clear_password)},
      {"GET", "/servers/{server_id}/diagnostics", "os_compute_api:os-server-diagnostics",
       bind(app, not_built)},
  };
}

}  // namespace nova::api
