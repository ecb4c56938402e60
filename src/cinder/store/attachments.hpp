// Attachments as rows: who uses a volume, and how. One that has ended leaves none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct AttachmentRow {
  static constexpr std::string_view kTable = "attachments";
  std::string id;
  std::string volume_id;
  std::string project_id;  // the volume's
  std::string server_id;   // empty: a host uses it itself
  // "reserved": nobody can reach the volume by it yet; "attaching": its connector may; "attached":
  // and says that it does; "detaching": the back end is cutting it off.
  std::string status;
  std::string mode = "rw";  // or "ro"
  std::string mountpoint;
  std::string host;                    // the connector's
  bool made_by_nova = false;           // only Nova may end it
  std::string connector = "{}";        // JSON: of the host that reaches for the volume
  std::string connection_info = "{}";  // JSON: how it gets there, with what signs it in
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
  std::optional<base::TimePoint> attached_at;
};
BOOST_DESCRIBE_STRUCT(AttachmentRow, (),
                      (id, volume_id, project_id, server_id, status, mode, mountpoint, host,
                       made_by_nova, connector, connection_info, created_at, updated_at,
                       attached_at))

// Its connector may reach the volume.
[[nodiscard]] bool is_connected(const AttachmentRow& attachment);

[[nodiscard]] std::optional<AttachmentRow> find_attachment(platform::Session& session,
                                                           const std::string& id);
[[nodiscard]] std::vector<AttachmentRow> list_attachments_of_volume(platform::Session& session,
                                                                    const std::string& volume_id);
// Those of the volumes of a pool.
[[nodiscard]] std::vector<AttachmentRow> list_attachments_in_pool(platform::Session& session,
                                                                  const std::string& pool);
[[nodiscard]] bool has_attachments(platform::Session& session, const std::string& volume_id);
// Whether one of them is connected, or still being cut off.
[[nodiscard]] bool is_within_reach(platform::Session& session, const std::string& volume_id);
void delete_attachment(platform::Session& session, const std::string& id);

}  // namespace cinder::store
