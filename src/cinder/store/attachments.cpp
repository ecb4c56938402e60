#include "cinder/store/attachments.hpp"

namespace cinder::store {

using platform::Session;

bool is_connected(const AttachmentRow& attachment) {
  return attachment.status == "attaching" || attachment.status == "attached";
}

std::optional<AttachmentRow> find_attachment(Session& session, const std::string& id) {
  return platform::find<AttachmentRow>(session, "WHERE id=?", {id});
}

std::vector<AttachmentRow> list_attachments_of_volume(Session& session,
                                                      const std::string& volume_id) {
  return platform::select<AttachmentRow>(session, "WHERE volume_id=? ORDER BY created_at, id",
                                         {volume_id});
}

std::vector<AttachmentRow> list_attachments_in_pool(Session& session, const std::string& pool) {
  static const std::string sql = "SELECT " + platform::columns_of<AttachmentRow>("a") +
                                 " FROM volumes v JOIN attachments a ON a.volume_id=v.id "
                                 "WHERE v.pool=?";
  return platform::fetch<AttachmentRow>(session, sql, {pool});
}

bool has_attachments(Session& session, const std::string& volume_id) {
  return platform::number(session, "SELECT COUNT(*) FROM attachments WHERE volume_id=?",
                          {volume_id}) > 0;
}

bool is_within_reach(Session& session, const std::string& volume_id) {
  return platform::number(
             session, "SELECT COUNT(*) FROM attachments WHERE volume_id=? AND status<>'reserved'",
             {volume_id}) > 0;
}

void delete_attachment(Session& session, const std::string& id) {
  session.execute("DELETE FROM attachments WHERE id=?", {id});
}

}  // namespace cinder::store
