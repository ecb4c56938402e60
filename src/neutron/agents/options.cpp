#include <array>

#include "neutron/agents/service.hpp"

namespace neutron::agents {
namespace {

using platform::Option;
using platform::OptionType;

constexpr std::array kOptions{
    Option{"linux_bridge", "physical_interface_mappings", OptionType::list, "",
           "physical network:device, ... : which device joins a host to which flat network."},
    Option{"vxlan", "local_ip", OptionType::text, "",
           "This host's address for VXLAN tunnels; empty: networks end at this host."},
    Option{"AGENT", "report_interval", OptionType::integer, "10", "Seconds between heartbeats.",
           false, 1},
    Option{"AGENT", "polling_interval", OptionType::integer, "10",
           "Seconds after which an agent looks again even if nobody told it to.", false, 1},
    Option{
        "DEFAULT", "state_path", OptionType::text, "/var/lib/nephele/networks",
        "Directory of the files of dnsmasq. Devices, filters and processes on the host are known "
        "as this directory's: agents with different ones share a host."},
    Option{"DEFAULT", "dhcp_lease_duration", OptionType::integer, "86400", "Seconds a lease holds.",
           false, 60},
    Option{"DEFAULT", "nova_metadata_url", OptionType::text, "http://127.0.0.1:8775",
           "Where Nova's metadata service listens."},
    Option{"DEFAULT", "metadata_proxy_shared_secret", OptionType::text, "",
           "Signs the server's id towards Nova; the same in nova.conf.", true},
};

}  // namespace

std::span<const Option> options() { return kOptions; }

}  // namespace neutron::agents
