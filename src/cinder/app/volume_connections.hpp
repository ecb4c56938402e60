// The older way to use a volume, by actions on it: reserve, initialize a connection, attach, begin
// detaching, terminate the connection, detach. The same attachments are behind it.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-actions-volumes-action
#pragma once

#include <string>

#include "cinder/app/attachments.hpp"

namespace cinder::app {

// "available" -> "attaching" and back. Throws Error(bad_request) from another status.
void reserve_volume(App& app, const openstack::Context& context, const std::string& id);
void unreserve_volume(App& app, const openstack::Context& context, const std::string& id);

// The connector can reach the volume; gives {"driver_volume_type": ..., "data": {...}}.
[[nodiscard]] base::Json initialize_connection(App& app, const openstack::Context& context,
                                               const std::string& id, const base::Json& connector);
// It can no more.
void terminate_connection(App& app, const openstack::Context& context, const std::string& id,
                          const base::Json& connector);

struct AttachedTo {
  std::string server_id;
  std::string host;
  std::string mountpoint;
  std::string mode;  // "rw", "ro"
};
// It is used so now. Throws Error(bad_request) if its status does not allow it.
void attach_volume(App& app, const openstack::Context& context, const std::string& id,
                   const AttachedTo& wanted);
// It is not any more; `attachment_id` may be empty if there is only one.
void detach_volume(App& app, const openstack::Context& context, const std::string& id,
                   const std::string& attachment_id);
// "in-use" -> "detaching" and back. Throws Error(bad_request) from another status.
void begin_detaching(App& app, const openstack::Context& context, const std::string& id);
void roll_detaching(App& app, const openstack::Context& context, const std::string& id);

}  // namespace cinder::app
