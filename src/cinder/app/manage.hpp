// What lies in a back end and is not Cinder's becomes a volume or snapshot, and the other way
// round.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/snapshots.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

struct ManageWish {
  std::string source_name;
  std::string host;       // of a volume: a pool's name
  std::string volume_id;  // of a snapshot
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::map<std::string, std::string> metadata;
  std::string volume_type;  // empty: the default
  std::string availability_zone;
  bool bootable = false;
};
// "managing", until its back end has found it: "available" then, or "error_managing". Throws
// Error(bad_request | not_found | too_large).
[[nodiscard]] store::VolumeRow manage_volume(App& app, const openstack::Context& context,
                                             const ManageWish& wish);
[[nodiscard]] store::SnapshotRow manage_snapshot(App& app, const openstack::Context& context,
                                                 const ManageWish& wish);

// What lies in the storage of `host` ("host@backend", with or without "#pool"), as it says itself.
// Throws Error(not_found) if there is none of that name, Error(bad_request) if it does not work
// now.
[[nodiscard]] ManageableItems list_manageable(App& app, const openstack::Context& context,
                                              const std::string& host, const ListManageable& page);

// "unmanaging", and then gone; its content stays. Throws Error(bad_request).
void unmanage_volume(App& app, const openstack::Context& context, const std::string& id);
void unmanage_snapshot(App& app, const openstack::Context& context, const std::string& id);

}  // namespace cinder::app
