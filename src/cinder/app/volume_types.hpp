// Volume types: what kind of storage users may ask for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cinder/app/app.hpp"
#include "cinder/store/volume_types.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// The type of volumes that name none is there from the first start on.
void ensure_default_type(App& app);

// Throws Error(not_found) also for a private type of others.
[[nodiscard]] store::VolumeTypeRow get_volume_type(platform::Session& session,
                                                   const openstack::Context& context,
                                                   const std::string& id_or_name);
// Throws Error(conflict) if the name is taken.
void create_volume_type(App& app, const store::VolumeTypeRow& type);
// Changes it in one transaction; gives it as it is then. Throws as both above.
store::VolumeTypeRow update_volume_type(App& app, const openstack::Context& context,
                                        const std::string& id,
                                        const std::function<void(store::VolumeTypeRow&)>& change);
// Throws Error(not_implemented) for a type whose volumes would have to be encrypted.
void refuse_encrypted(platform::Session& session, const std::string& volume_type_id);
// Throws Error(bad_request) if volumes or groups have it, or if it is the default.
void delete_volume_type(App& app, const std::string& id);

}  // namespace cinder::app
