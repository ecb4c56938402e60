#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/error.hpp"
#include "neutron/agents/service.hpp"
#include "neutron/drivers/linuxbridge/firewall.hpp"
#include "neutron/drivers/linuxbridge/netlink.hpp"
#include "platform/owner_mark.hpp"
#include "platform/process.hpp"

namespace neutron::agents {
namespace {

using platform::Finding;
using platform::Severity;

Finding program(const char* name, const char* option, const char* package) {
  try {
    static_cast<void>(platform::run_process({name, option}));
    return {Severity::ok, name, "is installed", ""};
  } catch (const base::Error& error) {
    return {Severity::problem, name, error.message(), std::string("apt-get install ") + package};
  }
}

// Made and removed again: nothing else proves the permission.
Finding bridge() {
  const std::string name = "brqprobe" + std::to_string(::getpid() % 100000);
  try {
    drivers::Netlink netlink;
    netlink.add_bridge(name, {});
    netlink.remove(name);
    return {Severity::ok, "bridges", "can be made", ""};
  } catch (const base::Error& error) {
    return {Severity::problem, "bridges", error.what(),
            "run the agents as root or with CAP_NET_ADMIN, on a kernel with bridges"};
  }
}

Finding tracking() {
  drivers::Nftables nftables;
  if (nftables.probe() == drivers::ConnectionTracking::bridge)
    return {Severity::ok, "security groups", "the kernel tracks connections on bridges", ""};
  if (::access("/proc/sys/net/bridge/bridge-nf-call-iptables", W_OK) == 0)
    return {Severity::ok, "security groups", "connections are tracked through br_netfilter", ""};
  return {Severity::problem, "security groups", "the kernel can not track connections on bridges",
          "load the module nf_conntrack_bridge or br_netfilter"};
}

// Directories that are gone can not be asked what they still need.
void add_orphans(std::vector<Finding>& findings) {
  drivers::Netlink netlink;
  std::map<std::string, int> devices;
  for (const auto& [name, link] : netlink.links())
    if (const auto mark = platform::parse_owner_mark(link.alias))
      if (mark->owner.starts_with('/') && !std::filesystem::exists(mark->owner))
        ++devices[mark->owner];
  for (const auto& [owner, count] : devices)
    findings.push_back({Severity::warning, "left behind",
                        fmt::format("{} network devices of {}, which is gone", count, owner),
                        fmt::format("nephele cleanup guests --state-dir {}",
                                    std::filesystem::path(owner).parent_path().string())});
}

}  // namespace

std::vector<Finding> examine_host() {
  std::vector<Finding> findings{program("dnsmasq", "--version", "dnsmasq-base"),
                                program("ip", "-V", "iproute2"), bridge(), tracking()};
  add_orphans(findings);
  return findings;
}

}  // namespace neutron::agents
