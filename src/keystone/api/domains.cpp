// /domains.
#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"
#include "keystone/app/projects.hpp"

namespace keystone::api {
namespace {

using store::Project;

const Schema& domain_create() {
  static const Schema schema = entity_schema("domain",
                                             {{"name", kShortName},
                                              {"description", kTextOrNull},
                                              {"enabled", kFlag},
                                              {"options", kObject}},
                                             {"name"});
  return schema;
}
const Schema& domain_update() {
  static const Schema schema = entity_schema("domain",
                                             {{"name", kShortName},
                                              {"description", kTextOrNull},
                                              {"enabled", kFlag},
                                              {"options", kObject}},
                                             {}, 1);
  return schema;
}

void apply(const Json& body, Project& domain) {
  take(body, "name", domain.name);
  take(body, "description", domain.description);
  take(body, "enabled", domain.enabled);
  take_extra(body, {"name", "description", "enabled", "explicit_domain_id", "tags"}, domain.extra);
  take_options(body, domain.options);
}

Response list_domains(Core& core, ApiRequest& request) {
  store::ProjectFilter filter;
  filter.is_domain = true;
  filter.name = text_filter(request, "name");
  filter.enabled = flag_filter(request, "enabled");
  return list_domains_response(core, request, [&](platform::Session& session) {
    return store::list_projects(session, filter);
  });
}

Response show_domain(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("domain_id");
  request.authorize("identity:get_domain", {{"domain_id", id}});
  return domain_response(core, request, 200, id);
}

Response create_domain(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "domain");
  Project domain;
  domain.is_domain = true;
  domain.id = base::text_or(body, "explicit_domain_id");
  apply(body, domain);
  return domain_response(core, request, 201, app::create_project(core, domain, {}).id);
}

Response update_domain(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("domain_id");
  const Json& body = entity_of(request, "domain");
  (void)app::update_domain(core, id, [&](Project& domain) { apply(body, domain); });
  return domain_response(core, request, 200, id);
}

Response delete_domain(Core& core, ApiRequest& request) {
  app::delete_domain(core, request.parameter("domain_id"));
  return openstack::empty_response(204);
}

}  // namespace

Routes domains_routes(Core& core) {
  const Bind on(core);
  return {
      {"GET", "/domains", "identity:list_domains", on(list_domains)},
      {"POST", "/domains", "identity:create_domain", on(create_domain), &domain_create()},
      {"GET", "/domains/{domain_id}", kAuthenticated, on(show_domain)},
      {"PATCH", "/domains/{domain_id}", "identity:update_domain", on(update_domain),
       &domain_update()},
      {"DELETE", "/domains/{domain_id}", "identity:delete_domain", on(delete_domain)},
  };
}

}  // namespace keystone::api
