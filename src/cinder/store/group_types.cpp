#include "cinder/store/group_types.hpp"

namespace cinder::store {

using platform::Session;

std::optional<GroupTypeRow> find_group_type(Session& session, const std::string& id) {
  return platform::find<GroupTypeRow>(session, "WHERE id=?", {id});
}

std::optional<GroupTypeRow> find_group_type_of_name(Session& session, const std::string& name) {
  return platform::find<GroupTypeRow>(session, "WHERE name=?", {name});
}

void delete_group_type(Session& session, const std::string& id) {
  session.execute("DELETE FROM group_types WHERE id=?", {id});
}

}  // namespace cinder::store
