// Servers as rows. Nova's database calls them instances, its API servers.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nova/messages.hpp"
#include "openstack/paging.hpp"
#include "platform/database/rows.hpp"

namespace nova::store {

// What a list shows of a server. Columns that hold JSON text say so; an empty text means none.
struct InstanceRow {
  static constexpr std::string_view kTable = "instances";
  std::string id;
  int64_t number = 0;  // "instance-0000001f"
  std::string project_id;
  std::string user_id;
  std::string name;
  std::optional<std::string> description;
  std::string hostname;
  std::string reservation_id;
  int64_t launch_index = 0;
  std::string image_id;
  std::string flavor_id;
  std::string flavor;  // JSON: the flavor as it was at creation (FlavorRow's API form)
  int64_t vcpus = 0;
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;  // what is claimed: root and ephemeral disk and swap
  std::optional<std::string> key_name;
  std::string metadata = "{}";  // JSON
  std::string tags = "[]";      // JSON, sorted
  std::string host;
  std::string node;
  std::string availability_zone;
  std::string vm_state;
  std::string task_state;
  int64_t power_state = 0;
  std::string operation_id;  // of the operation in progress
  std::string task_owner;    // the role or host that has to go on
  // When the owner counts as failed; 0 in the epoch: nothing is in progress.
  base::TimePoint task_deadline{};
  int64_t attempts = 0;  // how often the operation was given to an owner
  bool config_drive = false;
  std::string access_ipv4;
  std::string access_ipv6;
  std::string disk_config = "MANUAL";
  std::string locked_by;  // "owner", "admin"
  std::optional<std::string> locked_reason;
  int64_t fault_code = 0;
  std::string fault_message;
  std::optional<base::TimePoint> fault_at;
  std::string ports = "[]";            // JSON: vector<clients::Port>
  std::string volumes = "[]";          // JSON: vector<ServerVolume>
  std::string local_disks = "[]";      // JSON: vector<LocalDisk>
  std::string network_names = "{}";    // JSON: network id -> name
  std::string security_groups = "[]";  // JSON: names
  std::string server_group_id;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
  std::optional<base::TimePoint> launched_at;
  std::optional<base::TimePoint> terminated_at;
  bool deleted = false;
};
BOOST_DESCRIBE_STRUCT(InstanceRow, (),
                      (id, number, project_id, user_id, name, description, hostname, reservation_id,
                       launch_index, image_id, flavor_id, flavor, vcpus, memory_mib, disk_gib,
                       key_name, metadata, tags, host, node, availability_zone, vm_state,
                       task_state, power_state, operation_id, task_owner, task_deadline, attempts,
                       config_drive, access_ipv4, access_ipv6, disk_config, locked_by,
                       locked_reason, fault_code, fault_message, fault_at, ports, volumes,
                       local_disks, network_names, security_groups, server_group_id, created_at,
                       updated_at, launched_at, terminated_at, deleted))

// What only building, scheduling and the metadata service need.
struct InstanceSystemRow {
  static constexpr std::string_view kTable = "instance_system";
  std::string instance_id;
  std::string public_key;
  std::string user_data;  // base64
  std::string admin_password;
  std::string networks = "[]";          // JSON: vector<RequestedNetwork>
  std::string security_groups = "[]";   // JSON: ids
  std::string scheduler_hints = "{}";   // JSON
  std::string image_properties = "{}";  // JSON: those that are inherited
  std::string requested_zone;
  std::string requested_host;
  std::string tried_hosts = "[]";  // JSON: hosts that failed to build it
};
BOOST_DESCRIBE_STRUCT(InstanceSystemRow, (),
                      (instance_id, public_key, user_data, admin_password, networks,
                       security_groups, scheduler_hints, image_properties, requested_zone,
                       requested_host, tried_hosts))

struct BlockDeviceRow {
  static constexpr std::string_view kTable = "block_devices";
  std::string id;
  std::string instance_id;
  int64_t boot_index = 0;
  std::string source_type;
  std::string destination_type;
  std::string image_id;
  int64_t size_gib = 0;
  std::string device_name;
  bool delete_on_termination = true;
};
BOOST_DESCRIBE_STRUCT(BlockDeviceRow, (),
                      (id, instance_id, boot_index, source_type, destination_type, image_id,
                       size_gib, device_name, delete_on_termination))

// The server unless it is deleted.
[[nodiscard]] std::optional<InstanceRow> find_instance(platform::Session& session,
                                                       const std::string& id);
// Also a deleted one.
[[nodiscard]] std::optional<InstanceRow> find_any_instance(platform::Session& session,
                                                           const std::string& id);
[[nodiscard]] std::optional<InstanceRow> find_instance_in_operation(
    platform::Session& session, const std::string& id, const std::string& operation_id);
[[nodiscard]] InstanceSystemRow get_instance_system(platform::Session& session,
                                                    const std::string& instance_id);

// A server with its system data.
struct WholeServer {
  InstanceRow server;
  InstanceSystemRow system;
};
[[nodiscard]] std::optional<WholeServer> find_whole(platform::Session& session,
                                                    const std::string& id);
[[nodiscard]] std::optional<WholeServer> find_whole_in_operation(platform::Session& session,
                                                                 const std::string& id,
                                                                 const std::string& operation_id);

// Where one list query looks. Text with placeholders comes from a bounded set.
struct InstanceQuery {
  std::string where = "deleted=0";
  platform::SqlValues values;
  openstack::Page page;
};
// Calls `each` per row. Throws Error(bad_request) "marker [X] not found" for an unknown marker.
void each_instance(platform::Session& session, const InstanceQuery& query,
                   const std::function<void(const platform::SqlRow&)>& each);
// Server id -> user data, of those that have some. A query per 50 servers.
[[nodiscard]] std::map<std::string, std::string> user_data_of(platform::Session& session,
                                                              std::span<const InstanceRow> servers);
void remove_instance_rows(platform::Session& session, const std::string& id);

// All that compute hosts and the metadata service know of it.
[[nodiscard]] ServerDescription describe(platform::Session& session, const InstanceRow& row);
[[nodiscard]] ServerDescription describe(const WholeServer& whole);

// What an operation in progress writes. CAS: the server must still be in `expected_operation`.
struct TaskChange {
  std::string vm_state;
  std::string task_state;
  std::string operation_id;
  std::string task_owner;
  base::TimePoint task_deadline{};
  int64_t attempts = 0;
};
// False: somebody else was faster.
[[nodiscard]] bool change_task(platform::Session& session, const std::string& id,
                               const std::string& expected_operation, const TaskChange& change,
                               base::TimePoint now);
// Marks it deleted, gives its claim back and forgets its saga. CAS as above.
[[nodiscard]] bool mark_deleted(platform::Session& session, const std::string& id,
                                const std::string& expected_operation, base::TimePoint now);

[[nodiscard]] std::string instance_name(int64_t number);

}  // namespace nova::store
