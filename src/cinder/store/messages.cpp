#include "cinder/store/messages.hpp"

namespace cinder::store {

using platform::Session;

std::optional<MessageRow> find_message(Session& session, const std::string& id) {
  return platform::find<MessageRow>(session, "WHERE id=?", {id});
}

void delete_message(Session& session, const std::string& id) {
  session.execute("DELETE FROM messages WHERE id=?", {id});
}

void delete_expired_messages(Session& session, base::TimePoint now) {
  session.execute("DELETE FROM messages WHERE expires_at<?", {now});
}

}  // namespace cinder::store
