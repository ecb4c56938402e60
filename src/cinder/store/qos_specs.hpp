// What volume types promise of speed, and who keeps it: the hypervisor ("front-end"), the back end,
// or both. A type names its QoS specs in VolumeTypeRow::qos_specs_id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cinder/store/volume_types.hpp"
#include "platform/database/rows.hpp"

namespace cinder::store {

struct QosSpecsRow {
  static constexpr std::string_view kTable = "qos_specs";
  std::string id;
  std::string name;
  std::string consumer = "back-end";
  std::string specs = "{}";  // JSON: text -> text
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(QosSpecsRow, (), (id, name, consumer, specs, created_at, updated_at))

[[nodiscard]] std::optional<QosSpecsRow> find_qos_specs(platform::Session& session,
                                                        const std::string& id);
[[nodiscard]] std::vector<VolumeTypeRow> list_types_of_qos_specs(platform::Session& session,
                                                                 const std::string& id);
// No type has them any longer.
void disassociate_all(platform::Session& session, const std::string& id);
void delete_qos_specs(platform::Session& session, const std::string& id);

}  // namespace cinder::store
