#include "neutron/agents/dhcp_namespace.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "neutron/drivers/linuxbridge/netlink.hpp"
#include "platform/owner_mark.hpp"
#include "platform/process.hpp"

namespace neutron::agents {
namespace {

namespace fs = std::filesystem;

std::string inner_device(const std::string& port_id) { return "ns-" + port_id.substr(0, 11); }

// Empty also if it is a device's that goes meanwhile.
std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// True: the content is new.
bool write_if_different(const std::string& path, const std::string& text) {
  if (fs::exists(path) && read_file(path) == text) return false;
  std::ofstream(path + ".new") << text;
  fs::rename(path + ".new", path);
  return true;
}

std::string prefix_length(const std::string& cidr) { return cidr.substr(cidr.find('/') + 1); }

bool is_v6(std::string_view address) { return address.find(':') != std::string_view::npos; }

// "255.255.255.0" of "10.0.0.0/24".
std::string netmask(const std::string& cidr) {
  const int64_t length = base::parse_integer(prefix_length(cidr)).value_or(24);
  const uint32_t mask = length == 0 ? 0 : ~uint32_t{0} << (32 - length);
  return fmt::format("{}.{}.{}.{}", mask >> 24, (mask >> 16) & 255, (mask >> 8) & 255, mask & 255);
}

const DhcpSubnet* find_subnet(const DhcpNetwork& network, const std::string& id) {
  for (const DhcpSubnet& subnet : network.subnets)
    if (subnet.id == id) return &subnet;
  return nullptr;
}

std::string subnet_tag(const DhcpSubnet& subnet) { return "subnet-" + subnet.id; }

bool served(const DhcpSubnet& subnet) {
  return subnet.enable_dhcp &&
         (subnet.ip_version == 4 || subnet.ipv6_address_mode == "dhcpv6-stateful");
}

bool namespace_exists(const std::string& network_id) {
  return fs::exists("/run/netns/" + dhcp_namespace_name(network_id));
}

// Commands for `ip -batch` in the namespace: the port's own addresses, and the one that guests ask
// for metadata.
std::string device_commands(const DhcpNetwork& network) {
  const std::string inner = inner_device(network.port.id);
  std::string batch = fmt::format(
      "link set lo up\nlink set {0} address {1}\nlink set {0} mtu {2}\n"
      "address flush dev {0} scope global\n",
      inner, network.port.mac_address, network.mtu);
  for (const PortAddress& address : network.port.fixed_ips)
    batch +=
        fmt::format("address replace {}/{} dev {}{}\n", address.ip_address,
                    prefix_length(address.cidr), inner, is_v6(address.ip_address) ? " nodad" : "");
  batch += fmt::format("address replace 169.254.169.254/32 dev {0}\nlink set {0} up\n", inner);
  for (const PortAddress& address : network.port.fixed_ips)
    if (!address.gateway_ip.empty() && !is_v6(address.ip_address) &&
        address.gateway_ip != address.ip_address)
      batch += fmt::format("route replace default via {} dev {}\n", address.gateway_ip, inner);
  return batch;
}

// The host's ends of the pairs that were made for the network, but for the one named `kept`.
void remove_devices(const std::string& network_id, const std::string& owner,
                    const std::string& kept) {
  drivers::Netlink netlink;
  const platform::OwnerMark mark{"network", network_id, owner};
  for (const auto& [name, link] : netlink.links())
    if (link.kind == "veth" && name != kept && platform::parse_owner_mark(link.alias) == mark)
      netlink.remove(name);
}

void check_owner(const DhcpNetwork& network, const DhcpPlace& place) {
  const std::string name = dhcp_namespace_name(network.id);
  if (namespace_exists(network.id) && !fs::exists(place.directory + "/" + network.id))
    throw base::Error(base::ErrorKind::conflict,
                      fmt::format("The namespace {0} was made by another: if nobody needs it, "
                                  "remove it with `ip netns delete {0}`.",
                                  name));
  const std::string outer = tap_name(network.port.id);
  const auto mark =
      platform::parse_owner_mark(base::trim(read_file("/sys/class/net/" + outer + "/ifalias")));
  if (mark && mark->owner != place.owner)
    throw base::Error(base::ErrorKind::conflict,
                      fmt::format("The device {} belongs to {}: the same network can not be "
                                  "served twice on one host.",
                                  outer, mark->owner));
}

// A device whose making was interrupted is made again.
void ensure_device(const DhcpNetwork& network, const DhcpPlace& place) {
  const std::string known = place.directory + "/" + network.id + "/device";
  const std::string outer = tap_name(network.port.id);
  const std::string commands = device_commands(network);
  const bool present = fs::exists("/sys/class/net/" + outer);
  if (present && read_file(known) == commands) return;
  remove_devices(network.id, place.owner, outer);
  const std::string name = dhcp_namespace_name(network.id);
  if (!present)
    platform::run_checked({"ip", "link", "add", outer, "type", "veth", "peer", "name",
                           inner_device(network.port.id), "netns", name});
  platform::run_checked({"ip", "link", "set", "dev", outer, "alias",
                         platform::to_text({"network", network.id, place.owner})});
  platform::ProcessOptions options;
  options.input = commands;
  platform::run_checked({"ip", "-n", name, "-force", "-batch", "-"}, options);
  write_if_different(known, commands);
}

std::vector<std::string> dnsmasq_arguments(const DhcpNetwork& network, const std::string& directory,
                                           int64_t lease_seconds) {
  std::vector<std::string> arguments{
      "dnsmasq",
      "--keep-in-foreground",
      "--no-hosts",
      "--no-resolv",
      "--no-ping",
      "--bind-dynamic",
      "--conf-file=/dev/null",
      "--log-facility=-",
      "--dhcp-authoritative",
      "--user=root",
      "--interface=" + inner_device(network.port.id),
      "--pid-file=" + directory + "/pid",
      "--dhcp-hostsfile=" + directory + "/hosts",
      "--addn-hosts=" + directory + "/names",
      "--dhcp-optsfile=" + directory + "/options",
      "--dhcp-leasefile=" + directory + "/leases",
      fmt::format("--dhcp-option-force=option:mtu,{}", network.mtu),
      "--dhcp-lease-max=65536",
  };
  if (!network.dns_domain.empty()) arguments.push_back("--domain=" + network.dns_domain);
  for (const DhcpSubnet& subnet : network.subnets) {
    if (!served(subnet)) continue;
    const std::string start = subnet.cidr.substr(0, subnet.cidr.find('/'));
    arguments.push_back(fmt::format(
        "--dhcp-range=set:{},{},static,{},{}s", subnet_tag(subnet), start,
        subnet.ip_version == 4 ? netmask(subnet.cidr) : prefix_length(subnet.cidr), lease_seconds));
  }
  return arguments;
}

std::string names_file(const DhcpNetwork& network) {
  std::string text;
  for (const DhcpClient& client : network.clients)
    for (const auto& address : client.fixed_ips)
      text +=
          fmt::format("{}\t{}{}{} {}\n", address.ip_address, client.hostname,
                      network.dns_domain.empty() ? "" : ".", network.dns_domain, client.hostname);
  return text;
}

std::optional<platform::ProcessIdentity> find_dnsmasq(const std::string& directory) {
  const auto pid = base::parse_integer(base::trim(read_file(directory + "/pid")));
  if (!pid) return std::nullopt;
  const auto process = platform::identify_process(static_cast<pid_t>(*pid));
  if (!process) return std::nullopt;
  for (const std::string& argument : platform::command_line(process->pid))
    if (argument == "--pid-file=" + directory + "/pid") return process;
  return std::nullopt;
}

// Whatever became of the pid file.
void end_dnsmasq(const std::string& directory) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto pid = base::parse_integer(entry.path().filename().string());
    if (!pid) continue;
    const auto process = platform::identify_process(static_cast<pid_t>(*pid));
    if (!process) continue;
    for (const std::string& argument : platform::command_line(process->pid))
      if (argument == "--pid-file=" + directory + "/pid")
        platform::end_process(*process, std::chrono::seconds{2});
  }
}

}  // namespace

DhcpPlace dhcp_place(const platform::Config& config) {
  const std::string state = config.text("DEFAULT", "state_path");
  return {state + "/dhcp", platform::owner_of_directory(state),
          config.integer("DEFAULT", "dhcp_lease_duration")};
}

std::string dhcp_hosts_file(const DhcpNetwork& network) {
  std::string text;
  for (const DhcpClient& client : network.clients) {
    for (const auto& address : client.fixed_ips) {
      const DhcpSubnet* subnet = find_subnet(network, address.subnet_id);
      if (!subnet || !served(*subnet)) continue;
      const bool v6 = subnet->ip_version == 6;
      text += fmt::format("{},set:port-{},{},{}{}{}\n", client.mac_address, client.port_id,
                          client.hostname, v6 ? "[" : "", address.ip_address, v6 ? "]" : "");
    }
  }
  return text;
}

std::string dhcp_options_file(const DhcpNetwork& network) {
  std::string text;
  std::string own_address;
  for (const PortAddress& address : network.port.fixed_ips)
    if (!is_v6(address.ip_address)) own_address = address.ip_address;
  for (const DhcpSubnet& subnet : network.subnets) {
    if (!served(subnet) || subnet.ip_version != 4) continue;
    const std::string tag = "tag:" + subnet_tag(subnet);
    std::string dns = base::join(subnet.dns_nameservers, ",");
    if (dns.empty()) dns = own_address;
    if (!dns.empty()) text += fmt::format("{},option:dns-server,{}\n", tag, dns);
    std::string routes = "169.254.169.254/32," + own_address;
    for (const HostRoute& route : subnet.host_routes)
      routes += fmt::format(",{},{}", route.destination, route.nexthop);
    if (subnet.gateway_ip.empty()) {
      text += fmt::format("{},option:router\n", tag);
    } else {
      // A client that reads option 121 ignores option 3 (RFC 3442).
      routes += ",0.0.0.0/0," + subnet.gateway_ip;
      text += fmt::format("{},option:router,{}\n", tag, subnet.gateway_ip);
    }
    text += fmt::format("{0},option:classless-static-route,{1}\n{0},249,{1}\n", tag, routes);
  }
  for (const DhcpClient& client : network.clients)
    for (const DhcpOption& option : client.options) {
      // Users' texts: a line end would be an option of their own making.
      if (option.value.find_first_of("\n\r") != std::string::npos) continue;
      const bool number = base::parse_integer(option.name).has_value();
      text += fmt::format("tag:port-{},{}{},{}\n", client.port_id,
                          number ? "" : (option.ip_version == 6 ? "option6:" : "option:"),
                          option.name, option.value);
    }
  return text;
}

void ensure_dhcp_namespace(const DhcpNetwork& network, const DhcpPlace& place) {
  const std::string directory = place.directory + "/" + network.id;
  const std::string name = dhcp_namespace_name(network.id);
  check_owner(network, place);
  fs::create_directories(directory);
  if (!namespace_exists(network.id)) platform::run_checked({"ip", "netns", "add", name});
  ensure_device(network, place);
  const std::vector<std::string> arguments =
      dnsmasq_arguments(network, directory, place.lease_seconds);
  bool changed = write_if_different(directory + "/hosts", dhcp_hosts_file(network));
  changed |= write_if_different(directory + "/names", names_file(network));
  changed |= write_if_different(directory + "/options", dhcp_options_file(network));
  changed |= write_if_different(directory + "/arguments", base::join(arguments, "\n"));
  const auto process = find_dnsmasq(directory);
  if (process && !changed) return;
  // Not SIGHUP: dnsmasq 2.90 dies of it once a host with a lease has left its file. Leases are
  // kept.
  if (process) platform::end_process(*process, std::chrono::seconds{2});
  static_cast<void>(platform::start_daemon(arguments, directory + "/log", name));
}

void remove_dhcp_namespace(const std::string& network_id, const DhcpPlace& place) {
  const std::string directory = place.directory + "/" + network_id;
  end_dnsmasq(directory);
  // Not with the namespace: that lives as long as a socket in it is open.
  remove_devices(network_id, place.owner, "");
  if (namespace_exists(network_id))
    platform::run_checked({"ip", "netns", "delete", dhcp_namespace_name(network_id)});
  fs::remove_all(directory);
}

std::vector<std::string> list_dhcp_networks(const std::string& directory) {
  std::vector<std::string> ids;
  if (!fs::exists(directory)) return ids;
  for (const auto& entry : fs::directory_iterator(directory))
    ids.push_back(entry.path().filename());
  return ids;
}

}  // namespace neutron::agents
