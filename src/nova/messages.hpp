// What Nova's roles say to each other. Casts carry an operation id: a handler acts only while the
// server still is in that operation, so a message that comes twice or late does nothing.
//
// Creating a server, as the six steps of the classic work flow:
//   nova-api --cast ScheduleServer--> "scheduler" --cast BuildServer--> "compute.<host>"
//   nova-compute --call GetServer, SaveSaga, ReportServer ...--> "conductor" (the only way to the
//   database)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"
#include "openstack/clients/neutron.hpp"
#include "openstack/saga.hpp"
#include "platform/bus/dispatcher.hpp"

namespace nova {

inline constexpr std::string_view kSchedulerTopic = "scheduler";
inline constexpr std::string_view kConductorTopic = "conductor";
// Operations on the servers of a host; each may take minutes.
[[nodiscard]] inline std::string compute_topic(const std::string& host) {
  return "compute." + host;
}
// What must never queue behind operations: a build waits for the events of its ports.
[[nodiscard]] inline std::string compute_events_topic(const std::string& host) {
  return "compute." + host + ".events";
}

// ---- to "scheduler"
// --------------------------------------------------------------------------------

// Choose a host for the server, claim it there, and cast BuildServer to it.
struct ScheduleServer {
  static constexpr std::string_view kType = "ScheduleServer";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(ScheduleServer, (), (server_id, operation_id))

// ---- to "compute.<host>"
// ---------------------------------------------------------------------------

struct BuildServer {
  static constexpr std::string_view kType = "BuildServer";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(BuildServer, (), (server_id, operation_id))

struct TerminateServer {
  static constexpr std::string_view kType = "TerminateServer";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(TerminateServer, (), (server_id, operation_id))

// A change of power: "start", "stop" (clean, then hard after a while), "reboot_soft",
// "reboot_hard", "pause", "unpause".
struct ChangePower {
  static constexpr std::string_view kType = "ChangePower";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string operation_id;
  std::string change;
};
BOOST_DESCRIBE_STRUCT(ChangePower, (), (server_id, operation_id, change))

// Makes the guest anew from the server's image, on the same host and ports.
struct RebuildServer {
  static constexpr std::string_view kType = "RebuildServer";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(RebuildServer, (), (server_id, operation_id))

// Makes an image of the server's local root disk; GetServer says which.
struct MakeServerImage {
  static constexpr std::string_view kType = "MakeServerImage";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(MakeServerImage, (), (server_id, operation_id))

// Go on with what a volume of the server is in: attaching, detaching or swapping.
struct WorkOnVolume {
  static constexpr std::string_view kType = "WorkOnVolume";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string volume_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(WorkOnVolume, (), (server_id, volume_id, operation_id))

// A volume of the server has grown: its guest is to see it.
struct VolumeExtended {
  static constexpr std::string_view kType = "VolumeExtended";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string volume_id;
  std::string operation_id;  // of its action
};
BOOST_DESCRIBE_STRUCT(VolumeExtended, (), (server_id, volume_id, operation_id))

// ---- to "compute.<host>.events"
// --------------------------------------------------------------------

// Neutron says something about a port (network-vif-plugged ...).
struct PortEvent {
  static constexpr std::string_view kType = "PortEvent";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::string name;
  std::string port_id;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(PortEvent, (), (server_id, name, port_id, status))

struct ConsoleOutput {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(ConsoleOutput, (), (text))

// call
struct GetConsoleOutput {
  using Reply = ConsoleOutput;
  static constexpr std::string_view kType = "GetConsoleOutput";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::optional<int64_t> lines;  // last lines; absent: all that is kept
};
BOOST_DESCRIBE_STRUCT(GetConsoleOutput, (), (server_id, lines))

struct HostUptime {
  std::string text;  // as uptime(1) prints it
};
BOOST_DESCRIBE_STRUCT(HostUptime, (), (text))

// call
struct GetHostUptime {
  using Reply = HostUptime;
  static constexpr std::string_view kType = "GetHostUptime";
  static constexpr int kVersion = 1;
  std::string host;
};
BOOST_DESCRIBE_STRUCT(GetHostUptime, (), (host))

// ---- to "conductor" (calls)
// ------------------------------------------------------------------------

// A network interface that the server was asked for.
struct RequestedNetwork {
  std::string network_id;  // empty with a port
  std::string port_id;     // a port that the user brought
  std::string fixed_ip;
  std::string tag;
};
BOOST_DESCRIBE_STRUCT(RequestedNetwork, (), (network_id, port_id, fixed_ip, tag))

// A volume of a server.
struct ServerVolume {
  std::string id;  // of the link between them
  std::string volume_id;
  std::string device_name;
  int64_t boot_index = -1;  // 0: the server boots from it
  bool delete_on_termination = false;
  std::string tag;
  std::string state;  // "attaching", "detaching", "swapping"; empty: it is the server's
  std::string operation_id;
  std::string new_volume_id;  // while it is "swapping": what takes its place
};
BOOST_DESCRIBE_STRUCT(ServerVolume, (),
                      (id, volume_id, device_name, boot_index, delete_on_termination, tag, state,
                       operation_id, new_volume_id))

// A disk of its host that a server has beside its root, and that begins with nothing in it.
struct LocalDisk {
  std::string device_name;
  std::string format;  // "swap", or a file system; empty: what the host chooses
  int64_t size_mib = 0;
};
BOOST_DESCRIBE_STRUCT(LocalDisk, (), (device_name, format, size_mib))

// An image that is being made of the server.
struct ServerImage {
  std::string image_id;     // Glance has it, without bytes
  std::string backup_type;  // "daily", ...; empty: it is no backup
  int64_t rotation = 0;     // so many backups of that type are kept
};
BOOST_DESCRIBE_STRUCT(ServerImage, (), (image_id, backup_type, rotation))

// All that a compute host, the metadata service and the config drive need to know of a server.
struct ServerDescription {
  std::string id;
  std::string name;
  std::string hostname;
  std::string project_id;
  std::string user_id;
  std::string host;
  std::string availability_zone;
  std::string image_id;  // empty: it boots from a volume
  std::string flavor_name;
  int64_t vcpus = 1;
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;  // 0: the image's size
  std::map<std::string, std::string> extra_specs;
  std::map<std::string, std::string> metadata;
  std::string key_name;
  std::string public_key;
  std::string user_data;  // base64
  std::string admin_password;
  bool config_drive = false;
  std::vector<RequestedNetwork> networks;
  std::vector<std::string> security_groups;  // ids or names, for ports that Nova creates
  std::string vm_state;                      // "building", "active", "stopped", "error", "deleted"
  std::string task_state;                    // "scheduling", "spawning", "deleting", ... or empty
  std::string operation_id;
  int64_t power_state = 0;  // 0 none, 1 running, 3 paused, 4 shutdown
  int64_t launch_index = 0;
  std::string reservation_id;
  std::vector<openstack::clients::Port> ports;  // as last reported by the compute host
  std::vector<ServerVolume> volumes;
  std::vector<LocalDisk> local_disks;
  std::string os_type;                   // of its image: "linux", "windows", ... or empty
  std::optional<ServerImage> new_image;  // GetServer's answer only
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(ServerDescription, (),
                      (id, name, hostname, project_id, user_id, host, availability_zone, image_id,
                       flavor_name, vcpus, memory_mib, disk_gib, extra_specs, metadata, key_name,
                       public_key, user_data, admin_password, config_drive, networks,
                       security_groups, vm_state, task_state, operation_id, power_state,
                       launch_index, reservation_id, ports, volumes, local_disks, os_type,
                       new_image, created_at))

struct MaybeServer {
  std::optional<ServerDescription> server;
};
BOOST_DESCRIBE_STRUCT(MaybeServer, (), (server))

// The server if it exists (also while it is deleted) and is on that host; else nothing.
struct GetServer {
  using Reply = MaybeServer;
  static constexpr std::string_view kType = "GetServer";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  std::string server_id;
};
BOOST_DESCRIBE_STRUCT(GetServer, (), (host, server_id))

struct ServerList {
  std::vector<ServerDescription> servers;
};
BOOST_DESCRIBE_STRUCT(ServerList, (), (servers))

// Every server that is not deleted and whose host this is: what should be there. A compute host
// asks at start and on a timer, resumes what is in an operation and removes guests that are not in
// the answer.
struct ListServersOfHost {
  using Reply = ServerList;
  static constexpr std::string_view kType = "ListServersOfHost";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
};
BOOST_DESCRIBE_STRUCT(ListServersOfHost, (), (host))

struct Changed {
  bool changed = false;  // false: the server is in another operation, or gone: stop working on it
};
BOOST_DESCRIBE_STRUCT(Changed, (), (changed))

// Compare-and-set: applies the set fields if the server is on `host` and in `operation_id`. With
// `finished` the operation ends: task_state and operation id become empty and the action's event is
// closed with `outcome` ("Success" or "Error"); a success does not count while the operation is
// undone. An empty operation_id reports what was found outside any operation (a guest that stopped
// by itself) and applies only while there is none.
struct ReportServer {
  using Reply = Changed;
  static constexpr std::string_view kType = "ReportServer";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  std::string server_id;
  std::string operation_id;
  std::optional<std::string> vm_state;
  std::optional<std::string> task_state;
  std::optional<int64_t> power_state;
  std::optional<std::vector<openstack::clients::Port>> ports;
  std::optional<bool> launched;  // sets launched_at
  bool finished = false;
  std::string outcome = "Success";
  std::string fault_message;  // with vm_state "error": what happened, for the user
};
BOOST_DESCRIBE_STRUCT(ReportServer, (),
                      (host, server_id, operation_id, vm_state, task_state, power_state, ports,
                       launched, finished, outcome, fault_message))

// The build was undone on that host: give the claim back and schedule again elsewhere (at most
// max_attempts hosts, never the same one twice), or end in ERROR with the fault.
struct BuildFailed {
  using Reply = Changed;
  static constexpr std::string_view kType = "BuildFailed";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  std::string server_id;
  std::string operation_id;
  std::string reason;      // for the user
  bool reschedule = true;  // false: no other host would do better (bad image, quota, conflict)
};
BOOST_DESCRIBE_STRUCT(BuildFailed, (), (host, server_id, operation_id, reason, reschedule))

// Nothing of the server is left on the host: release its claim and mark it deleted.
struct ServerTerminated {
  using Reply = Changed;
  static constexpr std::string_view kType = "ServerTerminated";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  std::string server_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(ServerTerminated, (), (host, server_id, operation_id))

// What became of a volume in `operation_id`. Compare-and-set: nothing if the server is not on the
// host, or the volume is in another operation.
struct ReportVolume {
  using Reply = Changed;
  static constexpr std::string_view kType = "ReportVolume";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  std::string server_id;
  std::string server_volume_id;
  std::string operation_id;
  bool attached = false;     // it is the server's; false: it is not any more
  bool in_progress = false;  // the host is at it; nothing else is said
  bool swapped = false;      // the other volume has taken its place
  std::string problem;       // why it is not as was asked for, for the user; empty: it is
};
BOOST_DESCRIBE_STRUCT(ReportVolume, (),
                      (host, server_id, server_volume_id, operation_id, attached, in_progress,
                       swapped, problem))

// The server's guest has been told, or could not be, that a volume has grown.
struct ReportExtension {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "ReportExtension";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  std::string server_id;
  std::string operation_id;
  std::string problem;  // for the user; empty: it was told
};
BOOST_DESCRIBE_STRUCT(ReportExtension, (), (host, server_id, operation_id, problem))

struct MaybeOperation {
  std::optional<ServerDescription> server;
  std::optional<openstack::SagaProgress> progress;  // nothing: it stands at its begin
};
BOOST_DESCRIBE_STRUCT(MaybeOperation, (), (server, progress))

// The server, and how far the saga of its operation is; nothing if it is not on that host or not in
// that operation. The host works on it from now on: its deadline is a new one if it was near.
struct BeginOperation {
  using Reply = MaybeOperation;
  static constexpr std::string_view kType = "BeginOperation";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  std::string server_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(BeginOperation, (), (host, server_id, operation_id))

// Refused (Error conflict) if another host owns the operation.
struct SaveSaga {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "SaveSaga";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  openstack::SagaProgress progress;
};
BOOST_DESCRIBE_STRUCT(SaveSaga, (), (host, progress))

// cast to "conductor": the server was deleted, or given up, without its host's help; give back what
// it has in Neutron and Cinder. Ports in `kept_ports` were brought by the user and are only
// unbound.
struct ReleaseServer {
  static constexpr std::string_view kType = "ReleaseServer";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::vector<std::string> kept_ports;
  std::vector<std::string> volumes;         // of which nobody reaches any by this server again
  std::vector<std::string> doomed_volumes;  // those of them that go with it
};
BOOST_DESCRIBE_STRUCT(ReleaseServer, (), (server_id, kept_ports, volumes, doomed_volumes))

// cast to "conductor": these are not the server's any more; nobody reaches them by it again.
struct ReleaseVolumes {
  static constexpr std::string_view kType = "ReleaseVolumes";
  static constexpr int kVersion = 1;
  std::string server_id;
  std::vector<std::string> volumes;
};
BOOST_DESCRIBE_STRUCT(ReleaseVolumes, (), (server_id, volumes))

// cast to "conductor": these were to leave the server, and stay after all.
struct KeepVolumes {
  static constexpr std::string_view kType = "KeepVolumes";
  static constexpr int kVersion = 1;
  std::vector<std::string> volumes;
};
BOOST_DESCRIBE_STRUCT(KeepVolumes, (), (volumes))

// The heartbeat of a compute service, every 10 s, with what the host has.
struct ReportHost {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "ReportHost";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = platform::Senders::compute_hosts;
  std::string host;
  std::string hypervisor_type;  // "QEMU", "fake"
  int64_t hypervisor_version = 0;
  std::string hypervisor_hostname;
  std::string host_ip;
  std::string cpu_info;  // JSON text
  int64_t vcpus = 0;
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;
  int64_t free_disk_gib = 0;
  int64_t running_guests = 0;
  std::string virt_type;  // "kvm" or "qemu"
  std::string problem;    // why it can run no guests, for operators; empty: it can
  bool operator==(const ReportHost&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReportHost, (),
                      (host, hypervisor_type, hypervisor_version, hypervisor_hostname, host_ip,
                       cpu_info, vcpus, memory_mib, disk_gib, free_disk_gib, running_guests,
                       virt_type, problem))

}  // namespace nova
