#include "neutron/agents/dhcp_namespace.hpp"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/process.hpp"

namespace neutron::agents {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNamespaces = "/run/netns";
constexpr std::string_view kPrefix = "qdhcp-";

std::string inner_device(const std::string& port_id) { return "ns-" + port_id.substr(0, 11); }

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
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

// The addresses in the namespace: the port's own, and the one that guests ask for metadata.
void ensure_device(const DhcpNetwork& network) {
  const std::string name = dhcp_namespace_name(network.id);
  const std::string outer = tap_name(network.port.id);
  const std::string inner = inner_device(network.port.id);
  if (!fs::exists("/sys/class/net/" + outer))
    platform::run_checked(
        {"ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name});
  std::string batch =
      fmt::format("link set lo up\nlink set {0} address {1}\nlink set {0} mtu {2}\n", inner,
                  network.port.mac_address, network.mtu);
  for (const PortAddress& address : network.port.fixed_ips)
    batch +=
        fmt::format("address replace {}/{} dev {}{}\n", address.ip_address,
                    prefix_length(address.cidr), inner, is_v6(address.ip_address) ? " nodad" : "");
  batch += fmt::format("address replace 169.254.169.254/32 dev {0}\nlink set {0} up\n", inner);
  for (const PortAddress& address : network.port.fixed_ips)
    if (!address.gateway_ip.empty() && !is_v6(address.ip_address) &&
        address.gateway_ip != address.ip_address)
      batch += fmt::format("route replace default via {} dev {}\n", address.gateway_ip, inner);
  platform::ProcessOptions options;
  options.input = batch;
  platform::run_checked({"ip", "-n", name, "-force", "-batch", "-"}, options);
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

void end_dnsmasq(const std::string& directory) {
  if (const auto process = find_dnsmasq(directory))
    platform::end_process(*process, std::chrono::seconds{2});
}

}  // namespace

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

void ensure_dhcp_namespace(const DhcpNetwork& network, const std::string& directory,
                           int64_t lease_seconds) {
  fs::create_directories(directory);
  const std::string name = dhcp_namespace_name(network.id);
  if (!fs::exists(std::string(kNamespaces) + "/" + name))
    platform::run_checked({"ip", "netns", "add", name});
  const std::vector<std::string> arguments = dnsmasq_arguments(network, directory, lease_seconds);
  std::string device = network.port.mac_address;
  for (const PortAddress& address : network.port.fixed_ips) device += " " + address.ip_address;
  const bool present = fs::exists("/sys/class/net/" + tap_name(network.port.id));
  if (write_if_different(directory + "/device", device) || !present) ensure_device(network);
  bool reload = write_if_different(directory + "/hosts", dhcp_hosts_file(network));
  reload |= write_if_different(directory + "/names", names_file(network));
  reload |= write_if_different(directory + "/options", dhcp_options_file(network));
  const bool restart = write_if_different(directory + "/arguments", base::join(arguments, "\n"));
  const auto process = find_dnsmasq(directory);
  if (process && !restart) {
    if (reload) ::kill(process->pid, SIGHUP);
    return;
  }
  end_dnsmasq(directory);
  static_cast<void>(platform::start_daemon(arguments, directory + "/log", name));
}

void remove_dhcp_namespace(const std::string& network_id, const std::string& directory) {
  end_dnsmasq(directory);
  const std::string name = dhcp_namespace_name(network_id);
  // The veth in it goes with the namespace, and its peer on the host with it.
  if (fs::exists(std::string(kNamespaces) + "/" + name))
    platform::run_checked({"ip", "netns", "delete", name});
  fs::remove_all(directory);
}

std::vector<std::string> list_dhcp_namespaces() {
  std::vector<std::string> ids;
  if (!fs::exists(kNamespaces)) return ids;
  for (const auto& entry : fs::directory_iterator(kNamespaces))
    if (const std::string name = entry.path().filename(); name.starts_with(kPrefix))
      ids.push_back(name.substr(kPrefix.size()));
  return ids;
}

}  // namespace neutron::agents
