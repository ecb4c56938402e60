#include "cinder/app/qos_specs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "cinder/app/volume_types.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

int64_t number_of(const base::Json& specs, const std::string& key, int64_t fallback) {
  const base::Json* value = base::find(specs, key);
  if (!value) return fallback;
  const auto number = base::parse_integer(base::trim(value->as_string()));
  if (!number)
    openstack::bad_request(fmt::format("Invalid qos specs: {} is no number: {}", key,
                                       std::string_view(value->as_string())));
  return *number;
}

int64_t times(int64_t number, int64_t size_gib) {
  int64_t product = 0;
  return __builtin_mul_overflow(number, size_gib, &product) ? std::numeric_limits<int64_t>::max()
                                                            : product;
}

// The promise of that name is what the size makes of the one per GiB, within its bounds.
void scale(base::JsonObject& specs, const std::string& name, int64_t size_gib) {
  const std::string per_gib = name + "_per_gb";
  if (!specs.contains(per_gib)) return;
  const base::Json before = specs;
  const int64_t scaled = std::max(number_of(before, per_gib + "_min", 0),
                                  times(number_of(before, per_gib, 0), size_gib));
  specs[name] = std::min(scaled, number_of(before, name + "_max", scaled));
  for (const std::string& used : {per_gib, per_gib + "_min", name + "_max"}) specs.erase(used);
}

}  // namespace

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

base::Json get_front_end_specs(const QosSpecsRow& specs, int64_t size_gib) {
  if (specs.consumer == "back-end") return nullptr;
  base::JsonObject kept = base::parse_json(specs.specs).as_object();
  for (const char* name : {"read_iops_sec", "read_bytes_sec", "write_iops_sec", "write_bytes_sec",
                           "total_iops_sec", "total_bytes_sec"})
    scale(kept, name, size_gib);
  return kept;
}

}  // namespace cinder::app
