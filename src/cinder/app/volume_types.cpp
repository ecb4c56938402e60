#include "cinder/app/volume_types.hpp"

#include "base/ids.hpp"
#include "cinder/store/encryptions.hpp"
#include "cinder/store/groups.hpp"
#include "cinder/store/volumes.hpp"

namespace cinder::app {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;
using store::VolumeTypeRow;

[[noreturn]] void refuse_missing_type(const std::string& id_or_name) {
  const bool is_id = base::is_uuid(id_or_name);
  throw Error(ErrorKind::not_found, std::string("Volume type ") + (is_id ? "" : "with name ") +
                                        id_or_name + " could not be found.");
}

void refuse_taken_type_name(Session& session, const VolumeTypeRow& type) {
  const auto other = platform::find<VolumeTypeRow>(session, "WHERE name=?", {type.name});
  if (other && other->id != type.id)
    throw Error(ErrorKind::conflict, "Volume Type " + type.name + " already exists.");
}

bool may_use(Session& session, const openstack::Context& context, const VolumeTypeRow& type) {
  return type.is_public || context.is_admin() ||
         store::has_access(session, type.id, context.project_id());
}

}  // namespace

void ensure_default_type(App& app) {
  VolumeTypeRow type;
  type.id = app.uuid();
  type.name = app.settings.default_volume_type;
  type.description = "Default Volume Type";
  type.created_at = app.now();
  const auto is_there = [&](Session& session) {
    return store::find_volume_type(session, type.name).has_value();
  };
  if (app.database.read(is_there)) return;
  app.database.write("type.default", [&](Session& session) {
    if (!is_there(session)) platform::insert(session, type);
  });
}

VolumeTypeRow get_volume_type(Session& session, const openstack::Context& context,
                              const std::string& id_or_name) {
  auto type = store::find_volume_type(session, id_or_name);
  if (!type || !may_use(session, context, *type)) refuse_missing_type(id_or_name);
  return *std::move(type);
}

void create_volume_type(App& app, const VolumeTypeRow& type) {
  app.database.write("type.create", [&](Session& session) {
    refuse_taken_type_name(session, type);
    platform::insert(session, type);
  });
}

VolumeTypeRow update_volume_type(App& app, const openstack::Context& context, const std::string& id,
                                 const std::function<void(VolumeTypeRow&)>& change) {
  const base::TimePoint now = app.now();
  return app.database.write("type.update", [&](Session& session) {
    VolumeTypeRow type = get_volume_type(session, context, id);
    change(type);
    type.updated_at = now;
    refuse_taken_type_name(session, type);
    platform::update(session, type);
    return type;
  });
}

void refuse_encrypted(Session& session, const std::string& volume_type_id) {
  if (store::find_encryption(session, volume_type_id))
    throw Error(ErrorKind::not_implemented,
                "Volume type " + volume_type_id +
                    " asks for encrypted volumes, which this cloud does not make.");
}

void delete_volume_type(App& app, const std::string& id) {
  app.database.write("type.delete", [&](Session& session) {
    const auto type = platform::find<VolumeTypeRow>(session, "WHERE id=?", {id});
    if (!type) refuse_missing_type(id);
    if (type->name == app.settings.default_volume_type)
      throw Error(ErrorKind::bad_request,
                  "The volume type " + id + " is the default type and can not be deleted.");
    if (store::is_type_in_use(session, id) || store::is_type_of_a_group(session, id))
      throw Error(ErrorKind::bad_request, "Target volume type is still in use.");
    store::delete_encryption(session, id);
    store::delete_volume_type(session, id);
  });
}

}  // namespace cinder::app
