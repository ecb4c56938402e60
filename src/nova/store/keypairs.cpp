#include "nova/store/keypairs.hpp"

#include "nova/store/counters.hpp"

namespace nova::store {

using platform::Session;

std::optional<KeypairRow> find_keypair(Session& session, const std::string& user_id,
                                       const std::string& name) {
  return platform::find<KeypairRow>(session, "WHERE user_id=? AND name=?", {user_id, name});
}

std::vector<KeypairRow> list_keypairs(Session& session, const std::string& user_id,
                                      const std::string& marker, int64_t limit) {
  return platform::select<KeypairRow>(session, "WHERE user_id=? AND name>? ORDER BY name LIMIT ?",
                                      {user_id, marker, limit});
}

int64_t count_keypairs(Session& session, const std::string& user_id) {
  return platform::number(session, "SELECT COUNT(*) FROM keypairs WHERE user_id=?", {user_id});
}

void create_keypair(Session& session, KeypairRow& row) {
  row.number = take_numbers(session, "keypairs");
  platform::insert(session, row);
}

bool delete_keypair(Session& session, const std::string& user_id, const std::string& name) {
  return session.change("DELETE FROM keypairs WHERE user_id=? AND name=?", {user_id, name}) > 0;
}

}  // namespace nova::store
