// A cloud of many hosts in one process: the real roles of Nova and Neutron on virtual time, with
// stand-ins for Keystone's sign-in and Glance's catalogue, and hosts whose guests, disks and
// interfaces are only remembered. What a host remembers survives the death of its processes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nova/compute/fake_disks.hpp"
#include "nova/compute/interfaces.hpp"
#include "nova/drivers/hypervisor/fake/fake.hpp"
#include "openstack/role.hpp"
#include "platform/simulation/simulation.hpp"

namespace simulation {

// The parts of a compute host.
struct Machine {
  std::shared_ptr<nova::drivers::FakeHost> guests = std::make_shared<nova::drivers::FakeHost>();
  std::shared_ptr<nova::compute::FakeDiskTable> disks =
      std::make_shared<nova::compute::FakeDiskTable>();
  std::shared_ptr<nova::compute::FakeInterfaceTable> interfaces =
      std::make_shared<nova::compute::FakeInterfaceTable>();
};

class World {
 public:
  World(uint64_t seed, size_t compute_hosts);
  ~World();

  // Creates a flavor, a network and a subnet while nothing fails yet.
  void prepare();
  // Users create and delete `servers` servers while messages, commits and processes fail.
  void disturb(size_t servers);
  // Everything is started again, nothing fails any more, and time passes. True: all came to rest.
  bool settle();
  // What is wrong, one text each: the invariants of the design, section 6.
  [[nodiscard]] std::vector<std::string> violations();
  [[nodiscard]] platform::Simulation& simulation() { return simulation_; }

 private:
  struct Process {
    std::string host;
    std::function<std::vector<std::unique_ptr<openstack::Role>>(platform::SimulatedProcess&)> make;
    std::unique_ptr<platform::SimulatedProcess> process;
    std::vector<std::unique_ptr<openstack::Role>> roles;
  };
  struct Answer {
    int status = 0;
    base::Json body;
  };

  void add_controllers();
  void add_compute(const std::string& name);
  void start(Process& process);
  void restart_dead(bool all);
  openstack::RoleEnvironment environment(platform::SimulatedProcess& process,
                                         const std::string& service, bool with_database);
  platform::http::Response sign_in(platform::http::Request& request);
  Answer send(const std::string& url_base, const std::string& method, const std::string& target,
              const base::Json& body = nullptr);
  // Runs `body` as a task of the users' process to its end.
  void as_user(const std::function<void()>& body);
  std::vector<std::string> unfinished();
  std::vector<std::string> query(const std::string& database, const std::string& sql);
  void check_hosts(std::vector<std::string>& wrong);
  void check_answers(std::vector<std::string>& wrong);

  platform::Simulation simulation_;
  std::string directory_;
  std::map<std::string, platform::Config> configs_;
  std::map<std::string, Machine> machines_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::unique_ptr<platform::SimulatedProcess> users_;
  std::unique_ptr<openstack::Tokens> tokens_;
  std::string network_id_;
  std::string flavor_id_;
  std::vector<std::string> created_;  // acknowledged
  std::vector<std::string> deleted_;  // acknowledged
};

}  // namespace simulation
