// What OpenStack's Block Storage has, and this one does not yet: 501, for whoever might use it.
#include "cinder/api/routes.hpp"

namespace cinder::api {
namespace {

struct Unbuilt {
  std::string_view method;
  std::string_view path;
  std::string_view policy;
};
constexpr Unbuilt kUnbuilt[] = {
    {"GET", "/backups", "backup:get_all"},
    {"GET", "/backups/detail", "backup:get_all"},
    {"POST", "/backups", "backup:create"},
};

}  // namespace

openstack::Routes unbuilt_routes(app::App& app) {
  openstack::Routes routes;
  for (const Unbuilt& row : kUnbuilt)
    routes.push_back({row.method, row.path, row.policy, bind(app, not_built)});
  return routes;
}

}  // namespace cinder::api
