#include "nova/api/server_view.hpp"

#include <algorithm>

#include "nova/store/hosts.hpp"
#include "platform/crypto.hpp"

namespace nova::api {
namespace {

using base::JsonWriter;
using store::InstanceRow;

struct StateRow {
  std::string_view vm_state;
  std::string_view task_state;  // empty: any other
  std::string_view status;
};
constexpr StateRow kStates[] = {
    {"active", "rebooting", "REBOOT"},
    {"active", "reboot_pending", "REBOOT"},
    {"active", "reboot_started", "REBOOT"},
    {"active", "rebooting_hard", "HARD_REBOOT"},
    {"active", "reboot_pending_hard", "HARD_REBOOT"},
    {"active", "reboot_started_hard", "HARD_REBOOT"},
    {"active", "rebuilding", "REBUILD"},
    {"stopped", "rebuilding", "REBUILD"},
    {"error", "rebuilding", "REBUILD"},
    {"active", "", "ACTIVE"},
    {"building", "", "BUILD"},
    {"stopped", "", "SHUTOFF"},
    {"paused", "", "PAUSED"},
    {"suspended", "", "SUSPENDED"},
    {"error", "", "ERROR"},
    {"deleted", "", "DELETED"},
};

void write_flavor_link(JsonWriter& json, const ServerView& view, const InstanceRow& server) {
  json.key("flavor");
  json.begin_object();
  json.field("id", server.flavor_id);
  view.flavor_links().write_bookmark(json, server.flavor_id);
  json.end_object();
}

void write_flavor(JsonWriter& json, const ServerView&, const InstanceRow& server) {
  const base::JsonView flavor(server.flavor);
  json.key("flavor");
  json.begin_object();
  for (const char* name : {"vcpus", "ram", "disk", "ephemeral", "swap"})
    json.field(name, base::integer_or(*flavor, name, 0));
  json.field("original_name", base::text_or(*flavor, "name"));
  if (const base::Json* specs = base::find(*flavor, "extra_specs"))
    json.field("extra_specs", *specs);
  json.end_object();
}

enum class Ends { shown, hidden };
// Whether they go with the server, clients are told since 2.3.
void write_volumes(JsonWriter& json, const InstanceRow& server, Ends ends) {
  json.key("os-extended-volumes:volumes_attached");
  if (server.volumes == "[]") return json.raw(server.volumes);
  json.begin_array();
  for (const auto& volume :
       base::from_json<std::vector<ServerVolume>>(base::parse_json(server.volumes))) {
    json.begin_object();
    json.field("id", volume.volume_id);
    if (ends == Ends::shown) json.field("delete_on_termination", volume.delete_on_termination);
    json.end_object();
  }
  json.end_array();
}

void write_image(JsonWriter& json, const ServerView& view, const InstanceRow& server) {
  json.key("image");
  if (server.image_id.empty()) return json.value("");
  json.begin_object();
  json.field("id", server.image_id);
  view.image_links().write_bookmark(json, server.image_id);
  json.end_object();
}

// Ports of one network are listed together, in the order in which networks first occur.
using PortsByNetwork = std::vector<std::pair<std::string_view, std::vector<const base::Json*>>>;

PortsByNetwork by_network(const base::JsonArray& ports, const base::Json& names) {
  PortsByNetwork networks;
  for (const base::Json& port : ports) {
    const std::string_view id = base::view_or(port, "network_id");
    const std::string_view name = base::view_or(names, id, id);
    auto found = std::find_if(networks.begin(), networks.end(),
                              [&](const auto& entry) { return entry.first == name; });
    if (found == networks.end()) found = networks.insert(networks.end(), {name, {}});
    found->second.push_back(&port);
  }
  return networks;
}

void write_addresses_of(JsonWriter& json, const base::Json& port, bool extended) {
  const base::Json* ips = base::find(port, "fixed_ips");
  if (!ips || !ips->is_array()) return;
  for (const base::Json& ip : ips->get_array()) {
    const std::string_view address = base::view_or(ip, "ip_address");
    json.begin_object();
    json.field("version", address.find(':') == std::string_view::npos ? 4 : 6);
    json.field("addr", address);
    if (extended) {
      json.field("OS-EXT-IPS:type", "fixed");
      json.field("OS-EXT-IPS-MAC:mac_addr", base::view_or(port, "mac_address"));
    }
    json.end_object();
  }
}

template <bool extended>
void write_addresses_field(JsonWriter& json, const ServerView&, const InstanceRow& server) {
  json.key("addresses");
  json.begin_object();
  write_addresses(json, server, "", extended);
  json.end_object();
}

void write_fault(JsonWriter& json, const ServerView&, const InstanceRow& server) {
  const bool shown = server.vm_state == "error" || server.vm_state == "deleted";
  if (!shown || !server.fault_at) return;
  json.key("fault");
  json.begin_object();
  json.field("code", server.fault_code);
  json.field("created", base::format_seconds(*server.fault_at));
  json.field("message", server.fault_message);
  json.end_object();
}

void write_progress(JsonWriter& json, const ServerView&, const InstanceRow& server) {
  const std::string_view status = status_of(server.vm_state, server.task_state);
  if (status == "ACTIVE" || status == "BUILD") json.field("progress", 0);
}

void write_security_groups(JsonWriter& json, const ServerView&, const InstanceRow& server) {
  json.key("security_groups");
  json.begin_array();
  const base::JsonView names(server.security_groups);
  for (const base::Json& name : (*names).as_array()) {
    json.begin_object();
    json.field("name", name);
    json.end_object();
  }
  json.end_array();
}

void write_groups(JsonWriter& json, const ServerView&, const InstanceRow& server) {
  json.key("server_groups");
  json.begin_array();
  if (!server.server_group_id.empty()) json.value(server.server_group_id);
  json.end_array();
}

void write_user_data(JsonWriter& json, const ServerView& view, const InstanceRow& server) {
  write_text_or_null(json, "OS-EXT-SRV-ATTR:user_data", view.user_data(server.id));
}

enum class Audience { everyone, administrators };
// Documents before 2.75; from then on every document has every field.
// `shown` is not in what a rebuild answers, which has "user_data" instead, nor before 2.75 in what
// an update does.
enum class Part { all, not_in_update, only_in_update, not_in_detail, shown };

using Write = void (*)(JsonWriter&, const ServerView&, const InstanceRow&);
struct Field {
  Microversion from;
  Microversion until;
  Audience audience;
  Part part;
  Write write;
};

constexpr auto kEveryone = Audience::everyone;
constexpr auto kAdmins = Audience::administrators;

// A field whose value is one expression of the row `s`.
#define NOVA_VALUE(name, expression)                                               \
  [](JsonWriter& json, const ServerView&, [[maybe_unused]] const InstanceRow& s) { \
    json.field(name, expression);                                                  \
  }
#define NOVA_TEXT(name, expression)                               \
  [](JsonWriter& json, const ServerView&, const InstanceRow& s) { \
    write_text_or_null(json, name, expression);                   \
  }

constexpr Field kFields[] = {
    {kFirst, kLatest, kEveryone, Part::all, NOVA_VALUE("id", s.id)},
    {kFirst, kLatest, kEveryone, Part::all, NOVA_VALUE("name", s.name)},
    {kFirst, kLatest, kEveryone, Part::all,
     NOVA_VALUE("status", status_of(s.vm_state, s.task_state))},
    {kFirst, kLatest, kEveryone, Part::all, NOVA_VALUE("tenant_id", s.project_id)},
    {kFirst, kLatest, kEveryone, Part::all, NOVA_VALUE("user_id", s.user_id)},
    {kFirst, kLatest, kEveryone, Part::all,
     [](JsonWriter& json, const ServerView&, const InstanceRow& s) {
       json.key("metadata");
       json.raw(s.metadata);
     }},
    {kFirst, kLatest, kEveryone, Part::all,
     [](JsonWriter& json, const ServerView& view, const InstanceRow& s) {
       json.field("hostId", view.host_id(s));
     }},
    {kFirst, kLatest, kEveryone, Part::all, write_image},
    {kFirst, {2, 46}, kEveryone, Part::all, write_flavor_link},
    {{2, 47}, kLatest, kEveryone, Part::all, write_flavor},
    {kFirst, kLatest, kEveryone, Part::all,
     NOVA_VALUE("created", base::format_seconds(s.created_at))},
    {kFirst, kLatest, kEveryone, Part::all,
     NOVA_VALUE("updated", base::format_seconds(s.updated_at))},
    {kFirst, kLatest, kEveryone, Part::not_in_update, write_addresses_field<true>},
    {kFirst, {2, 74}, kEveryone, Part::only_in_update, write_addresses_field<false>},
    {kFirst, kLatest, kEveryone, Part::all, NOVA_VALUE("accessIPv4", s.access_ipv4)},
    {kFirst, kLatest, kEveryone, Part::all, NOVA_VALUE("accessIPv6", s.access_ipv6)},
    {kFirst, kLatest, kEveryone, Part::all, NOVA_VALUE("OS-DCF:diskConfig", s.disk_config)},
    {kFirst, kLatest, kEveryone, Part::all, write_progress},
    {kFirst, kLatest, kEveryone, Part::all, write_fault},
    {kFirst, kLatest, kEveryone, Part::not_in_update,
     NOVA_VALUE("OS-EXT-AZ:availability_zone", s.availability_zone)},
    {kFirst, kLatest, kEveryone, Part::not_in_update,
     NOVA_VALUE("config_drive", s.config_drive ? "True" : "")},
    {kFirst, kLatest, kEveryone, Part::not_in_update, NOVA_VALUE("key_name", s.key_name)},
    {kFirst, kLatest, kEveryone, Part::not_in_update,
     [](JsonWriter& json, const ServerView&, const InstanceRow& s) {
       write_time_or_null(json, "OS-SRV-USG:launched_at", s.launched_at);
     }},
    {kFirst, kLatest, kEveryone, Part::not_in_update,
     [](JsonWriter& json, const ServerView&, const InstanceRow& s) {
       write_time_or_null(json, "OS-SRV-USG:terminated_at", s.terminated_at);
     }},
    {kFirst, kLatest, kAdmins, Part::not_in_update, NOVA_TEXT("OS-EXT-SRV-ATTR:host", s.host)},
    {kFirst, kLatest, kAdmins, Part::not_in_update,
     NOVA_VALUE("OS-EXT-SRV-ATTR:instance_name", store::instance_name(s.number))},
    {kFirst, kLatest, kAdmins, Part::not_in_update,
     NOVA_TEXT("OS-EXT-SRV-ATTR:hypervisor_hostname", s.node)},
    {{2, 3},
     kLatest,
     kAdmins,
     Part::not_in_update,
     NOVA_VALUE("OS-EXT-SRV-ATTR:reservation_id", s.reservation_id)},
    {{2, 3},
     kLatest,
     kAdmins,
     Part::not_in_update,
     NOVA_VALUE("OS-EXT-SRV-ATTR:launch_index", s.launch_index)},
    {{2, 3},
     kLatest,
     kAdmins,
     Part::not_in_update,
     NOVA_VALUE("OS-EXT-SRV-ATTR:hostname", s.hostname)},
    {{2, 3},
     kLatest,
     kAdmins,
     Part::not_in_update,
     [](JsonWriter& json, const ServerView&, const InstanceRow&) {
       json.field("OS-EXT-SRV-ATTR:kernel_id", "");
       json.field("OS-EXT-SRV-ATTR:ramdisk_id", "");
       json.field("OS-EXT-SRV-ATTR:root_device_name", "/dev/vda");
     }},
    {{2, 3}, kLatest, kAdmins, Part::shown, write_user_data},
    {kFirst, kLatest, kEveryone, Part::not_in_update,
     NOVA_TEXT("OS-EXT-STS:task_state", s.task_state)},
    {kFirst, kLatest, kEveryone, Part::not_in_update,
     NOVA_VALUE("OS-EXT-STS:vm_state", s.vm_state)},
    {kFirst, kLatest, kEveryone, Part::not_in_update,
     NOVA_VALUE("OS-EXT-STS:power_state", s.power_state)},
    {kFirst,
     {2, 2},
     kEveryone,
     Part::not_in_update,
     [](JsonWriter& json, const ServerView&, const InstanceRow& s) {
       write_volumes(json, s, Ends::hidden);
     }},
    {{2, 3},
     kLatest,
     kEveryone,
     Part::not_in_update,
     [](JsonWriter& json, const ServerView&, const InstanceRow& s) {
       write_volumes(json, s, Ends::shown);
     }},
    {kFirst, kLatest, kEveryone, Part::not_in_update, write_security_groups},
    {{2, 9}, kLatest, kEveryone, Part::all, NOVA_VALUE("locked", !s.locked_by.empty())},
    {{2, 16},
     kLatest,
     kAdmins,
     Part::not_in_update,
     [](JsonWriter& json, const ServerView& view, const InstanceRow& s) {
       json.field("host_status", view.host_status(s.host));
     }},
    {{2, 19}, kLatest, kEveryone, Part::all, NOVA_VALUE("description", s.description)},
    {{2, 26},
     kLatest,
     kEveryone,
     Part::all,
     [](JsonWriter& json, const ServerView&, const InstanceRow& s) {
       json.key("tags");
       json.raw(s.tags);
     }},
    {{2, 63}, kLatest, kEveryone, Part::all, NOVA_VALUE("trusted_image_certificates", nullptr)},
    {{2, 71}, kLatest, kEveryone, Part::not_in_detail, write_groups},
    {{2, 73}, kLatest, kEveryone, Part::all, NOVA_VALUE("locked_reason", s.locked_reason)},
};

#undef NOVA_VALUE
#undef NOVA_TEXT

constexpr Microversion kUniformDocuments{2, 75};
constexpr Microversion kHostStatusFrom{2, 16};

bool applies(const Field& field, const ApiRequest& request, ServerDocument document) {
  const Microversion version = request.context.version;
  if (version < field.from || version > field.until) return false;
  if (field.audience == Audience::administrators && !request.context.is_admin()) return false;
  const bool rebuild = document == ServerDocument::rebuild;
  if ((rebuild || document == ServerDocument::update) && version < kUniformDocuments)
    return field.part != Part::not_in_update && field.part != Part::shown;
  if (rebuild && field.part == Part::shown) return false;
  if (field.part == Part::only_in_update) return false;
  return document != ServerDocument::detail || field.part != Part::not_in_detail;
}

// nova/compute/api.py, get_instance_host_status.
std::string status_of_service(const store::ServiceRow& service, base::TimePoint alive_after) {
  if (service.disabled) return "MAINTENANCE";
  if (service.forced_down) return "DOWN";
  return service.last_seen_at >= alive_after ? "UP" : "UNKNOWN";
}

}  // namespace

ServerView::ServerView(app::App& app, const ApiRequest& request, ServerDocument document)
    : links_(request.http, "servers"),
      image_links_(request.http, "images"),
      flavor_links_(request.http, "flavors") {
  for (size_t i = 0; i < std::size(kFields); ++i)
    if (applies(kFields[i], request, document)) {
      fields_.push_back(i);
      wants_user_data_ |= kFields[i].write == Write{write_user_data};
    }
  if (!request.context.is_admin() || request.context.version < kHostStatusFrom) return;
  const base::TimePoint alive_after = app.now() - app.settings.service_down_time;
  app.database.read([&](platform::Session& session) {
    for (const auto& service : store::list_services(session))
      if (service.binary_name == "nova-compute")
        host_status_[service.host] = status_of_service(service, alive_after);
  });
}

void ServerView::write_brief(JsonWriter& json, const InstanceRow& server) const {
  json.begin_object();
  json.field("id", server.id);
  json.field("name", server.name);
  links_.write(json, server.id);
  json.end_object();
}

void ServerView::write(JsonWriter& json, const InstanceRow& server) const {
  write(json, server, [] {});
}

void ServerView::write(JsonWriter& json, const InstanceRow& server,
                       const std::function<void()>& more) const {
  json.begin_object();
  for (const size_t i : fields_) kFields[i].write(json, *this, server);
  links_.write(json, server.id);
  more();
  json.end_object();
}

std::string ServerView::host_status(const std::string& host) const {
  if (host.empty()) return "";
  const auto found = host_status_.find(host);
  return found == host_status_.end() ? "UNKNOWN" : found->second;
}

const std::string& ServerView::host_id(const InstanceRow& server) const {
  std::string& id = host_ids_[{server.project_id, server.host}];
  if (id.empty() && !server.host.empty()) {
    platform::Digest digest("sha224");
    digest.update(server.project_id);
    digest.update(server.host);
    id = digest.finish_hex();
  }
  return id;
}

std::string ServerView::user_data(const std::string& server_id) const {
  const auto found = user_data_.find(server_id);
  return found == user_data_.end() ? "" : found->second;
}

void ServerView::prepare(platform::Session& session, std::span<const InstanceRow> servers) {
  if (!wants_user_data_) return;
  user_data_ = store::user_data_of(session, servers);
}

std::string_view status_of(std::string_view vm_state, std::string_view task_state) {
  for (const StateRow& row : kStates)
    if (row.vm_state == vm_state && (row.task_state.empty() || row.task_state == task_state))
      return row.status;
  return "UNKNOWN";
}

std::vector<StatePair> states_of(std::string_view status) {
  std::vector<StatePair> pairs;
  for (const StateRow& row : kStates)
    if (row.status == status) pairs.push_back({row.vm_state, row.task_state});
  return pairs;
}

size_t write_addresses(JsonWriter& json, const InstanceRow& server, std::string_view network,
                       bool extended) {
  if (server.ports == "[]") return 0;
  const base::JsonView names(server.network_names);
  const base::JsonView ports(server.ports);
  size_t written = 0;
  for (const auto& [name, of_network] : by_network((*ports).as_array(), *names)) {
    if (!network.empty() && name != network) continue;
    ++written;
    json.key(name);
    json.begin_array();
    for (const base::Json* port : of_network) write_addresses_of(json, *port, extended);
    json.end_array();
  }
  return written;
}

}  // namespace nova::api
