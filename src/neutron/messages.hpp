// What Neutron's server and agents say to each other.
//
// Agents are level-triggered: they ask for everything that should be on their host (calls to
// "q-plugin"), close the difference, and report. Fanouts on "q-agent-notifier" only say that it is
// worth asking again now; a lost one costs until the agent's next look, never correctness.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"
#include "openstack/clients/neutron.hpp"
#include "openstack/clients/nova.hpp"
#include "platform/bus/dispatcher.hpp"

namespace neutron {

// Calls from agents; neutron-server answers.
inline constexpr std::string_view kPluginTopic = "q-plugin";
// Fanouts from neutron-server; agents listen.
inline constexpr std::string_view kAgentNotifierTopic = "q-agent-notifier";
// Casts of neutron-server to itself, from its outbox: what other services must be told.
inline constexpr std::string_view kNotifierTopic = "q-notifier";

inline constexpr std::string_view kLinuxBridgeAgentType = "Linux bridge agent";
inline constexpr std::string_view kDhcpAgentType = "DHCP agent";
inline constexpr std::string_view kMetadataAgentType = "Metadata agent";

// Names of the parts on a host: what operators of OpenStack look for.
[[nodiscard]] inline std::string tap_name(const std::string& port_id) {
  return "tap" + port_id.substr(0, 11);
}
[[nodiscard]] inline std::string bridge_name(const std::string& network_id) {
  return "brq" + network_id.substr(0, 11);
}
[[nodiscard]] inline std::string dhcp_namespace_name(const std::string& network_id) {
  return "qdhcp-" + network_id;
}

// ---- to "q-plugin" (calls)
// ----------------------------------------------------------------------------------

struct AgentStanding {
  bool admin_state_up = true;  // false: an operator disabled the agent; it gets no new work
};
BOOST_DESCRIBE_STRUCT(AgentStanding, (), (admin_state_up))

// The heartbeat of an agent: at start and then every [AGENT] report_interval seconds. Without it
// for [DEFAULT] agent_down_time seconds the agent counts as dead and no port is bound to its host.
struct ReportAgentState {
  using Reply = AgentStanding;
  static constexpr std::string_view kType = "ReportAgentState";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::all_hosts;
  std::string host;
  std::string binary;      // "neutron-linuxbridge-agent"
  std::string agent_type;  // kLinuxBridgeAgentType, ...
  // What the agent can do, an object as the agents API shows it. Of the L2 agent the server reads
  //   "tunnel_types": ["vxlan"], "tunneling_ip": "192.0.2.1" (its VTEP),
  //   "interface_mappings": {"physnet": "eth1"}, "bridge_mappings": {"physnet": "br-ex"}.
  base::Json configurations;
  bool start = false;  // the first report of this run
};
BOOST_DESCRIBE_STRUCT(ReportAgentState, (), (host, binary, agent_type, configurations, start))

struct Segment {
  std::string network_type;      // "local", "flat", "vlan", "vxlan"
  std::string physical_network;  // of flat and vlan
  int64_t segmentation_id = 0;   // VLAN tag or VNI
};
BOOST_DESCRIBE_STRUCT(Segment, (), (network_type, physical_network, segmentation_id))

struct PortAddress {
  std::string ip_address;
  std::string subnet_id;
  std::string cidr;  // of the subnet: "10.0.0.0/24"
  std::string gateway_ip;
};
BOOST_DESCRIBE_STRUCT(PortAddress, (), (ip_address, subnet_id, cidr, gateway_ip))

// What a port lets pass, beside answers to what it sent: concrete, nothing left to resolve. What
// every port needs (its own DHCP exchange, ARP, neighbour discovery, router advertisements to it)
// is the agent's to add.
struct PortRule {
  std::string direction;            // "ingress" (to the port) or "egress" (from it)
  std::string ethertype;            // "IPv4" or "IPv6"
  std::optional<int64_t> protocol;  // IP protocol number; absent: any
  // Ports of tcp, udp, dccp, sctp, udplite; type (min) and code (max) of icmp; absent: any.
  std::optional<int64_t> port_min;
  std::optional<int64_t> port_max;
  // CIDRs of the other side. Empty and no remote group: any.
  std::vector<std::string> remotes = {};
  // The other side is any member of this group: HostNetwork::group_members has their addresses,
  // once for all ports. A rule whose remote group has no member of its IP version is not sent.
  std::string remote_group = {};
};
BOOST_DESCRIBE_STRUCT(PortRule, (),
                      (direction, ethertype, protocol, port_min, port_max, remotes, remote_group))

struct AddressPair {
  std::string mac_address;
  std::string ip_address;  // address or CIDR
};
BOOST_DESCRIBE_STRUCT(AddressPair, (), (mac_address, ip_address))

struct HostPort {
  std::string id;
  std::string project_id;
  std::string device_id;
  std::string device_owner;  // "compute:nova", "network:dhcp", ...
  std::string mac_address;
  bool admin_state_up = true;
  std::string status;  // as the server knows it: report only what differs
  // False: no filter at all, neither anti-spoofing nor rules.
  bool port_security_enabled = true;
  std::vector<PortAddress> fixed_ips;
  std::vector<AddressPair> allowed_address_pairs;  // may be sources beside the port's own
  std::vector<PortRule> rules;
};
BOOST_DESCRIBE_STRUCT(HostPort, (),
                      (id, project_id, device_id, device_owner, mac_address, admin_state_up, status,
                       port_security_enabled, fixed_ips, allowed_address_pairs, rules))

// Behind which VTEP an address of the network is, on another host.
struct ForwardingEntry {
  std::string mac_address;
  std::vector<std::string> ip_addresses;
  std::string vtep;
};
BOOST_DESCRIBE_STRUCT(ForwardingEntry, (), (mac_address, ip_addresses, vtep))

struct HostNetwork {
  std::string id;
  std::string project_id;
  bool admin_state_up = true;
  int64_t mtu = 1500;
  Segment segment;
  std::vector<HostPort> ports;  // at least one
  // Of vxlan: other hosts that have ports of the network (broadcast goes to each), and their ports.
  std::vector<std::string> vteps;
  std::vector<ForwardingEntry> forwarding;
  // The CIDRs, of both IP versions, of every group that a rule of a port names as remote group.
  std::map<std::string, std::vector<std::string>> group_members;
};
BOOST_DESCRIBE_STRUCT(HostNetwork, (),
                      (id, project_id, admin_state_up, mtu, segment, ports, vteps, forwarding,
                       group_members))

struct HostNetworks {
  std::vector<HostNetwork> networks;
};
BOOST_DESCRIBE_STRUCT(HostNetworks, (), (networks))

// All that should be wired on the host: every port bound to it. What the L2 agent made beyond this
// (bridges, VXLAN interfaces, filters) has no owner any more and goes; other devices it leaves
// alone.
struct GetHostNetworks {
  using Reply = HostNetworks;
  static constexpr std::string_view kType = "GetHostNetworks";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::all_hosts;
  std::string host;
};
BOOST_DESCRIBE_STRUCT(GetHostNetworks, (), (host))

// Their taps are there and wired, filters included. Ports that are not bound to the host (any more)
// are ignored. The port gets ACTIVE and, if a server has it, Nova hears network-vif-plugged.
struct PortsUp {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "PortsUp";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::all_hosts;
  std::string host;
  std::vector<std::string> port_ids;
};
BOOST_DESCRIBE_STRUCT(PortsUp, (), (host, port_ids))

// Their taps are gone, or not yet there.
struct PortsDown {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "PortsDown";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::all_hosts;
  std::string host;
  std::vector<std::string> port_ids;
};
BOOST_DESCRIBE_STRUCT(PortsDown, (), (host, port_ids))

struct HostRoute {
  std::string destination;  // CIDR
  std::string nexthop;
};
BOOST_DESCRIBE_STRUCT(HostRoute, (), (destination, nexthop))

struct DhcpSubnet {
  std::string id;
  std::string cidr;
  int64_t ip_version = 4;
  bool enable_dhcp = true;
  std::string gateway_ip;         // empty: none
  std::string ipv6_address_mode;  // "dhcpv6-stateful", "dhcpv6-stateless", "slaac" or empty
  std::string ipv6_ra_mode;
  std::vector<std::string> dns_nameservers;
  std::vector<HostRoute> host_routes;
};
BOOST_DESCRIBE_STRUCT(DhcpSubnet, (),
                      (id, cidr, ip_version, enable_dhcp, gateway_ip, ipv6_address_mode,
                       ipv6_ra_mode, dns_nameservers, host_routes))

struct DhcpOption {
  std::string name;  // "mtu", "router", "server-ip-address", a number, ...: dnsmasq's names
  std::string value;
  int64_t ip_version = 4;
};
BOOST_DESCRIBE_STRUCT(DhcpOption, (), (name, value, ip_version))

// A port that may ask for its addresses.
struct DhcpClient {
  std::string port_id;
  std::string mac_address;
  std::string device_owner;
  std::string hostname;  // "host-10-0-0-5", for the first address; the same rule for the others
  std::vector<openstack::clients::FixedIp> fixed_ips;
  std::vector<DhcpOption> options;
};
BOOST_DESCRIBE_STRUCT(DhcpClient, (),
                      (port_id, mac_address, device_owner, hostname, fixed_ips, options))

struct DhcpNetwork {
  std::string id;
  std::string project_id;
  bool admin_state_up = true;
  int64_t mtu = 1500;
  std::string dns_domain;           // for the hosts' names: "openstacklocal"
  std::vector<DhcpSubnet> subnets;  // all of the network; `enable_dhcp` says which are served
  // The server's own port on this network: device_owner "network:dhcp", bound to the agent's host,
  // so that the L2 agent wires its tap. It has an address in every subnet with DHCP.
  HostPort port;
  std::vector<DhcpClient> clients;
};
BOOST_DESCRIBE_STRUCT(DhcpNetwork, (),
                      (id, project_id, admin_state_up, mtu, dns_domain, subnets, port, clients))

struct DhcpNetworks {
  std::vector<DhcpNetwork> networks;
};
BOOST_DESCRIBE_STRUCT(DhcpNetworks, (), (networks))

// Every network that the DHCP agent of this host serves. Networks without a living agent are
// scheduled and DHCP ports created on this occasion. Namespaces and dnsmasq processes for other
// networks have no owner and go.
struct GetDhcpNetworks {
  using Reply = DhcpNetworks;
  static constexpr std::string_view kType = "GetDhcpNetworks";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::network_hosts;
  std::string host;
};
BOOST_DESCRIBE_STRUCT(GetDhcpNetworks, (), (host))

struct MetadataPort {
  bool found = false;
  std::string server_id;  // the port's device_id
  std::string project_id;
};
BOOST_DESCRIBE_STRUCT(MetadataPort, (), (found, server_id, project_id))

// Who asks the metadata service: the port that has this address on the network, if the DHCP agent
// of that host serves the network.
struct GetMetadataPort {
  using Reply = MetadataPort;
  static constexpr std::string_view kType = "GetMetadataPort";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::network_hosts;
  std::string host;
  std::string network_id;
  std::string ip_address;
};
BOOST_DESCRIBE_STRUCT(GetMetadataPort, (), (host, network_id, ip_address))

// ---- to "q-agent-notifier" (fanouts): wake-ups without content to rely on
// -----------------------------------

// What was changed at about the same time: an agent's look finds all of it.
struct ResourcesChanged {
  static constexpr std::string_view kType = "ResourcesChanged";
  static constexpr int kVersion = 1;
  std::vector<std::string> network_ids;
  std::vector<std::string> port_ids;
  std::vector<std::string> security_group_ids;
};
BOOST_DESCRIBE_STRUCT(ResourcesChanged, (), (network_ids, port_ids, security_group_ids))

// ---- to "q-notifier" (casts)
// -----------------------------------------------------------------------------------

// Tell Nova what became of a server's port ("network-vif-plugged", "network-vif-unplugged",
// "network-vif-deleted").
struct NotifyNova {
  static constexpr std::string_view kType = "NotifyNova";
  static constexpr int kVersion = 1;
  std::string event;
  std::string server_id;
  std::string port_id;
};
BOOST_DESCRIBE_STRUCT(NotifyNova, (), (event, server_id, port_id))

}  // namespace neutron
