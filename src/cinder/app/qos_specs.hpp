// QoS specs, and the volume types that have them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cinder/app/app.hpp"
#include "cinder/store/qos_specs.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// Throws Error(conflict) if the name is taken.
void create_qos_specs(App& app, const store::QosSpecsRow& specs);
// Throws Error(not_found).
[[nodiscard]] store::QosSpecsRow get_qos_specs(platform::Session& session, const std::string& id);
// Changes them in one transaction.
void update_qos_specs(App& app, const std::string& id,
                      const std::function<void(store::QosSpecsRow&)>& change);
enum class Associations { forbid, end };
// Throws Error(bad_request) if types have them and that is not to be ended.
void delete_qos_specs(App& app, const std::string& id, Associations associations);

// Throws Error(bad_request) if the type has others.
void associate_qos_specs(App& app, const openstack::Context& context, const std::string& id,
                         const std::string& volume_type_id);
// Nothing if the type does not have them.
void disassociate_qos_specs(App& app, const openstack::Context& context, const std::string& id,
                            const std::string& volume_type_id);
void disassociate_all_types(App& app, const std::string& id);

// What of them the hypervisor of a volume of that size has to keep, null if that is nothing; what
// is promised per GiB is multiplied. Throws Error(bad_request) for a promise that is no number.
// https://docs.openstack.org/cinder/latest/admin/capacity-based-qos.html
[[nodiscard]] base::Json get_front_end_specs(const store::QosSpecsRow& specs, int64_t size_gib);

}  // namespace cinder::app
