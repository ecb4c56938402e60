// /flavors/{id}/os-extra_specs.
// https://docs.openstack.org/api-ref/compute/#flavors-extra-specs-flavors-os-flavor-extra-specs
#include <fmt/format.h>

#include "nova/api/flavor_view.hpp"
#include "nova/api/routes.hpp"
#include "openstack/extra_specs.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using openstack::answer_spec;
using openstack::answer_specs;
using Specs = std::map<std::string, std::string>;

// Numbers are taken as their text.
Specs specs_of(const base::Json& object) {
  Specs specs;
  for (const auto& [key, value] : object.as_object()) specs[std::string(key)] = text_of(value);
  return specs;
}

Specs read_specs(app::App& app, const ApiRequest& request) {
  return app.database.read([&](platform::Session& session) {
    return specs_of(base::parse_json(get_flavor(session, request).extra_specs));
  });
}

Specs change(app::App& app, const ApiRequest& request, const std::function<void(Specs&)>& alter) {
  const base::TimePoint now = app.now();
  return app.database.write("flavor.specs", [&](platform::Session& session) {
    auto flavor = get_flavor(session, request);
    Specs specs = specs_of(base::parse_json(flavor.extra_specs));
    alter(specs);
    flavor.extra_specs = base::to_text(base::to_json(specs));
    flavor.updated_at = now;
    platform::update(session, flavor);
    return specs;
  });
}

[[noreturn]] void refuse_missing_spec(const ApiRequest& request) {
  not_found(fmt::format("Flavor {} has no extra specs with key {}.", request.parameter("flavor_id"),
                        request.parameter("key")));
}

Response list_flavor_extra_specs(app::App& app, ApiRequest& request) {
  return answer_specs(read_specs(app, request));
}

Response add(app::App& app, ApiRequest& request) {
  const Specs added = specs_of(inner(request, "extra_specs"));
  change(app, request, [&](Specs& specs) {
    for (const auto& [key, value] : added) specs[key] = value;
  });
  return answer_specs(added);
}

Response show_flavor_extra_spec(app::App& app, ApiRequest& request) {
  const Specs specs = read_specs(app, request);
  const auto found = specs.find(request.parameter("key"));
  if (found == specs.end()) refuse_missing_spec(request);
  return answer_spec(found->first, found->second);
}

Response set(app::App& app, ApiRequest& request) {
  const Specs wanted = specs_of(request.body);
  const std::string& key = request.parameter("key");
  if (!wanted.contains(key)) bad_request("Request body and URI mismatch");
  change(app, request, [&](Specs& specs) { specs[key] = wanted.at(key); });
  return answer_spec(key, wanted.at(key));
}

Response remove_flavor_extra_spec(app::App& app, ApiRequest& request) {
  change(app, request, [&](Specs& specs) {
    if (specs.erase(request.parameter("key")) == 0) refuse_missing_spec(request);
  });
  return openstack::empty_response(200);
}

}  // namespace

openstack::Routes flavor_extra_spec_routes(app::App& app) {
  static const std::string items =
      R"({"type":"object","patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":)"
      R"({"type":["string","number"],"maxLength":255}},"additionalProperties":false)";
  static const openstack::Schema all(fmt::format(
      R"({{"type":"object","properties":{{"extra_specs":{}}}}},"required":["extra_specs"],)"
      R"("additionalProperties":false}})",
      items));
  static const openstack::Schema one(items + R"(,"minProperties":1,"maxProperties":1})");
  const char* const collection = "/flavors/{flavor_id}/os-extra_specs";
  const char* const item = "/flavors/{flavor_id}/os-extra_specs/{key}";
  return {
      {"GET", collection, "os_compute_api:os-flavor-extra-specs:index",
       bind(app, list_flavor_extra_specs)},
      {"POST", collection, "os_compute_api:os-flavor-extra-specs:create", bind(app, add), &all},
      {"GET", item, "os_compute_api:os-flavor-extra-specs:show", bind(app, show_flavor_extra_spec)},
      {"PUT", item, "os_compute_api:os-flavor-extra-specs:update", bind(app, set), &one},
      {"DELETE", item, "os_compute_api:os-flavor-extra-specs:delete",
       bind(app, remove_flavor_extra_spec)},
  };
}

}  // namespace nova::api
