// Neutron's agents: each runs on a host, asks neutron-server what should be there, and makes it so.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "neutron/drivers/l2_provider.hpp"
#include "openstack/role.hpp"
#include "platform/config.hpp"
#include "platform/finding.hpp"

namespace neutron::agents {

// Options of neutron.conf that the agents add.
[[nodiscard]] std::span<const platform::Option> options();

// Wires the taps of ports to bridges and filters them.
[[nodiscard]] std::unique_ptr<openstack::Role> make_linuxbridge_agent(openstack::RoleEnvironment);
// The same agent over another provider: the simulation.
[[nodiscard]] std::unique_ptr<openstack::Role> make_l2_agent(
    openstack::RoleEnvironment, std::unique_ptr<drivers::L2Provider> provider);
// Runs a dnsmasq in a namespace of its own for each network.
[[nodiscard]] std::unique_ptr<openstack::Role> make_dhcp_agent(openstack::RoleEnvironment);
// Answers 169.254.169.254 in each network's namespace, in the name of the port that asks.
[[nodiscard]] std::unique_ptr<openstack::Role> make_metadata_agent(openstack::RoleEnvironment);

// Takes off this host what agents with this configuration made, also if they ended long ago and
// their files are gone: bridges, tunnels, filters, DHCP namespaces and their dnsmasq. Guests and
// their taps stay. Not while such an agent runs. What was removed, a line each.
std::vector<std::string> clean_host(const platform::Config& config);

// What is wired on this host by agents with this configuration, against what should be: `networks`,
// the answer to GetHostNetworks for this host.
[[nodiscard]] std::vector<platform::Difference> compare_host(const platform::Config& config,
                                                             const HostNetworks& networks);

// What this host has and lacks for wiring networks.
[[nodiscard]] std::vector<platform::Finding> examine_host();

}  // namespace neutron::agents
