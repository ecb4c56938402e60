// Volumes that go to another pool of the same host, by themselves or with another type.
#pragma once

#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/volume_types.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// Begins the copy: the volume is "maintenance" until it is there. `host` is a pool's name. Throws
// Error(bad_request) if the volume or the pool does not allow it.
void migrate_volume(App& app, const openstack::Context& context, const std::string& id,
                    const std::string& host);

// Begins the copy into a pool that is what the type asks for: the volume is "retyping". Throws
// Error(bad_request) if there is none. `operation_id`: of the message that the caller enqueues.
void begin_retype_elsewhere(platform::Session& session, const App& app, store::VolumeRow volume,
                            const store::VolumeTypeRow& type, const std::string& operation_id,
                            base::TimePoint now);

}  // namespace cinder::app
