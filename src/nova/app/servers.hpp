// What can be done with servers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nova/app/app.hpp"
#include "nova/app/block_devices.hpp"
#include "nova/app/requested_networks.hpp"
#include "nova/store/instances.hpp"

namespace nova::app {

struct NewServer {
  std::string name;
  std::optional<std::string> description;
  std::string image_id;  // empty: `block_devices` say what it boots from
  std::vector<BlockDeviceWish> block_devices;
  std::string flavor_id;
  std::optional<std::string> key_name;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> tags;
  std::string user_data;  // base64
  std::string admin_password;
  bool config_drive = false;
  std::string access_ipv4;
  std::string access_ipv6;
  std::string disk_config = "MANUAL";
  NetworkWish networks;
  std::vector<std::string> security_groups = {"default"};
  base::Json scheduler_hints;  // an object
  std::string zone;            // "zone", "zone:host" (administrators)
  std::string requested_host;  // 2.74
  int64_t min_count = 1;
  int64_t max_count = 1;
};

struct CreatedServers {
  std::vector<std::string> ids;
  std::string reservation_id;
  std::string admin_password;
};

// Checks the request with Glance and Neutron, then writes the servers, their actions and the
// messages to the scheduler in one transaction.
[[nodiscard]] CreatedServers create_servers(App& app, const openstack::Context& context,
                                            const NewServer& wanted);

// The server if it is the project's (or the caller is an administrator) and not deleted. Throws
// Error(not_found) "Instance X could not be found."
[[nodiscard]] store::InstanceRow get_server(platform::Session& session,
                                            const openstack::Context& context,
                                            const std::string& id);
[[nodiscard]] store::InstanceRow get_server(App& app, const openstack::Context& context,
                                            const std::string& id);

// What a rebuild changes besides the disk; absent: as it is.
struct Rebuild {
  std::string image_id;
  std::optional<std::string> name;
  std::optional<std::optional<std::string>> description;
  std::optional<std::map<std::string, std::string>> metadata;
  std::optional<std::string> access_ipv4;
  std::optional<std::string> access_ipv6;
  std::optional<std::string> disk_config;
  std::optional<std::optional<std::string>> key_name;   // null: none
  std::optional<std::optional<std::string>> user_data;  // base64; null: none
  std::string admin_password;
};
// Has the server made anew from an image, on its host and its ports. Throws Error(conflict) if its
// state does not allow it, Error(bad_request) for an image that does not fit.
[[nodiscard]] store::InstanceRow rebuild_server(App& app, const openstack::Context& context,
                                                const std::string& id, const Rebuild& wanted);

// Begins the deletion; a server on no host is gone at once. A deletion in progress goes on.
void delete_server(App& app, const openstack::Context& context, const std::string& id);

// A change of power: from which states it is allowed, and what it is called.
struct PowerAction {
  std::string_view action;      // of the instance action: "stop"
  std::string_view change;      // of ChangePower
  std::string_view task_state;  // while it happens
  std::string_view event;
  std::vector<std::string_view> vm_states;
  std::string_view attempt;  // in the error: "Cannot 'stop' instance ..."
};
enum class Power { start, stop, reboot_soft, reboot_hard, pause, unpause };
// Throws Error(conflict) in Nova's words if the server's state does not allow it.
void change_power(App& app, const openstack::Context& context, const std::string& id, Power power);

void lock_server(App& app, const openstack::Context& context, const std::string& id,
                 const std::optional<std::string>& reason);
void unlock_server(App& app, const openstack::Context& context, const std::string& id);
// "active" or "error": what an administrator says it is.
void reset_state(App& app, const openstack::Context& context, const std::string& id,
                 const std::string& state);
// Last lines of the console. Throws Error(conflict) while it has none.
[[nodiscard]] std::string console_output(App& app, const openstack::Context& context,
                                         const std::string& id, std::optional<int64_t> lines);

// Reads the server, lets `change` alter it and writes it, in one transaction. The change refuses
// by throwing.
store::InstanceRow update_server(App& app, const openstack::Context& context, const std::string& id,
                                 const std::function<void(store::InstanceRow&)>& change);
// Throws Error(conflict) if the server is locked and the caller is no administrator.
void refuse_locked(const store::InstanceRow& server, const openstack::Context& context);

// As Nova makes one up.
[[nodiscard]] std::string generated_password(platform::Random& random);
// Throws Error(conflict): "Cannot 'ATTEMPT' instance ID while it is in ATTRIBUTE STATE".
[[noreturn]] void refuse_state(const std::string& id, std::string_view attempt,
                               std::string_view attribute, std::string_view state);
// Refuses so unless the server is built and nothing is being done with it: its disks stay as they
// are for as long as nobody else begins something.
void require_settled_disks(const store::InstanceRow& server, std::string_view attempt);

// As Nova derives it from the display name (utils.sanitize_hostname).
[[nodiscard]] std::string hostname_of(const std::string& name, const std::string& fallback);

}  // namespace nova::app
