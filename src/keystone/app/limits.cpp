#include "keystone/app/limits.hpp"

#include "keystone/app/users.hpp"
#include "keystone/store/projects.hpp"

namespace keystone::app {
namespace {

using base::Error;
using base::ErrorKind;
using store::Limit;
using store::RegisteredLimit;

template <class T>
std::string resource_text(const T& limit) {
  return fmt::format("service_id {}, region_id {}, resource_name {}", limit.service_id,
                     limit.region_id, limit.resource_name);
}

void check_limit(Change& change, const Limit& limit) {
  if (limit.project_id.empty() == limit.domain_id.empty())
    throw Error(ErrorKind::bad_request, "A limit needs either a project_id or a domain_id.");
  if (!limit.project_id.empty())
    (void)store::get_by_id<store::Project>(change.session, limit.project_id);
  else
    (void)store::get_domain(change.session, limit.domain_id);
  if (!store::has_registered_limit(change.session, limit))
    throw Error(ErrorKind::forbidden,
                fmt::format("Unable to create a limit without a registered limit: {}.",
                            resource_text(limit)));
  if (store::find_same(change.session, limit)) throw conflict("limit", resource_text(limit));
}

}  // namespace

void check_registered_limit(Change& change, RegisteredLimit& limit) {
  (void)store::get_by_id<store::Service>(change.session, limit.service_id);
  if (!limit.region_id.empty())
    (void)store::get_by_id<store::Region>(change.session, limit.region_id);
  const auto same = store::find_same(change.session, limit);
  if (same && same->id != limit.id) throw conflict("registered_limit", resource_text(limit));
}

void before_registered_limit_delete(Change& change, RegisteredLimit& limit) {
  if (!store::has_limits(change.session, limit)) return;
  throw Error(ErrorKind::forbidden,
              fmt::format("Unable to update or delete registered limit {} because there are "
                          "project limits associated with it.",
                          limit.id));
}

std::vector<RegisteredLimit> create_registered_limits(Core& core,
                                                      std::vector<RegisteredLimit> limits) {
  return core.change("create_registered_limits", [&](Change& change) {
    for (RegisteredLimit& limit : limits) {
      limit.id = change.new_id();
      check_registered_limit(change, limit);
      platform::insert(change.session, limit);
    }
    return limits;
  });
}

std::vector<Limit> create_limits(Core& core, std::vector<Limit> limits) {
  return core.change("create_limits", [&](Change& change) {
    for (Limit& limit : limits) {
      limit.id = change.new_id();
      check_limit(change, limit);
      platform::insert(change.session, limit);
    }
    return limits;
  });
}

}  // namespace keystone::app
