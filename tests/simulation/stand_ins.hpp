// The parts of hosts that are only remembered. What they remember survives the death of the
// processes that drive them, as kernels, disks and guests do.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "glance/drivers/image_store.hpp"
#include "neutron/agents/service.hpp"
#include "nova/compute/fake_disks.hpp"
#include "nova/compute/interfaces.hpp"
#include "nova/drivers/hypervisor/fake/fake.hpp"
#include "openstack/role.hpp"
#include "platform/simulation/simulation.hpp"

namespace simulation {

// Network id -> port id, of a host's DHCP servers.
using DhcpTable = std::map<std::string, std::string>;

// The parts of a compute host.
struct Machine {
  std::shared_ptr<nova::drivers::FakeHost> guests = std::make_shared<nova::drivers::FakeHost>();
  std::shared_ptr<nova::compute::FakeDiskTable> disks =
      std::make_shared<nova::compute::FakeDiskTable>();
  std::shared_ptr<nova::compute::FakeInterfaceTable> interfaces =
      std::make_shared<nova::compute::FakeInterfaceTable>();
  std::shared_ptr<DhcpTable> dhcp = std::make_shared<DhcpTable>();
  bool gone = false;  // for good, with all that was on it
};

// A directory of images, as the file store keeps it.
struct ImageDirectory {
  std::map<std::string, std::string> files;  // name -> content
  std::map<std::string, std::shared_ptr<std::string>> parts;
};

// Wires what is plugged; looks again when interfaces came or went.
[[nodiscard]] std::unique_ptr<neutron::drivers::L2Provider> make_l2(
    platform::SimulatedProcess& process, const Machine& machine);
// An agent that remembers which networks it serves, instead of running dnsmasq.
[[nodiscard]] std::unique_ptr<openstack::Role> make_dhcp_agent(
    const openstack::RoleEnvironment& environment, platform::SimulatedProcess& process,
    std::shared_ptr<DhcpTable> table);
// `scheme` begins its locations: two stores of one process have each their own.
[[nodiscard]] std::unique_ptr<glance::drivers::ImageStore> make_store(
    platform::SimulatedProcess& process, std::shared_ptr<ImageDirectory> directory,
    std::string scheme);

}  // namespace simulation
