// The volumes of servers as rows. One that was detached leaves none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nova/messages.hpp"
#include "platform/database/rows.hpp"

namespace nova::store {

struct ServerVolumeRow {
  static constexpr std::string_view kTable = "server_volumes";
  std::string id;
  std::string server_id;
  std::string volume_id;
  std::string device_name;
  int64_t boot_index = -1;  // 0: the server boots from it
  bool delete_on_termination = false;
  std::string tag;
  std::string state;         // "attaching", "detaching", "swapping"; empty: it is the server's
  std::string operation_id;  // of that
  // When the host counts as failed; 0 in the epoch: nothing is in progress.
  base::TimePoint task_deadline{};
  int64_t attempts = 0;  // how often the host was asked
  base::TimePoint created_at{};
  std::string new_volume_id;  // while it is "swapping": what takes its place
};
BOOST_DESCRIBE_STRUCT(ServerVolumeRow, (),
                      (id, server_id, volume_id, device_name, boot_index, delete_on_termination,
                       tag, state, operation_id, task_deadline, attempts, created_at,
                       new_volume_id))

// In the order in which they came.
[[nodiscard]] std::vector<ServerVolumeRow> list_server_volumes(platform::Session& session,
                                                               const std::string& server_id);
[[nodiscard]] std::optional<ServerVolumeRow> find_server_volume(platform::Session& session,
                                                                const std::string& server_id,
                                                                const std::string& volume_id);
// None also if it is in another operation.
[[nodiscard]] std::optional<ServerVolumeRow> find_server_volume_in_operation(
    platform::Session& session, const std::string& id, const std::string& operation_id);
[[nodiscard]] std::vector<ServerVolumeRow> list_overdue_server_volumes(platform::Session& session,
                                                                       base::TimePoint now,
                                                                       int64_t limit);
void delete_server_volume(platform::Session& session, const std::string& id);
// Its operation has ended, and it is the server's.
void settle_server_volume(platform::Session& session, const std::string& id);
// Whether it is the server's, and in no operation.
[[nodiscard]] bool is_settled(platform::Session& session, const std::string& server_id,
                              const std::string& id);
// Another volume has taken its place.
void exchange_server_volume(platform::Session& session, const ServerVolumeRow& volume);
// Whether the server has the volume, or is about to have it.
[[nodiscard]] bool has_server_volume(platform::Session& session, const std::string& server_id,
                                     const std::string& volume_id);
// What the server's own row tells of its volumes follows these. Within the transaction that changed
// one of them.
void follow_server_volumes(platform::Session& session, const std::string& server_id);

[[nodiscard]] std::string to_text(const std::vector<ServerVolumeRow>& volumes);

}  // namespace nova::store
