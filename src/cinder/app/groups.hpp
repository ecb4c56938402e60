// Groups of volumes: all in one pool, and snapshots of them together.
// https://docs.openstack.org/api-ref/block-storage/v3/#generic-volume-groups-groups
//
//   creating --a pool for it--> available --all volumes deleted--> (deleting) --> gone
//
// One that is made of others is "creating" until its volumes are there. It is "error" when a volume
// could not be made or deleted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cinder/app/app.hpp"
#include "cinder/store/groups.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

struct GroupWish {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::string group_type;                 // id or name
  std::vector<std::string> volume_types;  // ids or names
  std::string availability_zone;
};
// As it is when its creation has begun. Throws Error(bad_request | not_found | too_large).
[[nodiscard]] store::GroupRow create_group(App& app, const openstack::Context& context,
                                           const GroupWish& wish);

// One of both ids is there.
struct GroupCopyWish {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::string group_snapshot_id;
  std::string source_group_id;
};
// A volume for each one of the source's, all or nothing. Throws as above.
[[nodiscard]] store::GroupRow create_group_from_source(App& app, const openstack::Context& context,
                                                       const GroupCopyWish& wish);

// Throws Error(not_found) also for one of another project.
[[nodiscard]] store::GroupRow get_group(platform::Session& session,
                                        const openstack::Context& context, const std::string& id);
[[nodiscard]] store::GroupRow get_group(App& app, const openstack::Context& context,
                                        const std::string& id);

struct GroupChange {
  std::optional<std::string> name;  // absent: stays
  std::optional<std::string> description;
  std::vector<std::string> add_volumes;
  std::vector<std::string> remove_volumes;
};
// All of it or nothing. Throws Error(bad_request) also if nothing is asked for.
void update_group(App& app, const openstack::Context& context, const std::string& id,
                  const GroupChange& change);

enum class Volumes { keep, delete_too };
// Begins its deletion. Throws Error(bad_request) if its status, snapshots or attachments do not
// allow it, or it has volumes that are not to go.
void delete_group(App& app, const openstack::Context& context, const std::string& id,
                  Volumes volumes);

// Says that it is in that status; what its volumes come to counts no longer.
void reset_group_status(App& app, const openstack::Context& context, const std::string& id,
                        const std::string& status);

}  // namespace cinder::app
