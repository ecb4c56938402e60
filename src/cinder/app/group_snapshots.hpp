// Snapshots of groups of volumes: one of each volume, which are deleted together.
// https://docs.openstack.org/api-ref/block-storage/v3/#group-snapshots-group-snapshots
//
// Each is taken by itself, one soon after the other: what is written to several volumes meanwhile
// may be in some and not in others.
#pragma once

#include <optional>
#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/group_snapshots.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

struct GroupSnapshotWish {
  std::string group_id;
  std::optional<std::string> name;
  std::optional<std::string> description;
};
// As it is when its creation has begun: of all volumes of the group or of none. Throws
// Error(bad_request | not_found | too_large).
[[nodiscard]] store::GroupSnapshotRow create_group_snapshot(App& app,
                                                            const openstack::Context& context,
                                                            const GroupSnapshotWish& wish);

// Throws Error(not_found) also for one of another project.
[[nodiscard]] store::GroupSnapshotRow get_group_snapshot(platform::Session& session,
                                                         const openstack::Context& context,
                                                         const std::string& id);
[[nodiscard]] store::GroupSnapshotRow get_group_snapshot(App& app,
                                                         const openstack::Context& context,
                                                         const std::string& id);

// Begins its deletion. Throws Error(bad_request) unless its status allows it and nothing is being
// made from it.
void delete_group_snapshot(App& app, const openstack::Context& context, const std::string& id);

// Says that it is in that status; what its snapshots come to counts no longer.
void reset_group_snapshot_status(App& app, const openstack::Context& context, const std::string& id,
                                 const std::string& status);

}  // namespace cinder::app
