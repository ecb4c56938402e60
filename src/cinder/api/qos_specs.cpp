// /qos-specs.
// https://docs.openstack.org/api-ref/block-storage/v3/#quality-of-service-qos-specifications-qos-specs
#include "cinder/app/qos_specs.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/store/listing.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using openstack::Metadata;
using platform::Session;
using store::QosSpecsRow;

void write_specs(base::JsonWriter& json, const QosSpecsRow& specs) {
  json.begin_object();
  json.field("id", specs.id);
  json.field("name", specs.name);
  json.field("consumer", specs.consumer);
  json.key("specs");
  json.raw(specs.specs);
  json.end_object();
}

Response answer_qos_specs(const ApiRequest& request, const QosSpecsRow& specs) {
  base::JsonWriter json;
  json.begin_object();
  json.key("qos_specs");
  write_specs(json, specs);
  Links(request.http, "qos-specs").write(json, specs.id);
  json.end_object();
  return answer(json);
}

// Sets what the body names; "name" is not for specs that are there.
void take_specs(QosSpecsRow& specs, const Json& wanted) {
  auto items = base::from_json<Metadata>(base::parse_json(specs.specs));
  for (const auto& [key, value] : wanted.get_object()) {
    if (key == "name") continue;
    if (key == "consumer")
      specs.consumer = text_of(value);
    else
      items[std::string(key)] = text_of(value);
  }
  if (specs.consumer != "front-end" && specs.consumer != "back-end" && specs.consumer != "both")
    bad_request(
        "Invalid qos specs: Valid consumer of QoS specs are: ['front-end', 'back-end', 'both']");
  specs.specs = base::to_text(base::to_json(items));
}

Response create_specs(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "qos_specs");
  QosSpecsRow specs;
  specs.id = app.uuid();
  specs.name = std::string(base::trim(base::get_text(wanted, "name")));
  if (specs.name.empty()) bad_request("Please specify a name for QoS specs.");
  specs.created_at = app.now();
  take_specs(specs, wanted);
  app::create_qos_specs(app, specs);
  return answer_qos_specs(request, specs);
}

Response list_specs(app::App& app, ApiRequest& request) {
  openstack::PageRules rules;
  rules.max_limit = rules.default_limit.emplace(app.settings.max_limit);
  rules.default_sort = {{"created_at", openstack::SortDirection::descending},
                        {"id", openstack::SortDirection::descending}};
  const store::ListQuery query{"1=1", {}, openstack::parse_page(request.query, rules)};
  base::JsonWriter json;
  json.begin_object();
  json.key("qos_specs");
  json.begin_array();
  size_t count = 0;
  std::string last;
  app.database.read([&](Session& session) {
    store::each_row<QosSpecsRow>(session, query, [&](const platform::SqlRow& row) {
      const auto specs = platform::decode<QosSpecsRow>(row);
      write_specs(json, specs);
      last = specs.id;
      ++count;
    });
  });
  json.end_array();
  if (count > 0 && static_cast<int64_t>(count) == query.page.limit)
    openstack::write_next_link(json, "qos_specs_links", url_base(request.http), request.http, last);
  json.end_object();
  return answer(json);
}

Response show_specs(app::App& app, ApiRequest& request) {
  return answer_qos_specs(request, app.database.read([&](Session& session) {
    return app::get_qos_specs(session, request.parameter("qos_id"));
  }));
}

Response update_specs(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "qos_specs");
  app::update_qos_specs(app, request.parameter("qos_id"),
                        [&](QosSpecsRow& specs) { take_specs(specs, wanted); });
  base::JsonWriter json;
  json.value(request.body);
  return answer(json);
}

Response delete_specs(app::App& app, ApiRequest& request) {
  app::delete_qos_specs(
      app, request.parameter("qos_id"),
      query_flag(request, "force", false) ? app::Associations::end : app::Associations::forbid);
  return openstack::empty_response(202);
}

Response delete_spec_keys(app::App& app, ApiRequest& request) {
  const std::string& id = request.parameter("qos_id");
  app::update_qos_specs(app, id, [&](QosSpecsRow& specs) {
    auto items = base::from_json<Metadata>(base::parse_json(specs.specs));
    for (const Json& key : base::find(request.body, "keys")->get_array())
      if (items.erase(text_of(key)) == 0)
        not_found(fmt::format("QoS spec {} has no spec with key {}.", id, text_of(key)));
    specs.specs = base::to_text(base::to_json(items));
  });
  return openstack::empty_response(202);
}

Response list_associations(app::App& app, ApiRequest& request) {
  const std::string& id = request.parameter("qos_id");
  base::JsonWriter json;
  json.begin_object();
  json.key("qos_associations");
  json.begin_array();
  app.database.read([&](Session& session) {
    static_cast<void>(app::get_qos_specs(session, id));
    for (const auto& type : store::list_types_of_qos_specs(session, id)) {
      json.begin_object();
      json.field("association_type", "volume_type");
      json.field("name", type.name);
      json.field("id", type.id);
      json.end_object();
    }
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

std::string type_of_query(const ApiRequest& request) {
  const auto type = request.query.get("vol_type_id");
  if (!type || type->empty()) bad_request("Volume Type id must not be None.");
  return std::string(*type);
}

Response associate(app::App& app, ApiRequest& request) {
  app::associate_qos_specs(app, request.context, request.parameter("qos_id"),
                           type_of_query(request));
  return openstack::empty_response(202);
}

Response disassociate(app::App& app, ApiRequest& request) {
  app::disassociate_qos_specs(app, request.context, request.parameter("qos_id"),
                              type_of_query(request));
  return openstack::empty_response(202);
}

Response disassociate_all(app::App& app, ApiRequest& request) {
  app::disassociate_all_types(app, request.parameter("qos_id"));
  return openstack::empty_response(202);
}

std::string specs_schema(std::string_view properties) {
  return fmt::format(
      R"({{"type":"object","properties":{{"qos_specs":{{"type":"object",{}"patternProperties":)"
      R"({{"^[a-zA-Z0-9-_:. ]{{1,255}}$":{{"type":["string","number"],"maxLength":255}}}},)"
      R"("additionalProperties":false}}}},"required":["qos_specs"],"additionalProperties":false}})",
      properties);
}

}  // namespace

openstack::Routes qos_specs_routes(app::App& app) {
  static const openstack::Schema create_schema(specs_schema(
      R"("properties":{"name":{"type":"string","minLength":1,"maxLength":255},"consumer":)"
      R"({"type":"string"}},"required":["name"],)"));
  static const openstack::Schema update_schema(
      specs_schema(R"("properties":{"consumer":{"type":"string"}},)"));
  static const openstack::Schema keys_schema(
      R"({"type":"object","properties":{"keys":{"type":"array","items":{"type":"string",)"
      R"("minLength":1,"maxLength":255},"uniqueItems":true}},"required":["keys"],)"
      R"("additionalProperties":false})");
  const char* const item = "/qos-specs/{qos_id}";
  const char* const read = "volume_extension:qos_specs_manage:get";
  const char* const update = "volume_extension:qos_specs_manage:update";
  return {
      {"GET", "/qos-specs", "volume_extension:qos_specs_manage:get_all", bind(app, list_specs)},
      {"POST", "/qos-specs", "volume_extension:qos_specs_manage:create", bind(app, create_specs),
       &create_schema},
      {"GET", item, read, bind(app, show_specs)},
      {"PUT", item, update, bind(app, update_specs), &update_schema},
      {"DELETE", item, "volume_extension:qos_specs_manage:delete", bind(app, delete_specs)},
      {"PUT", "/qos-specs/{qos_id}/delete_keys", update, bind(app, delete_spec_keys), &keys_schema},
      {"GET", "/qos-specs/{qos_id}/associations", read, bind(app, list_associations)},
      {"GET", "/qos-specs/{qos_id}/associate", update, bind(app, associate)},
      {"GET", "/qos-specs/{qos_id}/disassociate", update, bind(app, disassociate)},
      {"GET", "/qos-specs/{qos_id}/disassociate_all", update, bind(app, disassociate_all)},
  };
}

}  // namespace cinder::api
