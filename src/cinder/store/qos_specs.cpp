#include "cinder/store/qos_specs.hpp"

namespace cinder::store {

using platform::Session;

std::optional<QosSpecsRow> find_qos_specs(Session& session, const std::string& id) {
  return platform::find<QosSpecsRow>(session, "WHERE id=?", {id});
}

std::vector<VolumeTypeRow> list_types_of_qos_specs(Session& session, const std::string& id) {
  return platform::select<VolumeTypeRow>(session, "WHERE qos_specs_id=?", {id});
}

void disassociate_all(Session& session, const std::string& id) {
  session.execute("UPDATE volume_types SET qos_specs_id='' WHERE qos_specs_id=?", {id});
}

void delete_qos_specs(Session& session, const std::string& id) {
  session.execute("DELETE FROM qos_specs WHERE id=?", {id});
}

}  // namespace cinder::store
