// /servers: create, list, show, update, delete.
// https://docs.openstack.org/api-ref/compute/#servers-servers
#include "nova/app/servers.hpp"

#include <algorithm>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "nova/api/block_devices.hpp"
#include "nova/api/routes.hpp"
#include "nova/api/server_list.hpp"
#include "nova/api/server_schemas.hpp"
#include "nova/api/server_view.hpp"

namespace nova::api {
namespace {

using base::Json;

void read_network(const Json& item, app::NetworkWish& wish) {
  RequestedNetwork network;
  network.network_id = base::text_or(item, "uuid");
  network.port_id = base::text_or(item, "port");
  network.fixed_ip = base::text_or(item, "fixed_ip");
  network.tag = base::text_or(item, "tag");
  if (network.port_id.empty() && !base::is_uuid_like(network.network_id))
    bad_request("Bad networks format: network uuid is not in proper format (" + network.network_id +
                ")");
  if (!network.port_id.empty() && !network.fixed_ip.empty())
    bad_request("Specified Fixed IP '" + network.fixed_ip + "' cannot be used with port '" +
                network.port_id + "': the two cannot be specified together.");
  if (!network.port_id.empty()) network.network_id.clear();
  wish.networks.push_back(std::move(network));
}

app::NetworkWish read_networks(const Json& server) {
  app::NetworkWish wish;
  const Json* networks = base::find(server, "networks");
  if (!networks) return wish;
  if (networks->is_string()) {
    wish.kind = networks->get_string() == "none" ? app::NetworkWish::Kind::none
                                                 : app::NetworkWish::Kind::automatic;
    return wish;
  }
  if (networks->get_array().empty()) return wish;
  wish.kind = app::NetworkWish::Kind::listed;
  for (const Json& item : networks->get_array()) read_network(item, wish);
  return wish;
}

void read_counts(const Json& server, app::NewServer& wanted) {
  const Json* min = base::find(server, "min_count");
  const Json* max = base::find(server, "max_count");
  wanted.min_count = min ? integer_of(*min) : 1;
  wanted.max_count = max ? integer_of(*max) : wanted.min_count;
}

std::vector<std::string> read_security_groups(const Json& server) {
  const Json* groups = base::find(server, "security_groups");
  if (!groups) return {"default"};
  std::vector<std::string> names;
  for (const Json& group : groups->get_array()) {
    const std::string name = base::text_or(group, "name", "default");
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void read_placement(const ApiRequest& request, const Json& server, app::NewServer& wanted) {
  wanted.zone = std::string(base::trim(base::text_or(server, "availability_zone")));
  wanted.requested_host = base::text_or(server, "host");
  const std::string node = base::text_or(server, "hypervisor_hostname");
  if (!wanted.requested_host.empty() || !node.empty())
    request.authorize("compute:servers:create:requested_destination", {});
  if (wanted.requested_host.empty()) wanted.requested_host = node;
  for (const char* key : {"os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"})
    if (const Json* hints = base::find(request.body, key)) wanted.scheduler_hints = *hints;
}

app::NewServer read_new_server(const ApiRequest& request) {
  const Json& server = inner(request, "server");
  if (base::find(server, "personality"))
    bad_request("Personality files are not supported: use user_data.");
  app::NewServer wanted;
  wanted.name = std::string(base::trim(base::text_or(server, "name")));
  if (const Json* text = base::find(server, "description"); text && text->is_string())
    wanted.description = std::string(base::trim(base::text_or(server, "description")));
  if (request.context.version < Microversion{2, 19}) wanted.description = wanted.name;
  RequestedDisks disks = read_disks(server);
  wanted.image_id = std::move(disks.image_id);
  wanted.block_devices = std::move(disks.devices);
  wanted.flavor_id = id_of_reference(*base::find(server, "flavorRef"));
  if (const Json* key = base::find(server, "key_name")) wanted.key_name = text_of(*key);
  if (const Json* metadata = base::find(server, "metadata"))
    wanted.metadata = base::from_json<std::map<std::string, std::string>>(*metadata);
  if (const Json* tags = base::find(server, "tags"))
    wanted.tags = base::from_json<std::vector<std::string>>(*tags);
  wanted.user_data = base::text_or(server, "user_data");
  wanted.admin_password = base::text_or(server, "adminPass");
  if (const Json* drive = base::find(server, "config_drive")) wanted.config_drive = flag_of(*drive);
  wanted.access_ipv4 = base::text_or(server, "accessIPv4");
  wanted.access_ipv6 = canonical_address(base::text_or(server, "accessIPv6"));
  wanted.disk_config = base::text_or(server, "OS-DCF:diskConfig", "MANUAL");
  read_counts(server, wanted);
  wanted.networks = read_networks(server);
  wanted.networks.servers = wanted.max_count;
  wanted.security_groups = read_security_groups(server);
  read_placement(request, server, wanted);
  return wanted;
}

Response create_server(app::App& app, ApiRequest& request) {
  const app::NewServer wanted = read_new_server(request);
  const Json* reservation = base::find(inner(request, "server"), "return_reservation_id");
  const auto created = app::create_servers(app, request.context, wanted);
  base::JsonWriter json;
  json.begin_object();
  if (reservation && flag_of(*reservation)) {
    json.field("reservation_id", created.reservation_id);
    json.end_object();
    return answer(json, 202);
  }
  const Links links(request.http, "servers");
  const std::string& id = created.ids.front();
  json.key("server");
  json.begin_object();
  json.field("id", id);
  links.write(json, id);
  json.field("OS-DCF:diskConfig", wanted.disk_config);
  json.key("security_groups");
  json.begin_array();
  for (const std::string& name : wanted.security_groups) {
    json.begin_object();
    json.field("name", name);
    json.end_object();
  }
  json.end_array();
  json.field("adminPass", created.admin_password);
  json.end_object();
  json.end_object();
  Response response = answer(json, 202);
  response.headers.set("Location", server_url(request.http) + id);
  return response;
}

void refuse_unknown_filters(const ApiRequest& request) {
  if (request.context.version < Microversion{2, 75}) return;
  refuse_unknown_query(request, {"limit",
                                 "marker",
                                 "sort_key",
                                 "sort_dir",
                                 "all_tenants",
                                 "status",
                                 "name",
                                 "image",
                                 "image_ref",
                                 "flavor",
                                 "reservation_id",
                                 "ip",
                                 "ip6",
                                 "host",
                                 "node",
                                 "hostname",
                                 "uuid",
                                 "user_id",
                                 "project_id",
                                 "tenant_id",
                                 "vm_state",
                                 "task_state",
                                 "power_state",
                                 "key_name",
                                 "deleted",
                                 "locked",
                                 "changes-since",
                                 "changes-before",
                                 "tags",
                                 "tags-any",
                                 "not-tags",
                                 "not-tags-any",
                                 "availability_zone",
                                 "created_at",
                                 "updated_at",
                                 "launched_at",
                                 "terminated_at",
                                 "config_drive",
                                 "description",
                                 "display_name",
                                 "display_description",
                                 "launch_index",
                                 "instance_type_id",
                                 "access_ip_v4",
                                 "access_ip_v6",
                                 "auto_disk_config",
                                 "root_device_name",
                                 "progress",
                                 "kernel_id",
                                 "ramdisk_id",
                                 "architecture",
                                 "cell_name",
                                 "default_ephemeral_device",
                                 "default_swap_device",
                                 "deleted_at",
                                 "disable_terminate",
                                 "ephemeral_gb",
                                 "hidden",
                                 "id",
                                 "info_cache",
                                 "internal_id",
                                 "locked_by",
                                 "memory_mb",
                                 "metadata",
                                 "os_type",
                                 "pci_devices",
                                 "root_gb",
                                 "services",
                                 "shutdown_terminate",
                                 "soft_deleted",
                                 "system_metadata",
                                 "tag",
                                 "tag-any",
                                 "vcpus",
                                 "vm_mode"});
}

Response list_servers_as(app::App& app, ApiRequest& request, ServerDocument document, bool brief) {
  refuse_unknown_filters(request);
  const ServerList list(app, request);
  ServerView view(app, request, document);
  base::JsonWriter json;
  json.begin_object();
  json.key("servers");
  json.begin_array();
  size_t count = 0;
  std::string last_id;
  const auto write = [&](platform::Session& session, std::span<const store::InstanceRow> servers) {
    if (!brief) view.prepare(session, servers);
    for (const auto& server : servers)
      brief ? view.write_brief(json, server) : view.write(json, server);
    count += servers.size();
    last_id = servers.back().id;
  };
  app.database.read([&](platform::Session& session) {
    list.each_batch(session, [&](auto servers) { write(session, servers); });
  });
  json.end_array();
  write_next_link(json, "servers_links", request, list.limit(), count, last_id);
  json.end_object();
  return answer(json);
}

Response list_servers(app::App& app, ApiRequest& request) {
  return list_servers_as(app, request, ServerDocument::detail, true);
}

Response list_servers_detail(app::App& app, ApiRequest& request) {
  return list_servers_as(app, request, ServerDocument::detail, false);
}

Response answer_server(app::App& app, const ApiRequest& request, const store::InstanceRow& server,
                       ServerDocument document) {
  ServerView view(app, request, document);
  app.database.read([&](platform::Session& session) { view.prepare(session, {&server, 1}); });
  base::JsonWriter json;
  json.begin_object();
  json.key("server");
  view.write(json, server);
  json.end_object();
  return answer(json);
}

Response show_server(app::App& app, ApiRequest& request) {
  const auto server = app::get_server(app, request.context, request.parameter("server_id"));
  return answer_server(app, request, server, ServerDocument::show);
}

// No server of this cloud has NUMA nodes of its own.
Response show_topology(app::App& app, ApiRequest& request) {
  static_cast<void>(app::get_server(app, request.context, request.parameter("server_id")));
  base::JsonWriter json;
  json.begin_object();
  json.key("nodes");
  json.raw("[]");
  json.field("pagesize_kb", nullptr);
  json.end_object();
  return answer(json);
}

Response update_server(app::App& app, ApiRequest& request) {
  const Json& body = inner(request, "server");
  const auto set = [&](const char* key, std::string& field) {
    if (const Json* value = base::find(body, key)) field = base::trim(text_of(*value));
  };
  const auto server = app::update_server(
      app, request.context, request.parameter("server_id"), [&](store::InstanceRow& row) {
        set("name", row.name);
        set("accessIPv4", row.access_ipv4);
        set("accessIPv6", row.access_ipv6);
        row.access_ipv6 = canonical_address(row.access_ipv6);
        set("OS-DCF:diskConfig", row.disk_config);
        const Json* description = base::find(body, "description");
        if (description && description->is_null()) row.description.reset();
        if (description && description->is_string())
          row.description = std::string(base::trim(text_of(*description)));
      });
  return answer_server(app, request, server, ServerDocument::update);
}

Response remove_server(app::App& app, ApiRequest& request) {
  app::delete_server(app, request.context, request.parameter("server_id"));
  return openstack::empty_response(204);
}

struct ServerPaths {
  const char* all;
  const char* detail;
  const char* item;
};
void add_server_routes(openstack::Routes& routes, app::App& app, const ServerPaths& paths) {
  openstack::append(
      routes,
      {
          {"GET", paths.all, "os_compute_api:servers:index", bind(app, list_servers)},
          {"GET", paths.detail, "os_compute_api:servers:detail", bind(app, list_servers_detail)},
          {"GET", paths.item, "os_compute_api:servers:show", bind(app, show_server)},
          {"DELETE", paths.item, "os_compute_api:servers:delete", bind(app, remove_server)},
      });
  for (const VersionedSchema& row : create_server_schemas())
    routes.push_back({"POST", paths.all, "os_compute_api:servers:create", bind(app, create_server),
                      row.schema.get(), row.from, row.until});
  for (const VersionedSchema& row : update_server_schemas())
    routes.push_back({"PUT", paths.item, "os_compute_api:servers:update", bind(app, update_server),
                      row.schema.get(), row.from, row.until});
}

}  // namespace

openstack::Routes server_routes(app::App& app) {
  openstack::Routes routes;
  add_server_routes(routes, app, {"/servers", "/servers/detail", "/servers/{server_id}"});
  // Nova's name for servers that boot from volumes, from when others did not; all are there.
  add_server_routes(
      routes, app, {"/os-volumes_boot", "/os-volumes_boot/detail", "/os-volumes_boot/{server_id}"});
  routes.push_back({"GET",
                    "/servers/{server_id}/topology",
                    "compute:server:topology:index",
                    bind(app, show_topology),
                    nullptr,
                    {2, 78}});
  return routes;
}

}  // namespace nova::api
