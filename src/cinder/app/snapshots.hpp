// What users do with snapshots.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/snapshots.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

struct SnapshotWish {
  std::string volume_id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::map<std::string, std::string> metadata;
  bool force = false;             // also of a volume that is in use
  std::string group_snapshot_id;  // that it is a part of; empty: none
};
// As it is when its creation has begun. Throws Error(bad_request | not_found | too_large).
[[nodiscard]] store::SnapshotRow create_snapshot(App& app, const openstack::Context& context,
                                                 const SnapshotWish& wish);

// The same within the caller's transaction, of a volume that allows it, for a group snapshot.
void create_snapshot_for_group(platform::Session& session, const App& app,
                               const openstack::Context& context, const SnapshotWish& wish,
                               const store::VolumeRow& volume);

// Throws Error(not_found) also for one of another project.
[[nodiscard]] store::SnapshotRow get_snapshot(platform::Session& session,
                                              const openstack::Context& context,
                                              const std::string& id);
[[nodiscard]] store::SnapshotRow get_snapshot(App& app, const openstack::Context& context,
                                              const std::string& id);
// Changes it in one transaction; gives it as it is then.
store::SnapshotRow update_snapshot(App& app, const openstack::Context& context,
                                   const std::string& id,
                                   const std::function<void(store::SnapshotRow&)>& change);
// Begins its deletion. Throws Error(bad_request) unless its status allows it or it is forced.
void delete_snapshot(App& app, const openstack::Context& context, const std::string& id,
                     bool force = false);
// Ends what is in progress, and says that it is in that status.
void reset_snapshot_status(App& app, const openstack::Context& context, const std::string& id,
                           const std::string& status);

// What somebody else who makes or deletes it says of how far that is: only from "creating" and
// "deleting" to what follows on them. Throws Error(bad_request). `progress`: "80%", or empty.
void report_snapshot_status(App& app, const openstack::Context& context, const std::string& id,
                            const std::string& status, const std::string& progress);

}  // namespace cinder::app
