// Volumes that get another content: that of their latest snapshot, or of an image.
#pragma once

#include <string>

#include "cinder/app/app.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// The volume is "reverting" and its snapshot "restoring" until both are "available" again. Throws
// Error(bad_request) unless that is its latest snapshot, of the same size, and Error(conflict) if
// the status of one of them does not allow it.
void revert_volume(App& app, const openstack::Context& context, const std::string& id,
                   const std::string& snapshot_id);

enum class Reserved { forbid, allow };
// The volume is "downloading" until it is "available", or "reserved" as before. Throws
// Error(bad_request) if its status does not allow it, or the image can not be its content.
void reimage_volume(App& app, const openstack::Context& context, const std::string& id,
                    const std::string& image_id, Reserved reserved);

}  // namespace cinder::app
