// Volumes as rows. A volume that is deleted leaves none.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/paging.hpp"
#include "platform/database/rows.hpp"

namespace cinder::store {

// Columns that hold JSON text say so; an empty text means none.
struct VolumeRow {
  static constexpr std::string_view kTable = "volumes";
  std::string id;
  std::string project_id;
  std::string user_id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  int64_t size_gib = 0;
  int64_t claimed_gib = 0;  // of its pool and quota: more than its size while it is extended
  std::string status;
  std::string previous_status;  // before the operation in progress
  std::string volume_type_id;
  std::string availability_zone;
  std::string pool;  // "host@backend#pool"; empty: none was chosen yet
  bool bootable = false;
  std::string readonly;  // "True", "False"; empty: nobody has said so
  bool multiattach = false;
  std::string metadata = "{}";         // JSON
  std::string image_metadata = "{}";   // JSON: of the image that it was made from
  std::string snapshot_id;             // that it was made from
  std::string source_volume_id;        // that it was made from
  std::string image_id;                // that it was made from
  std::string scheduler_hints = "{}";  // JSON
  std::string tried_pools = "[]";      // JSON: that failed to make it
  std::string attachments = "[]";      // JSON: those that are attached, as the API shows them
  std::string operation_id;            // of the operation in progress
  std::string task_owner;              // the topic of who has to go on
  // When the owner counts as failed; 0 in the epoch: nothing is in progress.
  base::TimePoint task_deadline{};
  int64_t attempts = 0;  // how often the operation was given to an owner
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
  std::optional<base::TimePoint> launched_at;
  std::string migration_status;  // "migrating", or how the last one ended; empty: there was none
  std::string group_id;          // empty: it is in none
};
BOOST_DESCRIBE_STRUCT(VolumeRow, (),
                      (id, project_id, user_id, name, description, size_gib, claimed_gib, status,
                       previous_status, volume_type_id, availability_zone, pool, bootable, readonly,
                       multiattach, metadata, image_metadata, snapshot_id, source_volume_id,
                       image_id, scheduler_hints, tried_pools, attachments, operation_id,
                       task_owner, task_deadline, attempts, created_at, updated_at, launched_at,
                       migration_status, group_id))

[[nodiscard]] std::optional<VolumeRow> find_volume(platform::Session& session,
                                                   const std::string& id);
// None also if it is in another operation.
[[nodiscard]] std::optional<VolumeRow> find_volume_in_operation(platform::Session& session,
                                                                const std::string& id,
                                                                const std::string& operation_id);
// Those whose operation is this owner's.
[[nodiscard]] std::vector<VolumeRow> list_volumes_of_owner(platform::Session& session,
                                                           const std::string& owner);
[[nodiscard]] std::vector<VolumeRow> list_volumes_of_group(platform::Session& session,
                                                           const std::string& group_id);
// Ids of all volumes of a pool.
[[nodiscard]] std::vector<std::string> list_volume_ids_in_pool(platform::Session& session,
                                                               const std::string& pool);
// Id -> GiB of all volumes of a pool.
[[nodiscard]] std::map<std::string, int64_t> volume_sizes_in_pool(platform::Session& session,
                                                                  const std::string& pool);
[[nodiscard]] bool is_type_in_use(platform::Session& session, const std::string& volume_type_id);

void delete_volume(platform::Session& session, const std::string& id);

}  // namespace cinder::store
