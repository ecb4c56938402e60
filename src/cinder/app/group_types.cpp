#include "cinder/app/group_types.hpp"

#include "base/ids.hpp"
#include "cinder/store/groups.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using platform::Session;
using store::GroupTypeRow;

GroupTypeRow get_type_of_groups(Session& session, const std::string& id) {
  auto type = store::find_group_type(session, id);
  if (!type) openstack::not_found("Group type " + id + " could not be found.");
  return *std::move(type);
}

void refuse_taken_name(const std::string& name) {
  openstack::conflict("Group Type " + name + " already exists.");
}

}  // namespace

void create_group_type(App& app, const GroupTypeRow& type) {
  const bool made = app.database.write("group_type.create", [&](Session& session) {
    return platform::insert_if_absent(session, type);
  });
  if (!made) refuse_taken_name(type.name);
}

GroupTypeRow get_group_type(App& app, const std::string& id) {
  return app.database.read([&](Session& session) { return get_type_of_groups(session, id); });
}

GroupTypeRow get_group_type(Session& session, const std::string& id_or_name) {
  if (base::is_uuid_like(id_or_name)) return get_type_of_groups(session, id_or_name);
  auto type = store::find_group_type_of_name(session, id_or_name);
  if (!type) openstack::not_found("Group type with name " + id_or_name + " could not be found.");
  return *std::move(type);
}

GroupTypeRow update_group_type(App& app, const std::string& id,
                               const std::function<void(GroupTypeRow&)>& change) {
  const base::TimePoint now = app.now();
  return app.database.write("group_type.update", [&](Session& session) {
    GroupTypeRow type = get_type_of_groups(session, id);
    change(type);
    type.updated_at = now;
    const auto other = store::find_group_type_of_name(session, type.name);
    if (other && other->id != type.id) refuse_taken_name(type.name);
    platform::update(session, type);
    return type;
  });
}

void delete_group_type(App& app, const std::string& id) {
  app.database.write("group_type.delete", [&](Session& session) {
    static_cast<void>(get_type_of_groups(session, id));
    if (store::is_group_type_in_use(session, id))
      openstack::bad_request("Target group type is still in use. Group Type " + id +
                             " deletion is not allowed with groups present with the type.");
    store::delete_group_type(session, id);
  });
}

}  // namespace cinder::app
