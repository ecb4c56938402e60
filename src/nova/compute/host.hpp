// What the operations of a compute host work with.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "nova/compute/conductor.hpp"
#include "nova/compute/disks.hpp"
#include "nova/compute/interfaces.hpp"
#include "nova/drivers/hypervisor/driver.hpp"
#include "openstack/clients/cinder.hpp"
#include "openstack/clients/glance.hpp"
#include "openstack/clients/neutron.hpp"
#include "openstack/clients/port_bindings.hpp"
#include "openstack/slots.hpp"
#include "platform/runtime.hpp"

namespace nova::compute {

// Wakes whoever waits for the ports of a server. Thread-safe.
class PortWaits {
 public:
  explicit PortWaits(platform::Executor& executor) : executor_(executor) {}
  // An event of a port of this server came.
  void wake(const std::string& server_id);
  // Waits for the next event or until `deadline`.
  void wait(const std::string& server_id, base::SteadyTime deadline);

 private:
  platform::Executor& executor_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<platform::Event>> events_;
};

// One operation at a time on a server; the next one waits.
using ServerSlots = openstack::Slots;

// References outlive it.
struct Host {
  std::string name;
  platform::Runtime runtime;
  Conductor& conductor;
  openstack::clients::Neutron& neutron;
  openstack::clients::PortBindings& bindings;
  openstack::clients::Cinder& cinder;
  openstack::clients::Glance& glance;
  openstack::clients::VolumeConnector connector;  // of this host
  drivers::Hypervisor& hypervisor;
  Disks& disks;
  Interfaces& interfaces;
  PortWaits& port_waits;
  ServerSlots& slots;
  base::Duration vif_plugging_timeout;  // zero: a guest starts without waiting for its ports
  base::Duration shutdown_timeout;
  std::string ceph_configuration = {};  // path of ceph.conf; empty: where Ceph looks
  std::string secrets_path = {};        // directory of secrets that Cinder names by UUID
};

// The guest of a server whose ports are known. Connects its volumes.
[[nodiscard]] drivers::GuestDefinition define_guest(Host& host, const ServerDescription& server,
                                                    const std::string& request_id);

// ---- what the messages do; each acts only while the server is in `operation_id`
// --------------------

void build_server(Host& host, const BuildServer& message, const std::string& request_id);
void terminate_server(Host& host, const TerminateServer& message, const std::string& request_id);
void rebuild_server(Host& host, const RebuildServer& message, const std::string& request_id);
void make_server_image(Host& host, const MakeServerImage& message, const std::string& request_id);
void change_power(Host& host, const ChangePower& message, const std::string& request_id);
void work_on_volume(Host& host, const WorkOnVolume& message, const std::string& request_id);
// At most tells a guest what it would see when it starts anew.
void extend_volume(Host& host, const VolumeExtended& message, const std::string& request_id);

// Compares what should be on this host with what is, and closes the difference.
class Reconciler {
 public:
  explicit Reconciler(Host& host) : host_(host) {}
  // Takes up what the host was doing when its last process ended. Once, at start.
  void resume_operations();
  // Removes what has no owner; reports guests that changed by themselves. On a timer and at start.
  void run();

 private:
  void resume_images(std::vector<MakeServerImage> images);
  void remove_strays(const std::set<std::string>& found, const std::set<std::string>& owned);
  void release_stray_ports(const std::vector<openstack::clients::PortBinding>& found,
                           const std::vector<ServerDescription>& servers);
  void remove_stray(const std::string& id);
  void release_stray_port(const openstack::clients::PortBinding& binding);
  void report_power(const ServerDescription& server);
  void remove_stray_copy(const ServerDescription& server);
  void count_guests(const std::vector<std::string>& guests);
  Host& host_;
  std::unique_ptr<platform::Task> images_;  // those that are being made again
};

// The names of all sagas of this role, for the checks that every saga must pass.
inline constexpr std::string_view kBuildServerSaga = "build_server";
inline constexpr std::string_view kTerminateServerSaga = "terminate_server";
inline constexpr std::string_view kRebuildServerSaga = "rebuild_server";
inline constexpr std::string_view kMakeServerImageSaga = "make_server_image";

}  // namespace nova::compute
