// What users do with volumes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// A volume as it is asked for.
struct VolumeWish {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<int64_t> size_gib;  // absent: of what it is made from
  std::string volume_type;          // id or name; empty: the source's, or the default
  std::string availability_zone;
  std::string snapshot_id;
  std::string source_volume_id;
  std::string image_id;
  std::string group_id;
  std::map<std::string, std::string> metadata;
  base::Json scheduler_hints = base::JsonObject{};
};
// As it is when its creation has begun. Throws Error(bad_request | not_found | too_large).
[[nodiscard]] store::VolumeRow create_volume(App& app, const openstack::Context& context,
                                             const VolumeWish& wish);

// The same within the caller's transaction, for a group that is being made of others.
store::VolumeRow create_copy_for_group(platform::Session& session, App& app,
                                       const openstack::Context& context, const VolumeWish& wish);

// The zone that is wanted, or the other one, or the configured one; empty: none. Throws
// Error(bad_request) for one that does not exist.
[[nodiscard]] std::string zone_of(platform::Session& session, const App& app,
                                  const std::string& wanted, const std::string& otherwise);

// Throws Error(not_found) also for one of another project.
[[nodiscard]] store::VolumeRow get_volume(platform::Session& session,
                                          const openstack::Context& context, const std::string& id);
[[nodiscard]] store::VolumeRow get_volume(App& app, const openstack::Context& context,
                                          const std::string& id);

// Changes it in one transaction; gives it as it is then.
store::VolumeRow update_volume(App& app, const openstack::Context& context, const std::string& id,
                               const std::function<void(store::VolumeRow&)>& change);

enum class Snapshots { forbid, delete_too };
enum class Force { no, yes };  // yes: whatever its status is
// Begins its deletion. Throws Error(bad_request) if its status, or its snapshots, do not allow it.
void delete_volume(App& app, const openstack::Context& context, const std::string& id,
                   Snapshots snapshots = Snapshots::forbid, Force force = Force::no);

// Begins to make it larger. Throws Error(bad_request | too_large).
void extend_volume(App& app, const openstack::Context& context, const std::string& id,
                   int64_t size_gib);

enum class Migration { never, on_demand };
// Gives it another type, where it is, or begins to move it to a pool that is what that type asks
// for. Throws Error(bad_request) if there is none or it is not to move, Error(not_found) without
// the type.
void retype_volume(App& app, const openstack::Context& context, const std::string& id,
                   const std::string& volume_type, Migration migration = Migration::never);

// Ends what is in progress, and says that it is in that status.
void reset_status(App& app, const openstack::Context& context, const std::string& id,
                  const std::string& status);

}  // namespace cinder::app
