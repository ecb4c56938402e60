#include "cinder/api/type_specs.hpp"

#include <fmt/format.h>

namespace cinder::api {
namespace {

std::string all_specs_schema(std::string_view member, std::string_view specs) {
  return fmt::format(R"({{"type":"object","properties":{{"{0}":{1}}},"required":["{0}"],)"
                     R"("additionalProperties":false}})",
                     member, specs);
}

std::string one_spec_schema(std::string_view specs) {
  specs.remove_suffix(1);
  return std::string(specs) + R"(,"minProperties":1,"maxProperties":1})";
}

Response answer_specs(const SpecsOf& types, const Specs& specs, int status = 200) {
  base::JsonWriter json;
  json.begin_object();
  json.key(types.bodies.member);
  json.raw(text_of_specs(specs));
  json.end_object();
  return answer(json, status);
}

Response answer_spec(const std::string& key, const std::optional<std::string>& value) {
  base::JsonWriter json;
  json.begin_object();
  json.field(key, value);
  json.end_object();
  return answer(json);
}

[[noreturn]] void refuse_missing_spec(const SpecsOf& types, const ApiRequest& request) {
  not_found(types.missing(request));
}

Response create_specs(const SpecsOf& types, const ApiRequest& request) {
  const auto added = base::from_json<Specs>(inner(request, types.bodies.member));
  types.change(request, [&](Specs& specs) {
    for (const auto& [key, value] : added) specs[key] = value;
  });
  return answer_specs(types, added, types.created);
}

Response show_spec(const SpecsOf& types, const ApiRequest& request) {
  const Specs specs = types.read(request);
  const auto found = specs.find(request.parameter("key"));
  if (found == specs.end()) refuse_missing_spec(types, request);
  return answer_spec(found->first, found->second);
}

Response set_spec(const SpecsOf& types, const ApiRequest& request) {
  const auto wanted = base::from_json<Specs>(request.body);
  const std::string& key = request.parameter("key");
  const auto found = wanted.find(key);
  if (found == wanted.end()) bad_request(std::string(types.mismatch));
  types.change(request, [&](Specs& specs) { specs[key] = found->second; });
  return answer_spec(key, found->second);
}

Response delete_spec(const SpecsOf& types, const ApiRequest& request) {
  types.change(request, [&](Specs& specs) {
    if (specs.erase(request.parameter("key")) == 0) refuse_missing_spec(types, request);
  });
  return openstack::empty_response(202);
}

}  // namespace

Specs parse_specs(const std::string& json) {
  return base::from_json<Specs>(base::parse_json(json));
}

std::string text_of_specs(const Specs& specs) { return base::to_text(base::to_json(specs)); }

SpecBodies::SpecBodies(std::string_view its_member, std::string_view specs_schema)
    : member(its_member),
      all(all_specs_schema(member, specs_schema)),
      one(one_spec_schema(specs_schema)) {}

openstack::Routes spec_routes(const SpecsOf& types) {
  const auto list = [types](ApiRequest& r) { return answer_specs(types, types.read(r)); };
  const auto create = [types](ApiRequest& r) { return create_specs(types, r); };
  const auto show = [types](ApiRequest& r) { return show_spec(types, r); };
  const auto set = [types](ApiRequest& r) { return set_spec(types, r); };
  const auto remove = [types](ApiRequest& r) { return delete_spec(types, r); };
  const auto& policies = types.policies;
  return {
      {"GET", types.collection, policies.list, list, nullptr, types.since},
      {"POST", types.collection, policies.create, create, &types.bodies.all, types.since},
      {"GET", types.item, policies.show, show, nullptr, types.since},
      {"PUT", types.item, policies.update, set, &types.bodies.one, types.since},
      {"DELETE", types.item, policies.remove, remove, nullptr, types.since},
  };
}

}  // namespace cinder::api
