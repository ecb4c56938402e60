// A cloud of many hosts in one process: the real roles of Nova, Neutron, Glance and Cinder on
// virtual time, each in a process of its own that can die alone, with a stand-in for Keystone's
// sign-in.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "openstack/role.hpp"
#include "platform/simulation/simulation.hpp"
#include "stand_ins.hpp"
#include "storage.hpp"

namespace simulation {

struct Scale {
  size_t compute_hosts = 3;
  size_t controllers = 2;  // each with one of every role that is not a host's, and with volumes
  int64_t guests_per_host = 4;
  int64_t servers_per_project = 8;  // quota
};

struct Process {
  std::string name;  // "nova-api@controller-0"
  std::string host;
  std::function<std::vector<std::unique_ptr<openstack::Role>>(platform::SimulatedProcess&)> make;
  std::unique_ptr<platform::SimulatedProcess> process;
  std::vector<std::unique_ptr<openstack::Role>> roles;
  size_t starts = 0;
};

struct Answer {
  int status = 0;  // 0: none came, it is unknown whether it was done
  base::Json body;
  [[nodiscard]] bool unknown() const { return status == 0 || status >= 500; }
};

inline constexpr const char* kKeystone = "http://keystone";
inline constexpr const char* kGlance = "http://glance";
inline constexpr const char* kNeutron = "http://neutron";
inline constexpr const char* kNova = "http://nova";
inline constexpr const char* kCinder = "http://cinder";
// Whose token: an administrator's, or that of a member of a project.
inline constexpr const char* kAdmin = "99999999999999999999999999999999";
inline constexpr const char* kProjects[] = {"11111111111111111111111111111111",
                                            "22222222222222222222222222222222"};

class Cloud {
 public:
  Cloud(uint64_t seed, const Scale& scale);
  ~Cloud();

  // Starts what is dead: all of it, or what the seed chooses. A role that cannot start is dead
  // again. Hosts that are gone stay so.
  void start_dead(bool all);
  // The host vanishes with all that is on it.
  void lose_host(const std::string& host);
  // Each of its processes is paused.
  void pause_host(const std::string& host, base::Duration duration);
  // That are not gone, controllers among them.
  [[nodiscard]] std::vector<std::string> hosts() const;

  // Sends as a member of that project; from a task or from the thread of the simulation.
  Answer send(const std::string& project, const std::string& url_base, const std::string& method,
              const std::string& target, const base::Json& body = nullptr);
  // Sends the bytes of an image, bit by bit, and breaks off after `breaks_after` bits.
  Answer upload(const std::string& project, const std::string& target, const std::string& bytes,
                size_t breaks_after);
  // Starts a task of the users, who are never killed.
  [[nodiscard]] std::unique_ptr<platform::Task> start_user(const std::string& name,
                                                           std::function<void()> body);
  // Runs `body` as a user to its end. Throws what it throws.
  void as_user(const std::function<void()>& body);
  void sleep(base::Duration duration) { users_->runtime().executor.sleep_for(duration); }

  // The first columns of the rows, as they are: nothing fails here.
  std::vector<std::string> query(const std::string& database, const std::string& sql);

  [[nodiscard]] platform::Simulation& simulation() { return simulation_; }
  [[nodiscard]] std::map<std::string, Machine>& machines() { return machines_; }
  [[nodiscard]] const ImageDirectory& images() const { return *images_; }
  [[nodiscard]] const ImageDirectory& staged() const { return *staged_; }
  // By host.
  [[nodiscard]] std::map<std::string, std::shared_ptr<Storage>>& storages() { return storages_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Process>>& processes() const {
    return processes_;
  }
  [[nodiscard]] bool is_user(const platform::SimulatedProcess& process) const {
    return &process == users_.get();
  }
  // Chances in 1/1000 at each use of a hypervisor, disk, interface or storage that it fails.
  void driver_faults(int chance) { driver_failed_ = chance; }

 private:
  using Maker = std::unique_ptr<openstack::Role> (*)(openstack::RoleEnvironment);
  void configure(const Scale& scale);
  void add(const std::string& name, const std::string& host,
           std::function<std::unique_ptr<openstack::Role>(platform::SimulatedProcess&)> make,
           const char* url = nullptr);
  void add_service(const std::string& service, const std::string& role, const std::string& host,
                   Maker make, const char* url = nullptr);
  void add_host(const std::string& name, bool dhcp);
  void start(Process& process);
  std::unique_ptr<openstack::Role> make_compute(platform::SimulatedProcess& process);
  std::unique_ptr<openstack::Role> make_volume(platform::SimulatedProcess& process);
  // Where a driver of that process may be interrupted, or fail.
  std::function<void(const char*)> driver_point(platform::SimulatedProcess& process);
  openstack::RoleEnvironment environment(platform::SimulatedProcess& process,
                                         const std::string& service, bool with_database);
  platform::http::Response sign_in(platform::http::Request& request);
  Answer exchange(const std::string& url_base, platform::http::Request request);
  platform::http::Request request(const std::string& project, const std::string& method,
                                  const std::string& target);

  platform::Simulation simulation_;
  std::string directory_;
  std::map<std::string, platform::Config> configs_;
  std::map<std::string, Machine> machines_;
  std::map<std::string, std::shared_ptr<Storage>> storages_;
  std::shared_ptr<ImageDirectory> images_ = std::make_shared<ImageDirectory>();
  std::shared_ptr<ImageDirectory> staged_ = std::make_shared<ImageDirectory>();
  std::vector<std::unique_ptr<Process>> processes_;
  std::unique_ptr<platform::SimulatedProcess> users_;
  std::unique_ptr<openstack::Tokens> tokens_;
  int driver_failed_ = 0;
};

}  // namespace simulation
