#include "cinder/app/qos_specs.hpp"

#include <fmt/format.h>

#include "cinder/app/volume_types.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {

using base::Error;
using base::ErrorKind;
using platform::Session;
using store::QosSpecsRow;

void create_qos_specs(App& app, const QosSpecsRow& specs) {
  const bool made = app.database.write(
      "qos.create", [&](Session& session) { return platform::insert_if_absent(session, specs); });
  if (!made) openstack::conflict("QoS Specs " + specs.name + " already exists.");
}

QosSpecsRow get_qos_specs(Session& session, const std::string& id) {
  auto specs = store::find_qos_specs(session, id);
  if (!specs) throw Error(ErrorKind::not_found, "No such QoS spec " + id + ".");
  return *std::move(specs);
}

void update_qos_specs(App& app, const std::string& id,
                      const std::function<void(QosSpecsRow&)>& change) {
  const base::TimePoint now = app.now();
  app.database.write("qos.update", [&](Session& session) {
    QosSpecsRow specs = get_qos_specs(session, id);
    change(specs);
    specs.updated_at = now;
    platform::update(session, specs);
  });
}

void delete_qos_specs(App& app, const std::string& id, Associations associations) {
  app.database.write("qos.delete", [&](Session& session) {
    static_cast<void>(get_qos_specs(session, id));
    if (associations == Associations::forbid &&
        !store::list_types_of_qos_specs(session, id).empty())
      openstack::bad_request("Qos specs still in use.");
    store::disassociate_all(session, id);
    store::delete_qos_specs(session, id);
  });
}

void associate_qos_specs(App& app, const openstack::Context& context, const std::string& id,
                         const std::string& volume_type_id) {
  app.database.write("qos.associate", [&](Session& session) {
    static_cast<void>(get_qos_specs(session, id));
    auto type = get_volume_type(session, context, volume_type_id);
    if (!type.qos_specs_id.empty() && type.qos_specs_id != id)
      openstack::bad_request(
          fmt::format("Invalid volume type: Type {} is already associated with another qos specs: "
                      "{}",
                      volume_type_id, type.qos_specs_id));
    type.qos_specs_id = id;
    platform::update(session, type);
  });
}

void disassociate_qos_specs(App& app, const openstack::Context& context, const std::string& id,
                            const std::string& volume_type_id) {
  app.database.write("qos.disassociate", [&](Session& session) {
    static_cast<void>(get_qos_specs(session, id));
    auto type = get_volume_type(session, context, volume_type_id);
    if (type.qos_specs_id != id) return;
    type.qos_specs_id.clear();
    platform::update(session, type);
  });
}

void disassociate_all_types(App& app, const std::string& id) {
  app.database.write("qos.disassociate_all", [&](Session& session) {
    static_cast<void>(get_qos_specs(session, id));
    store::disassociate_all(session, id);
  });
}

}  // namespace cinder::app
