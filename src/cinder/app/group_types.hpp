// Types of groups of volumes.
#pragma once

#include <functional>
#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/group_types.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// Throws Error(conflict) if the name is taken.
void create_group_type(App& app, const store::GroupTypeRow& type);
// Throws Error(not_found). Whoever knows its id may look at a private one, as in Cinder.
[[nodiscard]] store::GroupTypeRow get_group_type(App& app, const std::string& id);
// By id or name.
[[nodiscard]] store::GroupTypeRow get_group_type(platform::Session& session,
                                                 const std::string& id_or_name);
// Changes it in one transaction; gives it as it is then. Throws as above.
store::GroupTypeRow update_group_type(App& app, const std::string& id,
                                      const std::function<void(store::GroupTypeRow&)>& change);
// Throws Error(bad_request) if groups have it.
void delete_group_type(App& app, const std::string& id);

}  // namespace cinder::app
