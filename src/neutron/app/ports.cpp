#include "neutron/app/ports.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "neutron/app/binding.hpp"
#include "neutron/app/ipam.hpp"
#include "neutron/app/quotas.hpp"
#include "neutron/app/security_groups.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/store/networks.hpp"

namespace neutron::app {
namespace {

// A missing MAC of an address pair is the port's own.
std::string address_pairs(Core& core, const Attributes& request, const std::string& mac) {
  base::JsonArray pairs;
  const base::Json* list = request.if_contains("allowed_address_pairs");
  if (!list || !list->is_array()) return "[]";
  if (static_cast<int64_t>(list->get_array().size()) > core.settings().max_allowed_address_pair)
    throw bad_request("AllowedAddressPairExhausted",
                      "The number of allowed address pair exceeds the maximum {}.",
                      core.settings().max_allowed_address_pair);
  std::set<std::pair<std::string, std::string>> seen;
  for (const base::Json& item : list->get_array()) {
    const std::string own_mac = base::text_or(item, "mac_address", mac);
    const std::string address = base::text_or(item, "ip_address");
    if (!seen.emplace(own_mac, address).second)
      throw bad_request("DuplicateAddressPairInRequest",
                        "Request contains duplicate address pair: mac_address {} ip_address {}.",
                        own_mac, address);
    pairs.push_back(base::JsonObject{{"mac_address", own_mac}, {"ip_address", address}});
  }
  return base::to_text(pairs);
}

// Options of the request over those that are there; one whose value is null goes.
std::string merge_dhcp_options(const std::string& present, const Attributes& request) {
  base::JsonArray options = store::parse_list(present);
  const base::Json* list = request.if_contains("extra_dhcp_opts");
  if (!list || !list->is_array()) return present;
  for (const base::Json& item : list->get_array()) {
    const std::string name = base::text_or(item, "opt_name");
    const int64_t version = base::integer_or(item, "ip_version", 4);
    const auto same = [&](const base::Json& other) {
      return base::text_or(other, "opt_name") == name &&
             base::integer_or(other, "ip_version", 4) == version;
    };
    const auto kept = std::remove_if(options.begin(), options.end(), same);
    options.erase(kept, options.end());
    const base::Json* value = base::find(item, "opt_value");
    if (!value || value->is_null()) continue;
    options.push_back(
        base::JsonObject{{"opt_name", name}, {"opt_value", *value}, {"ip_version", version}});
  }
  return base::to_text(options);
}

void check_port_security(const store::Port& port) {
  if (port.row.port_security_enabled) return;
  if (!port.security_groups.empty())
    throw conflict("PortSecurityPortHasSecurityGroup",
                   "Port has security group associated. Cannot disable port security or IP address "
                   "until security group is removed.");
  if (port.row.allowed_address_pairs != "[]")
    throw conflict("AddressPairAndPortSecurityRequired",
                   "Port Security must be enabled in order to have allowed address pairs on a "
                   "port.");
}

// Groups that the port's project may use. Throws for any other.
std::vector<std::string> usable_groups(platform::Session& session,
                                       const openstack::Context& context,
                                       const std::string& project_id,
                                       const Attributes& attributes) {
  std::vector<std::string> ids;
  for (const std::string& id : texts(attributes, "security_groups")) {
    const auto group = store::find_security_group(session, id, project_id);
    if (!group || (!context.is_admin() && !group->shared && group->row.project_id != project_id))
      throw security_group_not_found(id);
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());  // as they are read
  return ids;
}

std::string random_mac(Core& core) {
  const std::string& base = core.settings().base_mac;
  const bool four_fixed = base.substr(9, 2) != "00";
  const std::string hex = base::to_hex(core.runtime().random.bytes(3));
  return base.substr(0, 9) + (four_fixed ? base.substr(9, 2) : hex.substr(0, 2)) + ":" +
         hex.substr(2, 2) + ":" + hex.substr(4, 2);
}

base::Error mac_in_use(const store::PortRow& row, const std::string& mac) {
  return conflict("MacAddressInUse",
                  "Unable to complete operation for network {}. The mac address {} is in use.",
                  row.network_id, mac);
}

void read_binding(store::PortRow& row, const Attributes& request) {
  assign(row.host, request, "binding:host_id");
  if (has(request, "binding:vnic_type")) row.vnic_type = text(request, "binding:vnic_type");
  if (has(request, "binding:profile")) {
    const base::Json& profile = *request.if_contains("binding:profile");
    row.profile = profile.is_object() ? base::to_text(profile) : "{}";
  }
}

void change_mac(platform::Session& session, store::PortRow& row, const Attributes& changes) {
  const std::string mac = text(changes, "mac_address");
  if (mac.empty() || mac == row.mac_address) return;
  if (row.is_bound())
    throw conflict("PortBound",
                   "Unable to complete operation on port {}, port is already bound, port type: {}, "
                   "old_mac {}, new_mac {}.",
                   row.id, row.vif_type, row.mac_address, mac);
  if (store::is_mac_taken(session, row.network_id, mac)) throw mac_in_use(row, mac);
  row.mac_address = mac;
}

}  // namespace

std::string generate_mac(Core& core, platform::Session& session, const std::string& network_id) {
  constexpr int kTries = 16;
  for (int i = 0; i < kTries; ++i) {
    const std::string mac = random_mac(core);
    if (!store::is_mac_taken(session, network_id, mac)) return mac;
  }
  throw error(base::ErrorKind::unavailable, "MacAddressGenerationFailure",
              "Unable to generate unique mac on network {}.", network_id);
}

std::vector<store::Port> Ports::list(const openstack::Context& /*context*/,
                                     const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) { return store::list_ports(session, query); });
}

void Ports::each(const openstack::Context& /*context*/, const store::ListQuery& query,
                 const std::function<void(const Entity&)>& each) {
  core_.read([&](platform::Session& session) { store::each_port(session, query, each); });
}

store::Port Ports::get(const openstack::Context& context, const std::string& id) {
  auto found = list(context, by_id(visible_ports(context), id));
  if (found.empty()) throw port_not_found(id);
  return std::move(found.front());
}

std::vector<store::Port> Ports::create(const openstack::Context& context,
                                       const std::vector<Attributes>& requests) {
  return core_.write("create_port", [&](platform::Session& session, Changes& news) {
    std::vector<store::Port> created;
    for (const Attributes& request : requests)
      created.push_back(create_one(session, news, context, request));
    return created;
  });
}

store::Port Ports::create_one(platform::Session& session, Changes& news,
                              const openstack::Context& context, const Attributes& request) {
  store::Port port;
  store::PortRow& row = port.row;
  row.id = core_.new_id();
  row.project_id = text(request, "project_id");
  row.network_id = text(request, "network_id");
  read_binding(row, request);
  const std::string asked_mac = text(request, "mac_address");
  row.mac_address = asked_mac.empty() ? random_mac(core_) : asked_mac;
  store::lock_network(session, row.network_id);
  const auto premises = find_premises(session, row);
  if (!premises) throw network_not_found(row.network_id);
  check_quota(core_, session, row.project_id, "port", premises->port_quota);
  if (premises->is_mac_taken) {
    if (!asked_mac.empty()) throw mac_in_use(row, asked_mac);
    row.mac_address = generate_mac(core_, session, row.network_id);
  }
  row.name = text(request, "name");
  row.description = text(request, "description");
  row.admin_state_up = flag(request, "admin_state_up");
  row.device_id = text(request, "device_id");
  row.device_owner = text(request, "device_owner");
  row.port_security_enabled = has(request, "port_security_enabled")
                                  ? flag(request, "port_security_enabled")
                                  : premises->port_security_enabled && !row.is_of_network();
  row.allowed_address_pairs = address_pairs(core_, request, row.mac_address);
  row.extra_dhcp_opts = merge_dhcp_options("[]", request);
  row.created_at = row.updated_at = core_.now();
  bind_port(core_, *premises, row);

  if (has(request, "security_groups"))
    port.security_groups = usable_groups(session, context, row.project_id, request);
  else if (row.port_security_enabled && !row.is_of_network())
    port.security_groups = {premises->default_security_group.empty()
                                ? ensure_default_group(core_, session, row.project_id)
                                : premises->default_security_group};
  check_port_security(port);

  platform::insert(session, row);
  std::optional<std::vector<AddressRequest>> addresses;
  if (has(request, "fixed_ips")) addresses = address_requests(request);
  assign_addresses(core_, session, port, addresses);
  store::add_security_groups(session, row.id, port.security_groups);
  news.port(row.id);
  news.groups(port.security_groups);
  return port;
}

store::Port Ports::update(const openstack::Context& context, const std::string& id,
                          const Attributes& changes, const Precondition& precondition) {
  return core_.write("update_port", [&](platform::Session& session, Changes& news) {
    auto port = store::find_port(session, id);
    if (!port) throw port_not_found(id);
    store::PortRow& row = port->row;
    if (has(changes, "fixed_ips")) store::lock_network(session, row.network_id);
    check_revision(precondition, row.revision_number);
    const store::PortRow before = row;
    assign(row.name, changes, "name");
    assign(row.description, changes, "description");
    assign(row.admin_state_up, changes, "admin_state_up");
    assign(row.device_id, changes, "device_id");
    assign(row.device_owner, changes, "device_owner");
    assign(row.port_security_enabled, changes, "port_security_enabled");
    change_mac(session, row, changes);
    if (has(changes, "allowed_address_pairs"))
      row.allowed_address_pairs = address_pairs(core_, changes, row.mac_address);
    row.extra_dhcp_opts = merge_dhcp_options(row.extra_dhcp_opts, changes);
    read_binding(row, changes);
    const bool rebind = row.host != before.host || row.vnic_type != before.vnic_type ||
                        (has(changes, "binding:host_id") && !row.is_bound());
    if (rebind) bind_port(core_, find_premises(session, row).value(), row);
    ++row.revision_number;
    row.updated_at = core_.now();
    update_groups(session, news, context, *port, changes);
    platform::update(session, row);
    if (has(changes, "fixed_ips"))
      assign_addresses(core_, session, *port, address_requests(changes));
    news.port(id);
    return *port;
  });
}

void Ports::update_groups(platform::Session& session, Changes& news,
                          const openstack::Context& context, store::Port& port,
                          const Attributes& changes) {
  news.groups(port.security_groups);
  if (has(changes, "security_groups")) {
    port.security_groups = usable_groups(session, context, port.row.project_id, changes);
    session.execute("DELETE FROM port_security_groups WHERE port_id=?", {port.row.id});
    store::add_security_groups(session, port.row.id, port.security_groups);
    news.groups(port.security_groups);
  }
  check_port_security(port);
}

void Ports::remove(const openstack::Context& /*context*/, const std::string& id,
                   const Precondition& precondition) {
  core_.write("delete_port", [&](platform::Session& session, Changes& news) {
    const auto port = store::find_port(session, id);
    if (!port) throw port_not_found(id);
    check_revision(precondition, port->row.revision_number);
    store::delete_port(session, id);
    news.port(id);
    news.groups(port->security_groups);
    if (port->row.is_of_server() && !port->row.device_id.empty())
      core_.notify_nova(session, "network-vif-deleted", port->row.device_id, id);
  });
}

void Ports::set_status(const std::string& host, const std::vector<std::string>& ids,
                       std::string_view status) {
  const auto stale = [&](platform::Session& session) {
    auto rows = store::select_in<store::PortRow>(session, "id", ids);
    std::erase_if(rows, [&](const store::PortRow& row) {
      return row.host != host || !row.is_bound() || row.status == status;
    });
    return rows;
  };
  // Most reports repeat what is known: they cost no write.
  if (core_.read(stale).empty()) return;
  core_.write("set_port_status", [&](platform::Session& session, Changes&) {
    for (const store::PortRow& row : stale(session)) {
      session.execute(
          "UPDATE ports SET status=?, revision_number=revision_number+1, updated_at=? WHERE id=?",
          {status, core_.now(), row.id});
      if (!row.is_of_server() || row.device_id.empty()) continue;
      core_.notify_nova(
          session, status == store::kStatusActive ? "network-vif-plugged" : "network-vif-unplugged",
          row.device_id, row.id);
    }
  });
}

}  // namespace neutron::app
