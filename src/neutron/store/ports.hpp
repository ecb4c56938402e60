// Ports with their addresses and security groups.
#pragma once

#include <map>

#include "neutron/store/fragments.hpp"
#include "neutron/store/networks.hpp"
#include "neutron/store/subnets.hpp"

namespace neutron::store {

inline constexpr std::string_view kStatusActive = "ACTIVE";
inline constexpr std::string_view kStatusDown = "DOWN";
inline constexpr std::string_view kDhcpOwner = "network:dhcp";

struct PortRow {
  static constexpr std::string_view kTable = "ports";
  std::string id;
  std::string project_id;
  std::string network_id;
  std::string name;
  std::string description;
  std::string mac_address;
  bool admin_state_up = true;
  std::string status;
  std::string device_id;
  std::string device_owner;
  bool port_security_enabled = true;
  std::string host;                          // binding:host_id
  std::string vnic_type = "normal";          // binding:vnic_type
  std::string vif_type = "unbound";          // binding:vif_type
  std::string vif_details = "{}";            // JSON object
  std::string profile = "{}";                // JSON object: binding:profile
  std::string allowed_address_pairs = "[]";  // JSON: [{"mac_address":..., "ip_address":...}]
  std::string extra_dhcp_opts = "[]";  // JSON: [{"opt_name":..., "opt_value":..., "ip_version":4}]
  std::string tags = "[]";
  int64_t revision_number = 1;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};

  [[nodiscard]] bool is_of_server() const { return device_owner.starts_with("compute:"); }
  // Belongs to Neutron itself ("network:dhcp"): no default security group, goes with its network.
  [[nodiscard]] bool is_of_network() const { return device_owner.starts_with("network:"); }
  [[nodiscard]] bool is_bound() const {
    return vif_type != "unbound" && vif_type != "binding_failed";
  }
};
BOOST_DESCRIBE_STRUCT(PortRow, (),
                      (id, project_id, network_id, name, description, mac_address, admin_state_up,
                       status, device_id, device_owner, port_security_enabled, host, vnic_type,
                       vif_type, vif_details, profile, allowed_address_pairs, extra_dhcp_opts, tags,
                       revision_number, created_at, updated_at))

struct PortSecurityGroupRow {
  static constexpr std::string_view kTable = "port_security_groups";
  std::string port_id;
  std::string security_group_id;
};
BOOST_DESCRIBE_STRUCT(PortSecurityGroupRow, (), (port_id, security_group_id))

// An agent that wires ports, as far as a binding asks.
struct L2Agent {
  bool admin_state_up = true;
  std::string configurations;  // JSON object
  base::TimePoint heartbeat_timestamp{};
};
BOOST_DESCRIBE_STRUCT(L2Agent, (), (admin_state_up, configurations, heartbeat_timestamp))

struct Port {
  PortRow row;
  std::vector<AllocationRow> fixed_ips;
  std::vector<std::string> security_groups;  // ids
};

// A port as those see it who talk to it.
struct Peer {
  std::string network_id;
  std::string host;
  std::string mac_address;
  bool is_bound = false;
  std::string allowed_address_pairs;  // JSON, as of the port
  std::vector<std::string> ip_addresses;
};
// By id: those of which `column` of the table ports is one of `values`.
[[nodiscard]] std::map<std::string, Peer> list_peers(platform::Session& session,
                                                     std::string_view column,
                                                     std::span<const std::string> values);

// Hands each port of the list to `each`, which may take it. A long list needs no more memory than a
// short one, and one query per table and batch.
void each_port(platform::Session& session, const ListQuery& query,
               const std::function<void(Port&)>& each);
[[nodiscard]] std::vector<Port> list_ports(platform::Session& session, const ListQuery& query);
[[nodiscard]] std::optional<Port> find_port(platform::Session& session, const std::string& id);

// What a port to be depends on, beside its subnets.
struct PortPremises {
  bool port_security_enabled = true;  // of the network
  SegmentRow segment;
  std::optional<L2Agent> agent;        // of the port's host
  std::string default_security_group;  // of the port's project; or empty
  std::optional<int64_t> port_quota;   // the project's own limit
  bool is_mac_taken = false;           // on the network
};
// In one statement; none if the port's network is not there.
[[nodiscard]] std::optional<PortPremises> find_port_premises(platform::Session& session,
                                                             const PortRow& port,
                                                             std::string_view agent_type);
[[nodiscard]] bool is_mac_taken(platform::Session& session, const std::string& network_id,
                                const std::string& mac);
void add_security_groups(platform::Session& session, const std::string& port_id,
                         const std::vector<std::string>& group_ids);
// With its addresses and group memberships.
void delete_port(platform::Session& session, const std::string& id);

}  // namespace neutron::store
